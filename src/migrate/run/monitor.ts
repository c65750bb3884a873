import { omitPublic } from '../../catalog/names.js';
import { type Blocker, blockersOf, findBlocker } from '../../postgres/blocker.js';
import { type Connection, connectWithLimit } from '../../postgres/connect.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { backendPidOf } from '../script/guard.js';
import type { Listener } from './events.js';

/** Observes a run from another session. */
export interface Monitor {
  /** The session or the prepared transaction that held the last lock that the run was seen to wait for; null if it was not seen to wait. */
  lastBlocker(): Blocker | null;
  /** Polls twice within a wait of this many milliseconds, for the next ten seconds. */
  pollFaster(waitMs: number): void;
  stop(): Promise<void>;
}

const POLL_EVERY_MS = 1000;
const SHORTEST_POLL_MS = 20;
const POLL_FASTER_FOR_MS = 10_000;
const REPORT_AGAIN_AFTER_MS = 10_000;

const indexBuildOf = (backendPid: string): string => `select phase, index_relid::regclass::text as index,
  case
    when blocks_total > 0 then 100.0 * blocks_done / blocks_total
    when tuples_total > 0 then 100.0 * tuples_done / tuples_total
    when lockers_total > 0 then 100.0 * lockers_done / lockers_total
  end::integer as percent
from pg_catalog.pg_stat_progress_create_index
where pid = ${backendPid}`;

/**
 * Monitors a server process once a second, from the second second on: which session blocks it, and the progress of its
 * index build.
 *
 * It uses a separate connection, and never the session of the lock: a snapshot of that session's long transaction, taken
 * at the wrong moment, would let `create index concurrently` wait for the lock that its own run holds.
 *
 * @param target where to connect
 * @param backendPid SQL of the number of the server process that executes the run
 */
export function startMonitor(target: Connection['target'], backendPid: string, emit: Listener): Monitor {
  let blocker: Blocker | null = null;
  let reported: Pick<Blocker, 'pid' | 'gid'> & { readonly at: number } = {
    pid: 0,
    gid: null,
    at: Number.NEGATIVE_INFINITY,
  };
  let connection: Promise<Connection> | null = null;
  let polling: Promise<void> | null = null;

  const reportBlocker = (current: Blocker): void => {
    blocker = current;
    const now = performance.now();
    const { pid, gid } = current;
    const isKnown = reported.pid === pid && reported.gid === gid;
    if (isKnown && now - reported.at < REPORT_AGAIN_AFTER_MS) return;
    reported = { pid, gid, at: now };
    emit({ kind: 'blocked', blocker: current });
  };

  const poll = async (): Promise<void> => {
    connection ??= connectWithLimit(target, { pipeline: true });
    const { client } = await connection;
    const [current, builds] = await Promise.all([
      findBlocker(client, blockersOf(backendPid)),
      queryRows<{ phase: string; index: string; percent: number | null }>(client, indexBuildOf(backendPid)),
    ]);
    if (current !== null) reportBlocker(current);
    for (const { phase, index, percent } of builds)
      emit({ kind: 'building', index: omitPublic(index), phase, percent });
  };

  const pollUnlessPolling = (): void => {
    // A run that cannot be monitored still runs, so a failed poll is not a failure of the run.
    polling ??= poll()
      .catch(() => undefined)
      .finally(() => {
        polling = null;
      });
  };
  const pollEvery = (ms: number): NodeJS.Timeout => setInterval(pollUnlessPolling, ms).unref();
  let timer = pollEvery(POLL_EVERY_MS);
  let slowDown: NodeJS.Timeout | undefined;
  const setPace = (ms: number): void => {
    clearInterval(timer);
    timer = pollEvery(ms);
  };
  return {
    lastBlocker: () => blocker,
    pollFaster: (waitMs) => {
      if (waitMs / 2 >= POLL_EVERY_MS) return;
      setPace(Math.max(SHORTEST_POLL_MS, waitMs / 2));
      clearTimeout(slowDown);
      slowDown = setTimeout(() => setPace(POLL_EVERY_MS), POLL_FASTER_FOR_MS).unref();
    },
    stop: async () => {
      clearTimeout(slowDown);
      clearInterval(timer);
      // Closes the connection first, so that a poll ends that the server does not answer.
      await (await connection?.catch(() => null))?.close();
      await polling;
    },
  };
}

/**
 * Does work, and reports meanwhile which session or prepared transaction its transaction waits for.
 *
 * @param executor the number by which {@link backendPidOf} finds the server process of the transaction
 */
export async function withMonitor<Result>(
  { target }: Pick<Connection, 'target'>,
  executor: number,
  onEvent: Listener | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const monitor = startMonitor(target, backendPidOf(executor), onEvent ?? (() => {}));
  try {
    return await work();
  } finally {
    await monitor.stop();
  }
}
