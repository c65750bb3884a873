import { HISTORY_TABLE } from '../history/table.js';

/**
 * The advisory lock of a run: one for each database, since PostgreSQL keeps these locks by database.
 * The number is the first eight bytes of the SHA-256 of `voicesurvey_migrations`, as a signed integer.
 */
export const LOCK_KEY = 581_541_466_810_820_071n;

/** The condition that finds the lock in `pg_locks`. */
export const LOCK_IN_PG_LOCKS = `locktype = 'advisory'
    and objsubid = 1
    and classid = ${LOCK_KEY >> 32n}
    and objid = ${LOCK_KEY & 0xffff_ffffn}
    and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and granted`;

/** What the guard knows of its run. */
export interface Guarded {
  /** The server process that holds the lock of the run. */
  readonly lockPid: number;
  /** The longest wait for what another run has left behind, in milliseconds; 0 waits as long as it takes. */
  readonly lockWaitMs: number;
}

/** What a no-transaction file must have reached in the history for a transaction of it to go on from there. */
export interface Reached {
  readonly version: bigint;
  readonly direction: 'up' | 'down';
  /** How many of its statements are done; null where none is noted. */
  readonly statementsDone: number | null;
}

/**
 * Held by the session of the lock, together with the number of its own process: `void`, as an integer. Whoever else gets
 * it knows that this session is gone.
 */
export const HOLDER_KEY = 0x766f_6964;

/** Held by every transaction of a run, together with the number of its lock's process: `voic`, as an integer. */
export const EXECUTOR_KEY = 0x766f_6963;

/** Raised by the guard: another run has moved the history on. */
export const HISTORY_MOVED = 'VS001';

/** Raised by the guard: the session that holds the lock of this run is gone. */
export const LOCK_LOST = 'VS002';

/**
 * The first SQL of every transaction of a run. It leaves a `lock_timeout` of its own behind.
 *
 * A killed engine frees its lock at once, while the server still executes its last statement and then reads what
 * stands behind it in the pipeline. So each transaction makes sure by itself that it may take effect: it locks the
 * row of its predecessor (the table, while there is none), which waits for a transaction that a killed run has left
 * behind, and fails unless that is the newest row then, a no-transaction file is no further than was read, and the
 * lock's session still holds the lock.
 *
 * It needs READ COMMITTED, where every statement sees what was committed before it.
 *
 * It waits as long as one run waits for another, and not just for the lock timeout of the file: nobody stands behind it.
 * Where the predecessor is not there it does not wait at all: of a whole pipeline behind a failure no guard waits again.
 *
 * A block is planned anew each time it is sent, so it asks as little as it can.
 *
 * @param predecessor the version of the newest row that this transaction builds on; null for an empty history
 * @param reached how far the no-transaction file is that this transaction belongs to
 */
export function guard(predecessor: bigint | null, run: Guarded, reached?: Reached): string {
  return `set local lock_timeout = ${run.lockWaitMs};
do $guard$
begin
  ${showExecutor(run)}
  ${predecessor === null ? REQUIRE_EMPTY : requireNewest(predecessor)}
  ${reached === undefined ? '' : requireReached(reached)}
  ${requireLock(run)}
end
$guard$`;
}

/**
 * The guard of the transaction that creates the history. There is no row to lock yet, so two of them wait for each other
 * by a lock of their own: two sessions that create one schema at once would not both come to their end.
 */
export function lockGuard(run: Guarded): string {
  return `do $guard$
begin
  ${showExecutor(run)}
  perform pg_catalog.set_config('lock_timeout', '${run.lockWaitMs}', true);
  perform pg_catalog.pg_advisory_xact_lock(${EXECUTOR_KEY}, 0);
  ${requireLock(run)}
end
$guard$`;
}

/**
 * SQL for the number of the server process that executes a transaction of the run; null where none does. Behind a
 * transaction pooler it is another one from transaction to transaction, and in between it serves strangers.
 *
 * @param lockPid the server process that holds the lock of the run
 */
export function backendPidOf(lockPid: number): string {
  return `(select pid from pg_catalog.pg_locks
    where locktype = 'advisory'
    and objsubid = 2
    and classid = ${EXECUTOR_KEY}
    and objid = ${lockPid}
    and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    limit 1)`;
}

function showExecutor({ lockPid }: Guarded): string {
  return `perform pg_catalog.pg_advisory_xact_lock_shared(${EXECUTOR_KEY}, ${lockPid});`;
}

const NEWEST = `select version from ${HISTORY_TABLE} order by id desc limit 1`;

const HAS_MOVED = `raise exception 'another run has moved the history on, to version %', (${NEWEST}) using errcode = '${HISTORY_MOVED}';`;

const REQUIRE_EMPTY = `if exists (select from ${HISTORY_TABLE}) then
    ${HAS_MOVED}
  end if;
  lock table ${HISTORY_TABLE} in exclusive mode;
  if exists (select from ${HISTORY_TABLE}) then
    ${HAS_MOVED}
  end if;`;

function requireNewest(version: bigint): string {
  return `perform from ${HISTORY_TABLE} where version = ${version} for update;
  if not found or ${version} <> (${NEWEST}) then
    ${HAS_MOVED}
  end if;`;
}

function requireReached({ version, direction, statementsDone }: Reached): string {
  return `if ${statementsDone ?? 'null'} is distinct from (
    select statements_done from ${HISTORY_TABLE} where version = ${version} and unfinished = '${direction}'
  ) then
    raise exception 'another run has gone on with version ${version}' using errcode = '${HISTORY_MOVED}';
  end if;`;
}

/** A look into `pg_locks`, planned anew for each transaction, would take as long as all the rest of the guard. */
function requireLock({ lockPid }: Guarded): string {
  return `if pg_catalog.pg_try_advisory_xact_lock_shared(${HOLDER_KEY}, ${lockPid}) then
    raise exception 'the session that holds the migration lock is gone' using errcode = '${LOCK_LOST}';
  end if;`;
}
