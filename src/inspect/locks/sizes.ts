import { withDatabase } from '../../migrate/database.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { redactError } from '../../postgres/redaction/redact.js';

/** The size of a table. */
export interface TableSize {
  /** With indexes and TOAST data; for a partitioned table, the sum of all partitions. */
  readonly bytes: number;
  /** The planner's estimate; null if the table was never analyzed. */
  readonly rows: number | null;
}

/** A table by its full name. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** Reading sizes must not wait long for a lock of another session. */
const TIMEOUTS = 'set local lock_timeout = 1000;\nset local statement_timeout = 10000';

/**
 * Reads the sizes of tables in a live database. It waits for a lock at most one second.
 *
 * @returns the sizes by `schema.name`, without tables that do not exist
 */
export async function readTableSizes(
  url: string,
  tables: readonly TableName[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, TableSize>> {
  return withDatabase({ url, signal }, async ({ connection: { client } }) => {
    await client.query(`begin isolation level repeatable read read only;\n${TIMEOUTS}`);
    const query = queryRows<{ table: string; bytes: string; rows: number | null }>(
      client,
      `select n.nspname || '.' || c.relname as table,
         sum(pg_catalog.pg_total_relation_size(leaf.relid)) as bytes,
         sum(nullif(part.reltuples, -1))::float8 as rows
       from unnest(${textArray(tables.map(({ schema }) => schema))}, ${textArray(tables.map(({ name }) => name))}) as requested (schema, name)
       join pg_catalog.pg_namespace as n on n.nspname = requested.schema
       join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = requested.name
       cross join lateral (
         select relid from pg_catalog.pg_partition_tree(c.oid) where isleaf
         union
         select c.oid where c.relkind <> 'p'
       ) as leaf (relid)
       join pg_catalog.pg_class as part on part.oid = leaf.relid
       group by 1`,
    );
    const rows = await query.catch((error: unknown) => Promise.reject(explainReadError(error)));
    return new Map(rows.map((row) => [row.table, { bytes: Number(row.bytes), rows: row.rows }]));
  });
}

function explainReadError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { message, cause } = redactError(error);
  return new ExplainedError('sizes_unreadable', `The sizes of the tables cannot be read: ${message}.`, {
    remedy: 'Run the command again when no session holds an exclusive lock on them.',
    cause,
  });
}
