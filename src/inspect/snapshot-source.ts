import type { SnapshotSource } from '../migrate/snapshot.js';
import type { Statement } from '../migrate/statements.js';
import pg from '../postgres/pg.js';
import { schemasOf } from './schemas.js';
import { SNAPSHOT_FORMAT, SNAPSHOT_SETTINGS, snapshotIntoVariable, snapshotQuery } from './snapshot.js';

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
