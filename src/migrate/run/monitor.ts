import { type Blocker, findBlocker } from '../../postgres/blocker.js';
import { type Connection, connect } from '../../postgres/connect.js';
import type { Listener } from './events.js';

/** Looks at a run from outside while it goes on. */
export interface Watch {
  /** Who held the last lock that the run was seen to wait for; null where it was not seen to wait. */
  lastBlocker(): Blocker | null;
  /** Looks twice within a wait of this many milliseconds, for the next ten seconds. */
  pollFaster(waitMs: number): void;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 1000;
const TELL_AGAIN_AFTER_MS = 10_000;
const SHARPLY_FOR_MS = 10_000;
const LEAST_PAUSE_MS = 20;

const indexBuildOf = (backendPid: string): string => `select phase, index_relid::regclass::text as index,
  case
    when blocks_total > 0 then 100.0 * blocks_done / blocks_total
    when tuples_total > 0 then 100.0 * tuples_done / tuples_total
    when lockers_total > 0 then 100.0 * lockers_done / lockers_total
  end::integer as percent
from pg_catalog.pg_stat_progress_create_index
where pid = ${backendPid}`;

/**
 * Watches a server process once a second, from the second second on: who blocks it, and how far its index build is.
 *
 * It does so on a connection of its own. The lock's session must not be asked: a snapshot of its long transaction,
 * taken at the wrong moment, would let `create index concurrently` wait for the lock that its own run holds.
 *
 * @param target where to connect
 * @param backendPid SQL for the number of the server process that runs the migrations
 */
export function watchRun(target: Connection['target'], backendPid: string, emit: Listener): Watch {
  let blocker: Blocker | null = null;
  let told = { pid: 0, at: Number.NEGATIVE_INFINITY };
  let connection: Promise<Connection> | null = null;
  let looking: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    connection ??= connect(target, { pipeline: true });
    const { client } = await connection;
    const [found, builds] = await Promise.all([
      findBlocker(client, `pg_catalog.pg_blocking_pids(${backendPid})`),
      client.query<{ phase: string; index: string; percent: number | null }>(indexBuildOf(backendPid)),
    ]);
    if (found !== null) {
      blocker = found;
      const now = performance.now();
      if (told.pid !== found.pid || now - told.at >= TELL_AGAIN_AFTER_MS) {
        told = { pid: found.pid, at: now };
        emit({ kind: 'blocked', blocker: found });
      }
    }
    for (const { phase, index, percent } of builds.rows) emit({ kind: 'building', index, phase, percent });
  };

  const lookUnlessLooking = (): void => {
    // What cannot be watched still runs, so a failed look is no failure of the run.
    looking ??= look()
      .catch(() => undefined)
      .finally(() => {
        looking = null;
      });
  };
  const lookEvery = (ms: number): NodeJS.Timeout => setInterval(lookUnlessLooking, ms).unref();
  let timer = lookEvery(LOOK_EVERY_MS);
  let calm: NodeJS.Timeout | undefined;
  const setPace = (ms: number): void => {
    clearInterval(timer);
    timer = lookEvery(ms);
  };
  return {
    lastBlocker: () => blocker,
    pollFaster: (waitMs) => {
      if (waitMs / 2 >= LOOK_EVERY_MS) return;
      setPace(Math.max(LEAST_PAUSE_MS, waitMs / 2));
      clearTimeout(calm);
      calm = setTimeout(() => setPace(LOOK_EVERY_MS), SHARPLY_FOR_MS).unref();
    },
    stop: async () => {
      clearTimeout(calm);
      clearInterval(timer);
      await looking;
      await (await connection?.catch(() => null))?.close();
    },
  };
}
