import type { FingerprintedSnapshot } from '../../catalog/snapshot.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';

/** The number of rows of each table, by the snapshot's key, such as `table public.contacts`. */
export type RowCounts = ReadonlyMap<string, number>;

/** A digest of the values in each table, by the snapshot's key. It does not depend on the order of the rows. */
export type ValueDigests = ReadonlyMap<string, string>;

/** Counts the rows of every table. */
export async function countRows(client: pg.Client, snapshot: FingerprintedSnapshot): Promise<RowCounts> {
  const counts = await queryTables(client, snapshot, (table) => `select count(*) from ${table}`);
  return new Map([...counts].map(([table, count]) => [table, Number(count)]));
}

/** Computes digests of all tables. Dates and times are left out, because a trigger may set them with every update. */
export async function digestValues(
  client: pg.Client,
  snapshot: FingerprintedSnapshot,
): Promise<ValueDigests> {
  return queryTables(
    client,
    snapshot,
    (table) => `select sum(pg_catalog.hashtextextended((pg_catalog.to_jsonb(checked_row) - array(
  select attname::text from pg_catalog.pg_attribute
  where attrelid = ${pg.escapeLiteral(table)}::pg_catalog.regclass
    and atttypid in ('date'::regtype, 'time'::regtype, 'timetz'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
))::text, 0)) from ${table} as checked_row`,
  );
}

/**
 * Runs a query for every table, in one round trip.
 *
 * @param query makes the query of one value for the name of a table in SQL
 */
async function queryTables(
  client: pg.Client,
  { snapshot }: FingerprintedSnapshot,
  query: (table: string) => string,
): Promise<ReadonlyMap<string, string>> {
  const tables = Object.keys(snapshot.objects).filter((object) => object.startsWith('table '));
  if (tables.length === 0) return new Map();
  const values = tables.map((table) => `(${query(table.slice('table '.length))})::text`);
  const [row] = await queryRows<{ values: string[] }>(client, `select array[${values.join(', ')}] as values`);
  return new Map(tables.map((table, index) => [table, row?.values[index] ?? '']));
}
