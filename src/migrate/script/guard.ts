import { randomInt } from 'node:crypto';
import type { MigrationSet } from '../../catalog/migration-set.js';
import { hasRows, lockRowSql, newestVersion, statementsDoneSql } from '../history/row-sql.js';
import { timeoutSetting } from '../history/wait.js';
import type { RunLock } from './context.js';
import { HISTORY_MOVED, LOCK_LOST } from './sql-states.js';

/**
 * The condition that finds the advisory lock of a run in `pg_locks`. One key serves every database, since PostgreSQL keeps
 * these locks per database.
 */
export function lockInPgLocks({ lockKey }: MigrationSet): string {
  const bits = BigInt.asUintN(64, lockKey);
  return `locktype = 'advisory'
    and objsubid = 1
    and classid = ${bits >> 32n}
    and objid = ${bits & 0xffff_ffffn}
    and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and granted`;
}

/**
 * The session that holds the lock also holds this key, together with the number of its own process. Another session that
 * gets this lock knows that the session has ended. The number is `void`, as an integer.
 */
export const HOLDER_KEY = 0x766f_6964;

/**
 * Every transaction of a run holds this key, together with the number of the process that holds the lock. The number is
 * `voic`, as an integer.
 */
export const EXECUTOR_KEY = 0x766f_6963;

/** The progress of a no-transaction file that a transaction resumes. */
export interface ExpectedProgress {
  readonly version: bigint;
  readonly direction: 'up' | 'down';
  /** How many of its statements are committed; null if the history has no progress of it. */
  readonly statementsDone: number | null;
}

/**
 * The first SQL of every transaction of a run. It changes `lock_timeout` and does not restore it.
 *
 * A killed engine frees its lock immediately, while the server still executes its last statement and then reads what
 * follows in the pipeline. So each transaction checks by itself that it may take effect. It locks the row of its
 * predecessor (the table, if the history is empty), which waits for a transaction that a killed run left in the server.
 * Then it fails unless that row is the newest one, the no-transaction file has the expected progress, and the session of
 * the lock still holds the lock.
 *
 * It needs READ COMMITTED, where every statement sees what was committed before it. A file with another isolation level is
 * guarded by a transaction before its own, see {@link guardNext}.
 *
 * It waits as long as one run waits for another, not only for the lock timeout of the file, because no session queues after
 * it. If the row of the predecessor does not exist, it does not wait. So after a failure in a pipeline no later guard waits.
 *
 * The server plans a block each time it is sent, so the block queries as little as possible.
 *
 * @param predecessor the version of the newest row that this transaction builds on; null for an empty history
 * @param progress the progress that the no-transaction file of this transaction must have
 */
export function guard(predecessor: bigint | null, run: RunLock, progress?: ExpectedProgress): string {
  return `set local lock_timeout = ${timeoutSetting(run.wait)};
do $guard$
begin
  ${announceTransaction(run)}
  ${predecessor === null ? requireEmpty(run.set) : requireNewest(run.set, predecessor)}
  ${progress === undefined ? '' : requireProgress(run.set, progress)}
  ${requireLock(run)}
end
$guard$`;
}

/**
 * SQL after the guard, in its transaction, for a file whose own transaction follows: the session announces itself as the one
 * that executes the run until it releases all its advisory locks.
 */
export function guardNext({ lockPid }: RunLock): string {
  return `select from pg_catalog.pg_advisory_lock_shared(${EXECUTOR_KEY}, ${lockPid})`;
}

/**
 * The first SQL of a transaction that follows its guard. It is no query, so that the transaction has no snapshot yet: the
 * file may first lock a table, and must then see what was committed before it got that lock. A later run waits for this
 * transaction as for any other, because its guard locks a row of the table.
 */
export function lockHistory({ set }: RunLock): string {
  return `lock table ${set.historyTable} in exclusive mode`;
}

/**
 * SQL before such a transaction records its file. It fails if the session of the lock has ended since the guard, because
 * another run may have begun then. While that session holds the lock, no other run changes the history.
 */
export function guardAgain(run: RunLock): string {
  return `do $guard$
begin
  ${requireLock(run)}
end
$guard$`;
}

/**
 * The guard of the transaction that creates the history. There is no row to lock yet, so two such transactions wait for
 * each other by a separate lock: two sessions that create one schema concurrently would not both succeed.
 */
export function lockGuard(run: RunLock): string {
  return `do $guard$
begin
  ${announceTransaction(run)}
  perform pg_catalog.set_config('lock_timeout', '${timeoutSetting(run.wait)}', true);
  perform pg_catalog.pg_advisory_xact_lock(${EXECUTOR_KEY}, 0);
  ${requireLock(run)}
end
$guard$`;
}

/** A number for {@link announce}, in the place of that of a process that holds a lock. No process has one so large. */
export function newExecutorNumber(): number {
  return randomInt(2 ** 30, 2 ** 31);
}

/** SQL at the beginning of a transaction outside of a run, which {@link backendPidOf} finds by the number. */
export function announce(executor: number): string {
  return `select from pg_catalog.pg_advisory_xact_lock_shared(${EXECUTOR_KEY}, ${executor})`;
}

/**
 * SQL of the number of the server process that executes a transaction of the run; null if none does. Behind a transaction
 * pooler the process changes from transaction to transaction, and in between it serves other clients.
 *
 * @param lockPid the server process that holds the lock of the run, or the number with which a transaction has announced itself
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

function announceTransaction({ lockPid }: RunLock): string {
  return `perform pg_catalog.pg_advisory_xact_lock_shared(${EXECUTOR_KEY}, ${lockPid});`;
}

function raiseMoved(set: MigrationSet): string {
  return `raise exception 'another run has changed the history, to version %', (${newestVersion(set)}) using errcode = '${HISTORY_MOVED}';`;
}

function requireEmpty(set: MigrationSet): string {
  return `if ${hasRows(set)} then
    ${raiseMoved(set)}
  end if;
  lock table ${set.historyTable} in exclusive mode;
  if ${hasRows(set)} then
    ${raiseMoved(set)}
  end if;`;
}

function requireNewest(set: MigrationSet, version: bigint): string {
  return `perform ${lockRowSql(set, version)};
  if not found or ${version} <> (${newestVersion(set)}) then
    ${raiseMoved(set)}
  end if;`;
}

function requireProgress(
  set: MigrationSet,
  { version, direction, statementsDone }: ExpectedProgress,
): string {
  return `if ${statementsDone ?? 'null'} is distinct from (${statementsDoneSql(set, version, direction)}) then
    raise exception 'another run has resumed version ${version}' using errcode = '${HISTORY_MOVED}';
  end if;`;
}

/**
 * Fails if the session of the lock has ended: only then can the guard take the advisory lock that this session holds. A
 * query on `pg_locks` would be planned in each transaction, and would take as long as the rest of the guard.
 */
function requireLock({ lockPid }: RunLock): string {
  return `if pg_catalog.pg_try_advisory_xact_lock_shared(${HOLDER_KEY}, ${lockPid}) then
    raise exception 'the session that holds the migration lock has ended' using errcode = '${LOCK_LOST}';
  end if;`;
}
