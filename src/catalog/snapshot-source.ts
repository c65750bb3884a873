import pg from '../postgres/pg.js';
import type { Statement } from '../sql/statements.js';
import { schemasOf } from './schemas.js';
import { SNAPSHOT_FORMAT, SNAPSHOT_SETTINGS, snapshotIntoVariable, snapshotQuery } from './snapshot.js';

/** How a catalog is described: the engine stores and compares the text, and knows nothing of what it says. */
export interface SnapshotSource {
  /** Another number for every other shape of the text. */
  readonly format: number;
  /** SQL without a result that sets, for one transaction, what the query depends on. */
  readonly settings: string;
  /**
   * A query of one row and one column, `snapshot`, of type `text`.
   *
   * @param previous SQL of type `text`: the snapshot before, which says what belongs to the migrations; may be null
   */
  query(previous: string): string;
  /**
   * A statement of PL/pgSQL that puts the same text into a variable of type `text`.
   *
   * @param statements what has been executed since the snapshot before
   */
  intoVariable(variable: string, previous: string, statements: readonly Statement[]): string;
}

/**
 * How the engine describes a catalog: the schemas that the snapshot before looked at, and those that the statements
 * since then put objects into.
 */
export const snapshotSource: SnapshotSource = {
  format: SNAPSHOT_FORMAT,
  settings: SNAPSHOT_SETTINGS,
  query: (previous) => snapshotQuery(schemasSince(previous, [])),
  intoVariable: (variable, previous, statements) =>
    snapshotIntoVariable(variable, schemasSince(previous, statements)),
};

function schemasSince(previous: string, statements: readonly Statement[]): string {
  const named = schemasOf(statements).map((name) => pg.escapeLiteral(name));
  return `array[${named.join(', ')}] || array(select json_array_elements_text((${previous})::json -> 'schemas'))`;
}
