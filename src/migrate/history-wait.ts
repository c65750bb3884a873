import type { Connection } from '../postgres/connect.js';
import { ExplainedError } from '../postgres/errors.js';
import pg from '../postgres/pg.js';
import { interrupted } from './errors.js';
import type { Listener } from './events.js';
import { HISTORY_TABLE } from './history.js';
import { type Blocker, describeBlocker, findBlocker } from './watch.js';

/** How to wait while somebody holds the table of the history exclusively, as `vacuum full` does. */
export interface HistoryWait {
  /** The longest wait, in milliseconds; undefined waits as long as it takes. */
  readonly longestMs?: number | undefined;
  /** Told who holds it, at most once in `TELL_EVERY_MS`. */
  readonly onEvent?: Listener | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** How a command waits that only looks. */
export const LOOKING: HistoryWait = { longestMs: 4000 };

/** So that a wait is told, and a signal is heard. */
const LONGEST_TRY_MS = 1000;
const TELL_EVERY_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Reads the history, however often it takes until nobody holds its table any more.
 *
 * @param read reads it, and gives up with `55P03` when it has waited for as many milliseconds as it is told
 * @throws ExplainedError `history_held` after the longest wait, and `interrupted`
 */
export async function waitForHistory<Result>(
  connection: Connection,
  { longestMs = Number.POSITIVE_INFINITY, onEvent, signal }: HistoryWait,
  read: (lockTimeoutMs: number) => Promise<Result>,
): Promise<Result> {
  const started = performance.now();
  let told = Number.NEGATIVE_INFINITY;
  for (;;) {
    const left = longestMs - (performance.now() - started);
    try {
      return await read(Math.max(1, Math.round(Math.min(left, LONGEST_TRY_MS))));
    } catch (error) {
      if (signal?.aborted) throw interrupted('while it waited to read the history');
      if (!isHeld(error)) throw error;
    }
    const now = performance.now();
    const blocker = await findHolder(connection);
    if (now - started >= longestMs) throw heldFor(longestMs, blocker);
    if (blocker === null || now - told < TELL_EVERY_MS) continue;
    told = now;
    onEvent?.({ kind: 'blocked', blocker });
  }
}

/** Whether the table of the history was held for as long as it was waited for. */
export function isHeld(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE;
}

/** The error of who has waited long enough. */
export async function historyHeld(connection: Connection, waitedMs: number): Promise<ExplainedError> {
  return heldFor(waitedMs, await findHolder(connection));
}

function heldFor(waitedMs: number, blocker: Blocker | null): ExplainedError {
  const who = blocker === null ? 'somebody' : describeBlocker(blocker);
  const how =
    blocker === null ? '' : `, or end that session with: select pg_terminate_backend(${blocker.pid});`;
  return new ExplainedError(
    'history_held',
    `${HISTORY_TABLE} cannot be read: after ${waitedMs / 1000} s it is still locked by ${who}.`,
    { remedy: `Run the command again when that is done${how === '' ? '.' : how}` },
  );
}

/** Who holds the table against readers; else who stands in line for that, since readers then stand behind. */
function findHolder({ client }: Connection): Promise<Blocker | null> {
  return findBlocker(
    client,
    `array(
  select pid
  from pg_catalog.pg_locks
  where locktype = 'relation'
    and relation = pg_catalog.to_regclass('${HISTORY_TABLE}')
    and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and mode = 'AccessExclusiveLock'
  order by granted desc
  limit 1
)`,
  );
}
