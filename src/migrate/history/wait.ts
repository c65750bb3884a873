import type { MigrationSet } from '../../catalog/migration-set.js';
import {
  type Blocker,
  describeBlocker,
  FIND_PREPARED,
  findBlocker,
  howToEnd,
} from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import { LOCK_NOT_AVAILABLE, sqlStateOf } from '../../postgres/errors/sql-states.js';
import { monotonicNow } from '../../text/clock.js';

/** How a command waits for another session: for a run that holds the lock, or for one that holds the history. */
export interface Wait {
  /** The longest wait, in milliseconds; null waits without a limit. */
  readonly limitMs: number | null;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** The options of a function that waits. */
export interface WaitOptions {
  /** The longest wait for another run, in milliseconds; null, the default, waits without a limit. */
  readonly lockWaitMs?: number | null | undefined;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/** How a command waits that only reads. */
export const READER_WAIT: Wait = { limitMs: 4000 };

/** The wait that the caller of a function asked for. */
export function waitOf({ lockWaitMs, signal }: WaitOptions): Wait {
  return { limitMs: lockWaitMs ?? null, signal };
}

/** The limit of a wait as a timeout setting of PostgreSQL, in milliseconds. To PostgreSQL, 0 means no limit. */
export function timeoutSetting({ limitMs }: Wait): number {
  return limitMs === null ? 0 : Math.max(1, Math.round(limitMs));
}

/** The longest single attempt, so that the wait is reported and the signal noticed. */
const LONGEST_ATTEMPT_MS = 1000;
const REPORT_EVERY_MS = 10_000;

/**
 * Reads the history, again and again while another session holds its table exclusively, as `vacuum full` does.
 *
 * @param read reads the history, and fails with `LOCK_NOT_AVAILABLE` after the given number of milliseconds
 * @param onBlocked called with the session that holds the table, at most once in `REPORT_EVERY_MS`
 * @throws ExplainedError `history_held` after the longest wait, and `interrupted`
 */
export async function waitForHistory<Result>(
  connection: Connection,
  set: MigrationSet,
  { limitMs, signal }: Wait,
  onBlocked: (blocker: Blocker) => void,
  read: (lockTimeoutMs: number) => Promise<Result>,
): Promise<Result> {
  const started = monotonicNow();
  let reportedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const leftMs = (limitMs ?? Number.POSITIVE_INFINITY) - (monotonicNow() - started);
    try {
      return await read(Math.max(1, Math.round(Math.min(leftMs, LONGEST_ATTEMPT_MS))));
    } catch (error) {
      if (signal?.aborted) throw interruptedError('while it waited to read the history');
      if (!isHistoryHeld(error)) throw error;
    }
    const now = monotonicNow();
    const blocker = await findHolder(connection, set);
    if (limitMs !== null && now - started >= limitMs) throw historyHeldError(set, limitMs, blocker);
    if (blocker === null || now - reportedAt < REPORT_EVERY_MS) continue;
    reportedAt = now;
    onBlocked(blocker);
  }
}

/** Checks whether a read of the history failed because another session holds its table. */
export function isHistoryHeld(error: unknown): boolean {
  return sqlStateOf(error) === LOCK_NOT_AVAILABLE;
}

/** The error of a read that waited for the history for too long. */
export async function historyHeld(
  connection: Connection,
  set: MigrationSet,
  waitedMs: number,
): Promise<ExplainedError> {
  return historyHeldError(set, waitedMs, await findHolder(connection, set));
}

function historyHeldError(
  { historyTable }: MigrationSet,
  waitedMs: number,
  blocker: Blocker | null,
): ExplainedError {
  const holder = blocker === null ? 'another session' : describeBlocker(blocker);
  return new ExplainedError(
    'history_held',
    `${historyTable} cannot be read: after ${waitedMs / 1000} s it is still locked by ${holder}.`,
    {
      remedy: `Run the command again when it is released${blocker === null ? `. ${FIND_PREPARED}` : `, or ${howToEnd(blocker)}`}`,
    },
  );
}

/**
 * The session or the prepared transaction that holds the table against readers. If none does, the session that is queued for such a lock: readers
 * queue after it.
 */
function findHolder({ client }: Connection, { historyTable }: MigrationSet): Promise<Blocker | null> {
  return findBlocker(
    client,
    `select pid, virtualtransaction
  from pg_catalog.pg_locks
  where locktype = 'relation'
    and relation = pg_catalog.to_regclass('${historyTable}')
    and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and mode = 'AccessExclusiveLock'
  order by granted desc
  limit 1`,
  );
}
