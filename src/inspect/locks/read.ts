import type pg from '../../postgres/driver/pg.js';
import { queryRowsBetween } from '../../postgres/driver/search-path.js';
import { type LockMode, parseMode, strongest } from './modes.js';

/** A table, a partitioned table or a materialized view. */
export interface ExistingTable {
  readonly schema: string;
  readonly name: string;
  /** The file that holds the rows. A rewrite replaces it. Null if the table has none. */
  readonly fileNode: string | null;
  /** The files of its indexes, by their names. */
  readonly indexFiles: Readonly<Record<string, string>>;
  /** The columns that are not generated, by their numbers. */
  readonly columns: Readonly<Record<string, { readonly name: string; readonly isInherited: boolean }>>;
  /** The OID of the table whose default partition it is; null if it is none. */
  readonly defaultOf: string | null;
  /** Whether `lock table` accepts it. It refuses a materialized view. */
  readonly canBeLocked: boolean;
}

/** Tables by their OIDs. */
export type TablesByOid = ReadonlyMap<string, ExistingTable>;

const COLUMNS = `(
         select coalesce(json_object_agg(attnum, json_build_object('name', attname, 'isInherited', attinhcount > 0)), '{}')
         from pg_catalog.pg_attribute
         where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = ''
       )`;

/**
 * Reads the tables of a database, in the order of their names.
 *
 * @param known tables whose columns have not changed, so that they are not read again; null to read the columns
 */
export async function readTables(client: pg.Client, known: TablesByOid | null = null): Promise<TablesByOid> {
  const rows = await queryRowsBetween<{ oid: string } & ExistingTable>(
    client,
    `select c.oid::text as oid, n.nspname::text as schema, c.relname::text as name,
       nullif(pg_catalog.pg_relation_filenode(c.oid), 0)::text as "fileNode",
       (
         select coalesce(json_object_agg(i.relname, pg_catalog.pg_relation_filenode(i.oid)::text), '{}')
         from pg_catalog.pg_index as x join pg_catalog.pg_class as i on i.oid = x.indexrelid
         where x.indrelid = c.oid and i.relkind = 'i'
       ) as "indexFiles",
       ${known === null ? COLUMNS : `'{}'::json`} as columns,
       (select partrelid::text from pg_catalog.pg_partitioned_table where partdefid = c.oid) as "defaultOf",
       c.relkind <> 'm' as "canBeLocked"
     from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     order by n.nspname collate "C", c.relname collate "C"`,
  );
  return new Map(
    rows.map(({ oid, ...table }) => [oid, { ...table, columns: known?.get(oid)?.columns ?? table.columns }]),
  );
}

/** The strongest lock that a session holds or awaits on each table, by OID. */
export type LocksByOid = ReadonlyMap<string, LockMode>;

/**
 * Reads the locks of a session on tables.
 *
 * @param pid SQL of the session's server process
 */
export async function readLocks(client: pg.Client, pid: string): Promise<LocksByOid> {
  const rows = await queryRowsBetween<{ oid: string; modes: string[] }>(
    client,
    `select relation::text as oid, array_agg(mode) as modes
     from pg_catalog.pg_locks
     where locktype = 'relation' and pid = ${pid}
       and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
     group by relation`,
  );
  return new Map(rows.map(({ oid, modes }) => [oid, strongest(modes.map(parseMode))]));
}
