import pg from '../postgres/pg.js';
import { shorten } from '../postgres/shorten.js';
import type { Work } from './script.js';
import type { Statement } from './statements.js';
import { placeOfUnnamed } from './unnamed-constraint.js';

/**
 * The definition of the constraint or unique index that an error names.
 *
 * One that the failed migration has itself created is gone with it; then its line in the file is the definition.
 *
 * @param client a connection in pipeline mode, outside of a failed transaction
 * @returns null where the error names none, or none can be found
 */
export async function definitionOf(
  client: pg.Client,
  { script, statements }: Work,
  { schema, table, constraint }: pg.DatabaseError,
): Promise<string | null> {
  if (constraint === undefined) return null;
  const relation = [schema, table]
    .flatMap((name) => (name === undefined ? [] : [pg.escapeIdentifier(name)]))
    .join('.');
  const { rows } = await client
    .query<{ definition: string }>(
      `select pg_catalog.pg_get_constraintdef(oid) as definition from pg_catalog.pg_constraint
       where conname = $2 and conrelid = pg_catalog.to_regclass($1)
       union all
       select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       where c.relname = $2 and i.indrelid = pg_catalog.to_regclass($1)`,
      [relation, constraint],
    )
    .catch(() => ({ rows: [] }));
  const definition = rows[0]?.definition ?? lineThatMakes(script.source.text, statements, table, constraint);
  return definition && shorten(definition, { lines: 10, characters: 1000 });
}

function lineThatMakes(
  text: string,
  statements: readonly Statement[],
  table: string | undefined,
  constraint: string,
): string | null {
  const named = text.split('\n').find((line) => line.includes(constraint));
  if (named !== undefined) return named.trim();
  const place = table === undefined ? undefined : placeOfUnnamed(statements, table, constraint);
  if (place === undefined) return null;
  const before = Buffer.from(text).toString('utf8', 0, place).split('\n').length - 1;
  return text.split('\n')[before]?.trim() ?? null;
}
