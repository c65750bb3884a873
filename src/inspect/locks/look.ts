import type pg from '../../postgres/pg.js';
import { type LockMode, modeOf, strongest } from './modes.js';

/** A table, a partitioned table or a materialized view. */
export interface TableThatIsThere {
  readonly schema: string;
  readonly name: string;
  /** The file that holds its rows: another one after they were written anew; null where it has none. */
  readonly fileNode: string | null;
  /** Whether `lock table` takes it; a materialized view it does not. */
  readonly canBeLocked: boolean;
}

/** Tables by their oid. */
export type Tables = ReadonlyMap<string, TableThatIsThere>;

/** The tables of a database, in the order of their names. */
export async function lookAtTables(client: pg.Client): Promise<Tables> {
  const { rows } = await client.query<{ oid: string } & TableThatIsThere>(
    `select c.oid::text as oid, n.nspname::text as schema, c.relname::text as name,
       nullif(pg_catalog.pg_relation_filenode(c.oid), 0)::text as "fileNode",
       c.relkind <> 'm' as "canBeLocked"
     from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     order by n.nspname collate "C", c.relname collate "C"`,
  );
  return new Map(rows.map(({ oid, ...table }) => [oid, table]));
}

/** The strongest lock that a session has on a table, or waits for, by the table's oid. */
export type Held = ReadonlyMap<string, LockMode>;

/**
 * @param pid SQL of the session's server process
 */
export async function lookAtLocks(client: pg.Client, pid: string): Promise<Held> {
  const { rows } = await client.query<{ oid: string; modes: string[] }>(
    `select relation::text as oid, array_agg(mode) as modes
     from pg_catalog.pg_locks
     where locktype = 'relation' and pid = ${pid}
       and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
     group by relation`,
  );
  return new Map(rows.map(({ oid, modes }) => [oid, strongest(modes.map(modeOf))]));
}
