import type { IndexElem, IndexStmt, Node, RangeVar } from 'libpg-query';
import { ExplainedError } from '../../postgres/errors.js';
import pg from '../../postgres/pg.js';
import { parseSql, type Statement } from '../../sql/statements.js';
import { option, remedy } from '../../text/remedy.js';
import type { Listener } from './events.js';

/** How to wait for what an earlier run has left. */
export interface Patience {
  readonly emit: Listener;
  /** The longest wait, in milliseconds; 0 waits as long as it takes. */
  readonly longestMs: number;
}

/** Until the next look. It is slept in the server, where a cancel reaches a run that is interrupted. */
const SLEEP = 'select pg_catalog.pg_sleep(0.3)';

/**
 * Looks, before a statement runs alone, at what an earlier run may have left: a server process that still executes it,
 * which is waited for and not attacked, since it may still end well; an index that is left invalid, which is dropped;
 * an index that is there and valid, which was built after all. The catalog decides, not a guess.
 *
 * @param client a connection in pipeline mode, outside of any transaction
 * @param resumes whether an earlier run has tried this very statement
 * @returns `run` it, or it is `done`, because a killed run's server process has brought it to its end
 * @throws ExplainedError `lock_wait_over` where that server process takes longer than may be waited
 */
export async function lookBefore(
  client: pg.Client,
  statement: Statement,
  resumes: boolean,
  patience: Patience,
): Promise<'run' | 'done'> {
  const { emit } = patience;
  const wait = waiting(client, patience);
  if (resumes) await waitForLeftover(client, statement, wait);
  const { node } = statement;
  if ('IndexStmt' in node) return lookAtIndex(client, node.IndexStmt, resumes, emit, wait);
  if ('DropStmt' in node && resumes) return lookAtDroppedIndexes(client, node.DropStmt.objects ?? []);
  if ('ReindexStmt' in node && resumes) await dropLeftoversOfReindex(client, emit);
  return 'run';
}

/**
 * Asserts, after a statement has run alone, that what it made can be used: `create index concurrently if not exists`
 * says success about an index that is there and invalid.
 *
 * @returns the name of an index that is invalid; null where all is well
 */
export async function invalidIndexAfter(client: pg.Client, { node }: Statement): Promise<string | null> {
  if (!('IndexStmt' in node)) return null;
  const index = await findIndex(client, node.IndexStmt);
  return index === null || index.valid ? null : index.name;
}

/** Waits a moment for a server process. */
type Wait = (pid: number) => Promise<void>;

function waiting(client: pg.Client, { emit, longestMs }: Patience): Wait {
  let since: number | null = null;
  return async (pid) => {
    if (since === null) emit({ kind: 'leftover', pid });
    since ??= performance.now();
    const waited = performance.now() - since;
    if (longestMs > 0 && waited >= longestMs) throw waitOver(pid, longestMs);
    await client.query(SLEEP);
  };
}

function waitOver(pid: number, longestMs: number): ExplainedError {
  return new ExplainedError(
    'lock_wait_over',
    `Server process ${pid} still executes a statement for an earlier run after ${longestMs / 1000} s.`,
    {
      remedy: remedy`Run the command again when that is done, or allow a longer wait with ${option('lockWaitMs')}.`,
    },
  );
}

/** A server process whose client is gone, or another session, that executes the same statement in this database. */
async function waitForLeftover(client: pg.Client, { sql }: Statement, wait: Wait): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_catalog.pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state = 'active'
         and query = left($1, octet_length(query)) and query <> ''`,
      [sql],
    );
    const [leftover] = rows;
    if (leftover === undefined) return;
    await wait(leftover.pid);
  }
}

interface FoundIndex {
  readonly oid: string;
  readonly name: string;
  readonly valid: boolean;
  readonly definition: string;
  /** The server process that builds it now. */
  readonly builder: number | null;
}

async function findIndex(
  client: pg.Client,
  { idxname = '', relation }: IndexStmt,
): Promise<FoundIndex | null> {
  if (relation === undefined) return null;
  const { rows } = await client.query<FoundIndex>(
    `select c.oid, c.oid::regclass::text as name, i.indisvalid as valid, pg_get_indexdef(c.oid) as definition,
       (select min(pid) from pg_stat_progress_create_index p
        where p.datid = (select oid from pg_database where datname = current_database()) and p.index_relid = c.oid) as builder
     from pg_class t
     join pg_class c on c.relnamespace = t.relnamespace and c.relname = $2 and c.relkind in ('i', 'I')
     join pg_index i on i.indexrelid = c.oid
     where t.oid = to_regclass($1)`,
    [qualifiedName(relation), idxname],
  );
  return rows[0] ?? null;
}

async function lookAtIndex(
  client: pg.Client,
  statement: IndexStmt,
  resumes: boolean,
  emit: Listener,
  wait: Wait,
): Promise<'run' | 'done'> {
  for (;;) {
    const index = await findIndex(client, statement);
    if (index === null) return 'run';
    if (index.valid) return resumes && (await isSameIndex(index.definition, statement)) ? 'done' : 'run';
    if (index.builder === null) {
      emit({ kind: 'rebuilding', index: index.name });
      await client.query(`drop index concurrently if exists ${index.name}`);
      return 'run';
    }
    await wait(index.builder);
  }
}

/** Whether an index is the one that a statement asks for: kind, uniqueness, columns in order, with a condition or without. */
async function isSameIndex(definition: string, statement: IndexStmt): Promise<boolean> {
  const [found] = await parseSql(definition);
  if (found === undefined || !('IndexStmt' in found)) return false;
  return shapeOf(found.IndexStmt) === shapeOf(statement);
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

async function lookAtDroppedIndexes(client: pg.Client, objects: readonly Node[]): Promise<'run' | 'done'> {
  const names = objects.map((object) => ('List' in object ? (object.List.items ?? []) : []).map(nameOf));
  const { rows } = await client.query<{ left: string }>(
    'select count(*) as left from unnest($1::text[]) as name where to_regclass(name) is not null',
    [names.map((parts) => parts.map((part) => pg.escapeIdentifier(part)).join('.'))],
  );
  return rows[0]?.left === '0' ? 'done' : 'run';
}

/** `reindex concurrently` builds beside the index, under its name with `_ccnew`, and leaves that behind when it is cut off. */
async function dropLeftoversOfReindex(client: pg.Client, emit: Listener): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index join pg_class on pg_class.oid = indexrelid
     where not indisvalid and relname ~ '_cc(new|old)[0-9]*$'
       and not exists (select from pg_stat_progress_create_index p where p.index_relid = indexrelid or p.relid = indrelid)`,
  );
  for (const { name } of rows) {
    emit({ kind: 'rebuilding', index: name });
    await client.query(`drop index concurrently if exists ${name}`);
  }
}

function qualifiedName({ schemaname, relname = '' }: RangeVar): string {
  return [schemaname, relname].flatMap((part) => (part ? [pg.escapeIdentifier(part)] : [])).join('.');
}

function nameOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}
