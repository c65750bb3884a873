import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { addedConstraints, generateConstraintName } from '../../sql/constraints.js';
import type { Statement } from '../../sql/statements.js';
import { encodeText } from '../../text/encode.js';
import { maskSecrets } from '../../text/mask-secrets.js';
import { shorten } from '../../text/shorten.js';
import type { Work } from '../script/work.js';

/**
 * Finds the definition of the constraint or unique index that an error names. If the failed migration itself created it,
 * the rollback has dropped it; then its line in the file is the definition.
 *
 * @param client a connection in pipeline mode, outside of a failed transaction
 * @returns null if the error names no constraint, or its definition cannot be found
 */
export async function findConstraintDefinition(
  client: pg.Client,
  { script, statements }: Work,
  { schema, table, constraint }: pg.DatabaseError,
): Promise<string | null> {
  if (constraint === undefined) return null;
  const relation = [schema, table]
    .flatMap((name) => (name === undefined ? [] : [pg.escapeIdentifier(name)]))
    .join('.');
  const [name, table_] = [constraint, relation].map((text) => pg.escapeLiteral(text));
  const [row] = await queryRows<{ definition: string }>(
    client,
    `select pg_catalog.pg_get_constraintdef(oid) as definition from pg_catalog.pg_constraint
     where conname = ${name} and conrelid = pg_catalog.to_regclass(${table_})
     union all
     select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index i
     join pg_catalog.pg_class c on c.oid = i.indexrelid
     where c.relname = ${name} and i.indrelid = pg_catalog.to_regclass(${table_})`,
  ).catch(() => []);
  const definition = row?.definition ?? findLine(script.source.text, statements, table, constraint);
  return definition && encodeText(shorten(definition, { lines: 10, characters: 1000 }));
}

function findLine(
  text: string,
  statements: readonly Statement[],
  table: string | undefined,
  constraint: string,
): string | null {
  const lines = maskSecrets(text).text.split('\n');
  const named = lines.find((line) => line.includes(constraint));
  if (named !== undefined) return named.trim();
  const location = findUnnamed(statements, table, constraint);
  if (location === undefined) return null;
  const linesBefore = Buffer.from(text).toString('utf8', 0, location).split('\n').length - 1;
  return lines[linesBefore]?.trim() ?? null;
}

/**
 * Finds a constraint that a file creates without a name, by the name that PostgreSQL generates for it.
 *
 * @param table without its schema
 * @param name as the server generated it
 * @returns its location in the file's text, in bytes; undefined if the file has no such constraint
 */
function findUnnamed(
  statements: readonly Statement[],
  table: string | undefined,
  name: string,
): number | undefined {
  return statements
    .flatMap(({ node }) => addedConstraints(node))
    .find(
      (added) =>
        added.table?.relname === table &&
        added.constraint.conname === undefined &&
        generateConstraintName(added) === name,
    )?.constraint.location;
}
