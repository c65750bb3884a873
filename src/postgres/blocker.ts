import { encodeName } from '../text/encode.js';
import { maskLiterals } from '../text/mask-literals.js';
import pg from './driver/pg.js';
import { queryRows } from './driver/search-path.js';

/** A session, or a prepared transaction, that holds a lock that a migration waits for. */
export interface Blocker {
  /** The server process of the session; 0, as in `pg_blocking_pids`, for a prepared transaction, which has none. */
  readonly pid: number;
  /** The identifier of the prepared transaction (two-phase commit); null for a session. */
  readonly gid: string | null;
  readonly application: string | null;
  readonly role: string | null;
  readonly host: string | null;
  /** `active`, `idle in transaction`, …; `prepared` for a prepared transaction; null if this role may not see it. */
  readonly state: string | null;
  /** When its transaction began, or was prepared. */
  readonly since: Date | null;
  /** Its current or last query, with literals masked; null if this role may not see it. */
  readonly query: string | null;
}

/** The longest query that a description shows, in characters. */
const LONGEST_QUERY = 200;

/**
 * The modes of a lock on a table: how strong each is, and the weakest other mode that it conflicts with. It conflicts with all
 * stronger ones, too, except that `ShareLock` does not conflict with itself. The other kinds of locks have the same modes.
 */
const MODES = `mode_of_lock(mode, strength, weakest) as (values
  ('AccessShareLock', 1, 8), ('RowShareLock', 2, 7), ('RowExclusiveLock', 3, 5), ('ShareUpdateExclusiveLock', 4, 4),
  ('ShareLock', 5, 3), ('ShareRowExclusiveLock', 6, 3), ('ExclusiveLock', 7, 2), ('AccessExclusiveLock', 8, 1)
)`;

const SAME_LOCK = [
  'locktype',
  'database',
  'relation',
  'page',
  'tuple',
  'virtualxid',
  'transactionid',
  'classid',
  'objid',
  'objsubid',
]
  .map((column) => `held.${column} is not distinct from awaited.${column}`)
  .join(' and ');

/**
 * SQL of what a server process waits for, as {@link findBlocker} reads it. PostgreSQL reports the sessions that block it, but
 * not which prepared transaction does. That is one that holds the lock that the process waits for, in a conflicting mode.
 *
 * @param pid SQL of the number of the server process
 */
export function blockersOf(pid: string): string {
  return `with ${MODES}
select pid, null as virtualtransaction from unnest(pg_catalog.pg_blocking_pids(${pid})) as blocking(pid)
union all
select held.pid, held.virtualtransaction
from pg_catalog.pg_locks awaited
join pg_catalog.pg_locks held on ${SAME_LOCK}
join mode_of_lock as wanted on wanted.mode = awaited.mode
join mode_of_lock as present on present.mode = held.mode
where awaited.pid = ${pid} and not awaited.granted and held.granted and held.pid is null
  and present.strength >= wanted.weakest
  and not (held.mode = 'ShareLock' and awaited.mode = 'ShareLock')`;
}

/**
 * SQL of whether a row of `pg_locks`, or one with its `virtualtransaction`, is of the row `prepared` of `pg_prepared_xacts`. Both
 * have the lock that a transaction holds on its own number. The virtual number is that of the session which prepared it, and
 * after a restart of the server another one.
 */
export function isOfPrepared(lock: string): string {
  return `exists (
    select from pg_catalog.pg_locks own
    where own.locktype = 'transactionid' and own.pid is null and own.granted
      and own.transactionid = prepared.transaction and own.virtualtransaction = ${lock}.virtualtransaction
  )`;
}

/**
 * Finds the session or the prepared transaction with the oldest transaction among some that hold locks; a prepared transaction
 * comes first, because it does not end by itself. It leaves out this query: `create index concurrently` waits for the end of
 * its snapshot, too.
 *
 * @param holders SQL of a query with the columns `pid` and `virtualtransaction` of `pg_locks`, for each holder
 * @returns null if none of them is a session or a prepared transaction
 */
export async function findBlocker(client: pg.Client, holders: string): Promise<Blocker | null> {
  const [blocker] = await queryRows<Blocker>(
    client,
    `with holder as (${holders})
select *
from (
  select 0 as pid, gid, null as application, owner as role, null as host, 'prepared' as state, prepared as since, null as query
  from holder
  join pg_catalog.pg_prepared_xacts prepared on ${isOfPrepared('holder')}
  union all
  select a.pid, null, a.application_name, a.usename, host(a.client_addr), a.state, a.xact_start,
    nullif(a.query, '<insufficient privilege>')
  from holder
  join pg_catalog.pg_stat_activity a on a.pid = holder.pid
  where a.pid <> pg_backend_pid()
) as blocker
order by gid is null, since
limit 1`,
  );
  if (blocker === undefined) return null;
  return { ...blocker, query: blocker.query === null ? null : maskLiterals(blocker.query) };
}

/** Describes a blocker: `server process 4711 (psql as ann, idle in transaction since …): select * from contacts`. */
export function describeBlocker({ pid, gid, application, role, host, state, since, query }: Blocker): string {
  if (gid !== null) return describePrepared({ gid, role, since });
  const start = since === null ? '' : ` since ${since.toISOString()}`;
  const from = host === null ? '' : ` from ${host}`;
  const shown = query !== null && query.length > LONGEST_QUERY ? `${query.slice(0, LONGEST_QUERY)}…` : query;
  const session = `${application || 'unknown'} as ${role ?? 'unknown'}${from}, ${state ?? 'unknown'}${start}`;
  return encodeName(`server process ${pid} (${session})${shown ? `: ${shown}` : ''}`);
}

/** Describes a prepared transaction: `the prepared transaction 'order 7' (of ann, prepared at …)`. */
export function describePrepared({
  gid,
  role,
  since,
}: Pick<Blocker, 'role' | 'since'> & { gid: string }): string {
  const prepared = since === null ? '' : `, prepared at ${since.toISOString()}`;
  return encodeName(`the prepared transaction ${quoteGid(gid)} (of ${role ?? 'unknown'}${prepared})`);
}

function quoteGid(gid: string): string {
  return pg.escapeLiteral(gid).trimStart();
}

/** How to end what blocks, as a clause: `end that session with: select pg_terminate_backend(4711);`. */
export function howToEnd({ pid, gid }: Pick<Blocker, 'pid' | 'gid'>): string {
  if (gid === null) return `end that session with: select pg_terminate_backend(${pid});`;
  const name = encodeName(quoteGid(gid));
  return `end it with: rollback prepared ${name}; or: commit prepared ${name};`;
}

/** Advice for a lock that no session holds: a prepared transaction keeps its locks until somebody ends it. */
export const FIND_PREPARED =
  'If no session holds it, find the prepared transaction that does: select gid, prepared from pg_prepared_xacts; and end it with rollback prepared or commit prepared.';
