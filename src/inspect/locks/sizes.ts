import { withDatabase } from '../../migrate/database.js';
import { ExplainedError } from '../../postgres/errors.js';
import pg from '../../postgres/pg.js';

/** How large a table is. */
export interface Size {
  /** With its indexes and what is stored beside it; of a partitioned table, of all partitions. */
  readonly bytes: number;
  /** As the planner estimates them; null where the table was never analyzed. */
  readonly rows: number | null;
}

/** A table by its full name. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** A look at sizes must not hang behind somebody's lock. */
const TIMEOUTS = 'set local lock_timeout = 1000;\nset local statement_timeout = 10000';

/**
 * Reads how large tables are in a live database; it only reads, and waits for nobody for longer than a second.
 *
 * @returns by `schema.name`; tables that are not there are not among them
 */
export async function readSizes(
  url: string,
  tables: readonly TableName[],
): Promise<ReadonlyMap<string, Size>> {
  return withDatabase({ url }, async ({ connection: { client } }) => {
    await client.query(`begin isolation level repeatable read read only;\n${TIMEOUTS}`);
    const query = client.query<{ table: string; bytes: string; rows: number | null }>(
      `select n.nspname || '.' || c.relname as table,
         sum(pg_catalog.pg_total_relation_size(leaf.relid)) as bytes,
         sum(nullif(part.reltuples, -1))::float8 as rows
       from unnest($1::text[], $2::text[]) as asked (schema, name)
       join pg_catalog.pg_namespace as n on n.nspname = asked.schema
       join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = asked.name
       cross join lateral (
         select relid from pg_catalog.pg_partition_tree(c.oid) where isleaf
         union
         select c.oid where c.relkind <> 'p'
       ) as leaf (relid)
       join pg_catalog.pg_class as part on part.oid = leaf.relid
       group by 1`,
      [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
    );
    const { rows } = await query.catch((error: unknown) => Promise.reject(unreadable(error)));
    return new Map(rows.map((row) => [row.table, { bytes: Number(row.bytes), rows: row.rows }]));
  });
}

function unreadable(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  return new ExplainedError(
    'sizes_unreadable',
    `How large the tables are cannot be read: ${error.message}.`,
    {
      remedy: 'Run it again when nobody holds a lock on them.',
      cause: error,
    },
  );
}
