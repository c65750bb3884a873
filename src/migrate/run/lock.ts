import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationSet } from '../../catalog/migration-set.js';
import { withAnswerLimit } from '../../postgres/answer-limit.js';
import { FIND_PREPARED, howToEnd, isOfPrepared } from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import { queryAll, queryRows, SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { option, remedy } from '../../text/remedy.js';
import { idsAreBehind, newestId } from '../history/row-sql.js';
import type { Wait } from '../history/wait.js';
import { HOLDER_KEY, lockInPgLocks } from '../script/guard.js';
import { describeHolder, type LockHolder } from './lock-holder.js';

/** The lock of a run, held until `release`. */
export interface MigrationLock {
  /** The server process that holds it. */
  readonly pid: number;
  /** The id of the newest row of the history, read under the lock; null if there is no row, or no history. */
  readonly newestRow: bigint | null;
  /** Whether the id of the next row would not be the greatest, as after a restore of the rows alone. */
  readonly idsAreBehind: boolean;
  /** Releases the lock. The transactions of the run that have not begun yet no longer pass their guard. */
  release(): Promise<void>;
}

/** The options of {@link acquireLock}. */
export interface LockRequest {
  readonly set: MigrationSet;
  readonly wait: Wait;
  /** Whether there is a history to read the newest row of. */
  readonly hasHistory: boolean;
  /** Called before each further attempt; false ends the wait, because nothing is left to do. */
  readonly stillNeeded: () => Promise<boolean>;
  /** Called with the holder during the wait, at most once in `REPORT_EVERY_MS`. */
  readonly onWait: (holder: LockHolder | null) => void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
const REPORT_EVERY_MS = 5000;

/**
 * Takes the lock of a run on a separate connection.
 *
 * The lock belongs to a transaction, so that it holds behind a transaction pooler. The query uses the simple protocol
 * without a parameter, and READ COMMITTED: the session then keeps no snapshot, and `create index concurrently`, which
 * waits for old snapshots, never waits for the lock. No transaction is open between two attempts.
 *
 * @returns the lock; null if `stillNeeded` returned false
 * @throws ExplainedError `lock_wait_over` after the longest wait, and `interrupted`
 */
export async function acquireLock(
  connection: Connection,
  request: LockRequest,
): Promise<MigrationLock | null> {
  const { limitMs, signal } = request.wait;
  const started = performance.now();
  let reportedAt = Number.NEGATIVE_INFINITY;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const lock = await withAnswerLimit(connection, () => tryLock(connection, request));
    if (lock !== null) return { ...lock, release: () => connection.close() };
    const holder = await withAnswerLimit(connection, () => findLockHolder(connection, request.set));
    const waitedMs = performance.now() - started;
    if (limitMs !== null && waitedMs >= limitMs) throw waitOverError(holder, limitMs);
    if (performance.now() - reportedAt >= REPORT_EVERY_MS) {
      reportedAt = performance.now();
      request.onWait(holder);
    }
    const leftMs = (limitMs ?? Number.POSITIVE_INFINITY) - waitedMs;
    const jitter = 0.75 + Math.random() / 2;
    await sleep(Math.min(pauseMs * jitter, leftMs), undefined, { signal }).catch(() => {
      throw interruptedError('while it waited for another run; nothing was changed');
    });
    if (!(await request.stillNeeded())) return null;
  }
}

/** The two rows that the query of {@link tryLock} returns. */
interface LockAnswer {
  readonly held?: boolean;
  readonly pid?: number;
  readonly is_holder?: boolean;
  readonly newest?: string | null;
  readonly ids_are_behind?: boolean | null;
}

/** The read of the history is rolled back, so that the transaction keeps no lock on that table while the run lasts. */
async function tryLock(
  { client, serverVersion }: Connection,
  { set, hasHistory }: LockRequest,
): Promise<Omit<MigrationLock, 'release'> | null> {
  const answers = await queryAll<LockAnswer>(
    client,
    `begin isolation level read committed; ${SYSTEM_NAMES_ONLY}; ${liftTimeouts(serverVersion.number)};
     select pg_catalog.pg_try_advisory_xact_lock(${set.lockKey}) as held, pg_catalog.pg_backend_pid() as pid,
       pg_catalog.pg_try_advisory_xact_lock(${HOLDER_KEY}, pg_catalog.pg_backend_pid()) as is_holder;
     savepoint before_read;
     select (${hasHistory ? newestId(set) : 'null'}) as newest, (${hasHistory ? idsAreBehind(set) : 'false'}) as ids_are_behind;
     rollback to before_read`,
  );
  const [lock, history] = answers.filter(({ command }) => command === 'SELECT').map(({ rows }) => rows[0]);
  // Without the second lock, the guard could not find out that this session has ended. Only a stranger can hold it.
  if (lock?.held === true && lock.is_holder === true) {
    const newestRow = history?.newest == null ? null : BigInt(history.newest);
    return { pid: lock.pid ?? 0, newestRow, idsAreBehind: history?.ids_are_behind === true };
  }
  await client.query('rollback');
  return null;
}

/**
 * Finds the session or the prepared transaction that holds the lock of a run in this database.
 *
 * @returns null if no run holds it
 */
export async function findLockHolder(
  { client }: Pick<Connection, 'client'>,
  set: MigrationSet,
): Promise<LockHolder | null> {
  const [holder] = await queryRows<LockHolder>(
    client,
    `select coalesce(l.pid, 0) as pid, prepared.gid, coalesce(a.usename, prepared.owner) as role,
       a.application_name as application, host(a.client_addr) as host, coalesce(a.xact_start, prepared.prepared) as since,
       ${mayBeARun(set)} as "isRun"
     from pg_catalog.pg_locks l
     left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     left join lateral (
       select gid, owner, prepared from pg_catalog.pg_prepared_xacts prepared where l.pid is null and ${isOfPrepared('l')}
     ) as prepared on true
     where (${lockInPgLocks(set)} or ${OWN_HOLDER_LOCK}) and l.pid is distinct from pg_catalog.pg_backend_pid()`,
  );
  return holder ?? null;
}

/** The condition that finds the session that holds the second lock of this one. */
const OWN_HOLDER_LOCK = `locktype = 'advisory'
    and objsubid = 2
    and classid = ${HOLDER_KEY}
    and objid = pg_catalog.pg_backend_pid()::pg_catalog.oid
    and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and granted`;

/** SQL of the history's OID; null without a history. A name without USAGE on its schema would be an error. */
function historyOid({ historySchema }: MigrationSet): string {
  return `(
         select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = '${historySchema}' and c.relname = 'history'
       )`;
}

/** SQL of whether the session of a lock `l` may be a run. Its name of the application would prove nothing. */
function mayBeARun(set: MigrationSet): string {
  return `exists (
         select from pg_catalog.pg_locks own
         where own.pid = l.pid and own.locktype = 'advisory' and own.objsubid = 2 and own.granted
           and own.classid = ${HOLDER_KEY} and own.objid = l.pid::pg_catalog.oid and own.database = l.database
       ) and coalesce(
         case when ${historyOid(set)} is null
           then pg_catalog.has_database_privilege(a.usesysid, l.database, 'create')
           else pg_catalog.has_table_privilege(a.usesysid, ${historyOid(set)}, 'insert, update, delete')
         end,
         false
       )`;
}

function waitOverError(holder: LockHolder | null, limitMs: number): ExplainedError {
  if (holder?.isRun === false) return strangerError(holder, limitMs);
  if (holder === null) {
    return new ExplainedError(
      'lock_wait_over',
      `After ${limitMs / 1000} s, the lock of the runs is still held, and no session holds it.`,
      { remedy: `Run the command again. ${FIND_PREPARED}` },
    );
  }
  return new ExplainedError(
    'lock_wait_over',
    `Another run is still migrating this database after ${limitMs / 1000} s: ${describeHolder(holder)}.`,
    {
      remedy: remedy`Run the command again when that is done, or allow a longer wait with ${option('lockWaitMs')}.`,
    },
  );
}

function strangerError(holder: LockHolder, limitMs: number): ExplainedError {
  return new ExplainedError(
    'lock_wait_over',
    `No run is migrating this database, but after ${limitMs / 1000} s its lock is still held by ${holder.gid === null ? 'another session: ' : ''}${describeHolder(holder)}.`,
    {
      remedy: remedy`Run the command again when it is released, or ${howToEnd(holder)} Every role that may connect can take the lock, so let only known roles connect: revoke connect on database <database> from public;`,
    },
  );
}
