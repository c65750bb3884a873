import type { IndexElem, IndexStmt, RangeVar } from 'libpg-query';
import { omitPublic } from '../../catalog/names.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { parseSql, type Statement } from '../../sql/statements.js';
import type { Listener } from './events.js';

/** Whether to run a statement, or to skip it because an earlier run has completed it. */
export type Verdict = 'run' | 'done';

/** Waits a moment for a server process. It throws ExplainedError `lock_wait_over` after the longest wait. */
export type WaitForProcess = (pid: number) => Promise<void>;

interface Index {
  readonly oid: string;
  readonly name: string;
  readonly valid: boolean;
  readonly definition: string;
  /** The server process that builds it now. */
  readonly builder: number | null;
}

/**
 * Drops the index that a statement builds, if an earlier run left it invalid. It first waits for a server process that
 * still builds it.
 *
 * @returns `done` if an earlier run sent this statement and the index is there and valid
 */
export async function dropInvalidIndex(
  client: pg.Client,
  statement: IndexStmt,
  {
    wasSent,
    emit,
    waitForProcess,
  }: { readonly wasSent: boolean; readonly emit: Listener; readonly waitForProcess: WaitForProcess },
): Promise<Verdict> {
  for (;;) {
    const index = await findIndex(client, statement);
    if (index === null) return 'run';
    if (index.valid) return wasSent && (await isSameIndex(index.definition, statement)) ? 'done' : 'run';
    if (index.builder === null) {
      emit({ kind: 'rebuilding', index: omitPublic(index.name) });
      await client.query(`drop index concurrently if exists ${index.name}`);
      return 'run';
    }
    await waitForProcess(index.builder);
  }
}

/**
 * Checks that the index that a statement has built can be used: `create index concurrently if not exists` succeeds even if
 * the index exists and is invalid.
 *
 * @returns the name of an index that is invalid; null if the statement builds no index, or a valid one
 */
export async function invalidIndexAfter(client: pg.Client, { node }: Statement): Promise<string | null> {
  if (!('IndexStmt' in node)) return null;
  const index = await findIndex(client, node.IndexStmt);
  return index === null || index.valid ? null : omitPublic(index.name);
}

/**
 * Drops what a `reindex concurrently` left that did not finish: it builds the new index beside the old one, under its name
 * with `_ccnew`.
 */
export async function dropLeftoversOfReindex(client: pg.Client, emit: Listener): Promise<void> {
  const rows = await queryRows<{ name: string }>(
    client,
    `select indexrelid::regclass::text as name from pg_index join pg_class on pg_class.oid = indexrelid
     where not indisvalid and relname ~ '_cc(new|old)[0-9]*$'
       and not exists (select from pg_stat_progress_create_index p where p.index_relid = indexrelid or p.relid = indrelid)`,
  );
  for (const { name } of rows) {
    emit({ kind: 'rebuilding', index: omitPublic(name) });
    await client.query(`drop index concurrently if exists ${name}`);
  }
}

async function findIndex(client: pg.Client, { idxname = '', relation }: IndexStmt): Promise<Index | null> {
  if (relation === undefined) return null;
  // The table of the statement is searched for along the search path of the file; no operator is.
  const { rows } = await client.query<{ table: string | null }>(
    `select pg_catalog.to_regclass(${pg.escapeLiteral(qualifiedName(relation))})::pg_catalog.oid as table`,
  );
  const table = rows[0]?.table ?? null;
  if (table === null) return null;
  const [index] = await queryRows<Index>(
    client,
    `select c.oid, c.oid::regclass::text as name, i.indisvalid as valid, pg_get_indexdef(c.oid) as definition,
       (select min(pid) from pg_stat_progress_create_index p
        where p.datid = (select oid from pg_database where datname = current_database()) and p.index_relid = c.oid) as builder
     from pg_class t
     join pg_class c on c.relnamespace = t.relnamespace and c.relname = ${pg.escapeLiteral(idxname)} and c.relkind in ('i', 'I')
     join pg_index i on i.indexrelid = c.oid
     where t.oid = ${table}`,
  );
  return index ?? null;
}

/** Checks whether an index is the one that a statement asks for: kind, uniqueness, columns in order, and a condition. */
async function isSameIndex(definition: string, statement: IndexStmt): Promise<boolean> {
  const [node] = await parseSql(definition);
  if (node === undefined || !('IndexStmt' in node)) return false;
  return shapeOf(node.IndexStmt) === shapeOf(statement);
}

function shapeOf({
  unique,
  accessMethod = 'btree',
  indexParams = [],
  indexIncludingParams = [],
  whereClause,
}: IndexStmt): string {
  const columns = [...indexParams, ...indexIncludingParams].map((param) => {
    const element: IndexElem = 'IndexElem' in param ? param.IndexElem : {};
    return element.name ?? 'an expression';
  });
  return JSON.stringify([unique === true, accessMethod, columns, whereClause !== undefined]);
}

function qualifiedName({ schemaname, relname = '' }: RangeVar): string {
  return [schemaname, relname].flatMap((part) => (part ? [pg.escapeIdentifier(part)] : [])).join('.');
}
