import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors.js';
import type pg from '../../postgres/pg.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { option, remedy } from '../../text/remedy.js';
import { interrupted } from '../failure/errors.js';
import { HISTORY_TABLE } from '../history/table.js';
import { HOLDER_KEY, LOCK_IN_PG_LOCKS, LOCK_KEY } from '../script/guard.js';

/** A session that holds the lock of a run. */
export interface LockHolder {
  readonly pid: number;
  /** The role; null where this one may not know. */
  readonly role: string | null;
  readonly application: string | null;
  /** The address that the session comes from; null for a Unix socket. */
  readonly host: string | null;
  /** When its transaction began, which is when it took the lock. */
  readonly since: Date | null;
}

/** The lock of a run, held until `release`. */
export interface MigrationLock {
  /** The server process that holds it. */
  readonly pid: number;
  /** The id of the newest row of the history, read behind the lock; null where there is none, or nobody asked. */
  readonly newestRow: bigint | null;
  /** Lets go; the transactions of the run that have not begun yet will not pass their guard any more. */
  release(): Promise<void>;
}

/** How to wait for the lock. */
export interface LockWait {
  /** The longest wait, in milliseconds; undefined waits as long as it takes. */
  readonly longestMs?: number | undefined;
  /** Whether there is a history to read the newest row of. */
  readonly hasHistory: boolean;
  /** Asked before each further try: false gives up waiting, because there is nothing left to do. */
  readonly stillNeeded: () => Promise<boolean>;
  /** Told about the holder while it waits, at most once in `REPORT_EVERY_MS`. */
  readonly onWait: (holder: LockHolder | null) => void;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
const REPORT_EVERY_MS = 5000;

/**
 * Takes the lock of a run on a connection of its own.
 *
 * The lock belongs to a transaction, so that it holds behind a transaction pooler. It is asked for by the simple
 * protocol without a parameter and in READ COMMITTED: the session then keeps no snapshot, and `create index
 * concurrently`, which waits for old snapshots, never waits for the lock. Between two tries no transaction is open.
 *
 * @returns the lock; null where `stillNeeded` said that there is nothing left to do
 * @throws ExplainedError `lock_wait_over` after `longestMs`
 */
export async function acquireLock(connection: Connection, wait: LockWait): Promise<MigrationLock | null> {
  const started = performance.now();
  let reported = Number.NEGATIVE_INFINITY;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const taken = await tryLock(connection, wait.hasHistory);
    if (taken !== null) return { ...taken, release: () => connection.close() };
    const holder = await findLockHolder(connection);
    const waited = performance.now() - started;
    if (wait.longestMs !== undefined && waited >= wait.longestMs) throw waitOver(holder, wait.longestMs);
    if (performance.now() - reported >= REPORT_EVERY_MS) {
      reported = performance.now();
      wait.onWait(holder);
    }
    const left = (wait.longestMs ?? Number.POSITIVE_INFINITY) - waited;
    await sleep(Math.min(pause * (0.75 + Math.random() / 2), left), undefined, { signal: wait.signal }).catch(
      () => {
        throw interrupted('while it waited for another run; nothing was changed');
      },
    );
    if (!(await wait.stillNeeded())) return null;
  }
}

/** The look at the history is taken back, so that for as long as the run takes no lock on that table is left of it. */
async function tryLock(
  { client, serverVersion }: Connection,
  hasHistory: boolean,
): Promise<Omit<MigrationLock, 'release'> | null> {
  const answers: unknown = await client.query(
    `begin isolation level read committed; ${liftTimeouts(serverVersion.number)};
     select pg_catalog.pg_try_advisory_xact_lock(${LOCK_KEY}) as held, pg_catalog.pg_backend_pid() as pid,
       pg_catalog.pg_try_advisory_xact_lock(${HOLDER_KEY}, pg_catalog.pg_backend_pid());
     savepoint look;
     select ${hasHistory ? `max(id) from ${HISTORY_TABLE}` : 'null as max'};
     rollback to look`,
  );
  const [locked, newest] = (answers as pg.QueryResult[])
    .filter(({ command }) => command === 'SELECT')
    .map(({ rows }) => rows[0]);
  if (locked?.held === true) {
    return { pid: locked.pid, newestRow: newest?.max == null ? null : BigInt(newest.max) };
  }
  await client.query('rollback');
  return null;
}

/**
 * Who holds the lock of a run in this database now.
 *
 * @returns the session; null where nobody migrates
 */
export async function findLockHolder({ client }: Pick<Connection, 'client'>): Promise<LockHolder | null> {
  const { rows } = await client.query<LockHolder>(
    `select l.pid, a.usename as role, a.application_name as application, host(a.client_addr) as host, a.xact_start as since
     from pg_catalog.pg_locks l
     left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where ${LOCK_IN_PG_LOCKS}`,
  );
  return rows[0] ?? null;
}

/** A holder in words: `server process 4711 (voicesurvey-db 0.1.0 as deploy from 10.0.0.7, since 12:00:01)`. */
export function describeHolder(holder: LockHolder | null): string {
  if (holder === null) return 'another run';
  const from = holder.host === null ? '' : ` from ${holder.host}`;
  const since = holder.since === null ? '' : `, since ${holder.since.toISOString()}`;
  return `server process ${holder.pid} (${holder.application ?? 'unknown'} as ${holder.role ?? 'unknown'}${from}${since})`;
}

function waitOver(holder: LockHolder | null, longestMs: number): ExplainedError {
  return new ExplainedError(
    'lock_wait_over',
    `Another run is still migrating this database after ${longestMs / 1000} s: ${describeHolder(holder)}.`,
    {
      remedy: remedy`Run the command again when that is done, or allow a longer wait with ${option('lockWaitMs')}.`,
    },
  );
}
