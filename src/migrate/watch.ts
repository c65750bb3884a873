import { type Connection, connect } from '../postgres/connect.js';
import type pg from '../postgres/pg.js';
import type { Listener } from './events.js';
import { maskLiterals } from './mask.js';

/** A session that holds what a migration waits for. */
export interface Blocker {
  readonly pid: number;
  readonly application: string | null;
  readonly role: string | null;
  readonly host: string | null;
  /** `active`, `idle in transaction`, …; null where this role may not know. */
  readonly state: string | null;
  /** When its transaction began. */
  readonly since: Date | null;
  /** What it does or did last, without literals; null where this role may not know. */
  readonly query: string | null;
}

/** Looks at a run from outside while it goes on. */
export interface Watch {
  /** Who held the last lock that the run was seen to wait for; null where it was not seen to wait. */
  lastBlocker(): Blocker | null;
  /** Looks twice within a wait of this many milliseconds, for the next ten seconds. */
  lookSharply(waitMs: number): void;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 1000;
const TELL_AGAIN_AFTER_MS = 10_000;
const SHARPLY_FOR_MS = 10_000;
const LEAST_PAUSE_MS = 20;

/**
 * The session, among some, whose transaction is the oldest; null where there is none.
 *
 * @param pids SQL for an array of numbers of server processes
 */
export async function findBlocker(client: pg.Client, pids: string): Promise<Blocker | null> {
  const { rows } =
    await client.query<Blocker>(`select a.pid, a.application_name as application, a.usename as role, host(a.client_addr) as host,
  a.state, a.xact_start as since, nullif(a.query, '<insufficient privilege>') as query
from unnest(${pids}) as blocking(pid)
join pg_catalog.pg_stat_activity a on a.pid = blocking.pid
order by a.xact_start
limit 1`);
  const [found] = rows;
  return found === undefined
    ? null
    : { ...found, query: found.query === null ? null : maskLiterals(found.query) };
}

const indexBuildOf = (executor: string): string => `select phase, index_relid::regclass::text as index,
  case
    when blocks_total > 0 then 100.0 * blocks_done / blocks_total
    when tuples_total > 0 then 100.0 * tuples_done / tuples_total
    when lockers_total > 0 then 100.0 * lockers_done / lockers_total
  end::integer as percent
from pg_catalog.pg_stat_progress_create_index
where pid = ${executor}`;

/**
 * Watches a server process once a second, from the second second on: who blocks it, and how far its index build is.
 *
 * It does so on a connection of its own. The lock's session must not be asked: a snapshot of its long transaction,
 * taken at the wrong moment, would let `create index concurrently` wait for the lock that its own run holds.
 *
 * @param target where to connect
 * @param executor SQL for the number of the server process that runs the migrations
 */
export function watchRun(target: Connection['target'], executor: string, emit: Listener): Watch {
  let blocker: Blocker | null = null;
  let told = { pid: 0, at: Number.NEGATIVE_INFINITY };
  let connection: Promise<Connection> | null = null;
  let looking: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    connection ??= connect(target, { pipeline: true });
    const { client } = await connection;
    const [found, builds] = await Promise.all([
      findBlocker(client, `pg_catalog.pg_blocking_pids(${executor})`),
      client.query<{ phase: string; index: string; percent: number | null }>(indexBuildOf(executor)),
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
    lookSharply: (waitMs) => {
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

/** A blocker in words: `server process 4711 (psql as ann, idle in transaction since …): select * from contacts`. */
export function describeBlocker({ pid, application, role, host, state, since, query }: Blocker): string {
  const from = host === null ? '' : ` from ${host}`;
  const when = since === null ? '' : ` since ${since.toISOString()}`;
  const what =
    query === null || query === '' ? '' : `: ${query.length > 200 ? `${query.slice(0, 200)}…` : query}`;
  return `server process ${pid} (${application || 'unknown'} as ${role ?? 'unknown'}${from}, ${state ?? 'unknown'}${when})${what}`;
}
