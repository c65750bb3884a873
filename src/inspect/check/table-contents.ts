import type { FingerprintedSnapshot } from '../../catalog/snapshot.js';
import pg from '../../postgres/pg.js';

/** How many rows a table has, by the snapshot's key, such as `table public.contacts`. */
export type RowCounts = ReadonlyMap<string, number>;

/** What stands for the values in a table, whatever the order of its rows, by the snapshot's key. */
export type ValueDigests = ReadonlyMap<string, string>;

/** Counts the rows of every table. */
export async function countRows(client: pg.Client, taken: FingerprintedSnapshot): Promise<RowCounts> {
  const counts = await ofEachTable(client, taken, (table) => `select count(*) from ${table}`);
  return new Map([...counts].map(([table, count]) => [table, Number(count)]));
}

/** Dates and times are left out: whatever touches a row may stamp it, each time anew. */
export async function digestValues(client: pg.Client, taken: FingerprintedSnapshot): Promise<ValueDigests> {
  return ofEachTable(
    client,
    taken,
    (table) => `select sum(pg_catalog.hashtextextended((pg_catalog.to_jsonb(checked_row) - array(
  select attname::text from pg_catalog.pg_attribute
  where attrelid = ${pg.escapeLiteral(table)}::pg_catalog.regclass
    and atttypid in ('date'::regtype, 'time'::regtype, 'timetz'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
))::text, 0)) from ${table} as checked_row`,
  );
}

/** @param query of one value, for a table as SQL names it */
async function ofEachTable(
  client: pg.Client,
  { snapshot }: FingerprintedSnapshot,
  query: (table: string) => string,
): Promise<ReadonlyMap<string, string>> {
  const tables = Object.keys(snapshot.objects).filter((object) => object.startsWith('table '));
  if (tables.length === 0) return new Map();
  const values = tables.map((table) => `(${query(table.slice('table '.length))})::text`);
  const { rows } = await client.query<{ values: string[] }>(`select array[${values.join(', ')}] as values`);
  return new Map(tables.map((table, index) => [table, rows[0]?.values[index] ?? '']));
}
