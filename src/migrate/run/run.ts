import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { applicationName } from '../../postgres/application-name.js';
import type { Connection } from '../../postgres/connect.js';
import { type LazyConnection, makeLazyConnection } from '../../postgres/lazy-connection.js';
import { explainLostConnection } from '../../postgres/lost-connection.js';
import { describeTarget } from '../../postgres/target.js';
import type { Keeper } from '../data-loss/ledger.js';
import type { MigrationResult } from '../failure/errors.js';
import { type DriftReport, readDifferences, readDrift } from '../history/drift.js';
import type { HistoryWait } from '../history/read.js';
import { readState, refusePooled, refuseStandby, type ServerState } from '../history/server-state.js';
import { backendPidOf } from '../script/guard.js';
import type { Run, Work } from '../script/work.js';
import { interruptOn } from './cancel.js';
import type { Listener } from './events.js';
import { acquireLock, type MigrationLock } from './lock.js';
import { watchRun } from './monitor.js';
import { type Look, runWithRetries } from './retry.js';

/** What `up` and `down` have in common. */
export interface RunOptions {
  /** Told what happens while it happens. */
  readonly onEvent?: Listener | undefined;
  /** The longest wait for another run, in milliseconds; undefined waits as long as it takes. */
  readonly lockWaitMs?: number | undefined;
  /** Ends the run: what is being executed is cancelled and rolled back, what is committed stands. */
  readonly signal?: AbortSignal | undefined;
  /** Writes nothing and gives the SQL that would be sent. */
  readonly dryRun?: boolean | undefined;
}

/** Who holds the history is waited for as another run is. */
export function historyWait({ lockWaitMs: longestMs, onEvent, signal }: RunOptions): HistoryWait {
  return { longestMs, onEvent, signal };
}

/** A run as the engine itself asks for it. */
export interface KeepingRunOptions extends RunOptions {
  /** Sees to it that no data is taken away unasked; none for an up. */
  readonly keeper?: Keeper | undefined;
}

/**
 * How a direction finds its work: given the server's state, the files to run, in order.
 *
 * @param connection for whatever else it must read; not always the same
 * @param onWork awaited as soon as it is known that there are any, ahead of their being parsed
 */
export type Planner = (
  connection: Connection,
  state: ServerState,
  onWork?: () => Promise<void>,
) => Promise<readonly Work[]>;

/** What a run did, and what it found before it began. */
export interface RunResult extends DriftReport {
  readonly results: readonly MigrationResult[];
}

/** The result of a run that had nothing to do. */
export const NOTHING_DONE: RunResult = { results: [], drift: [] };

/** How long a statement waits for a lock unless its file says otherwise: who waits stops every reader behind it. */
export const LOCK_TIMEOUT_MS = 4000;

/**
 * Runs what a planner finds, under the lock, each file in a transaction with its history row.
 *
 * Nothing is locked where there is nothing to do. Where another run was there before the lock was ours, the
 * history is read and planned again.
 *
 * @param connection in pipeline mode; holds the lock, while another one executes; is closed
 * @returns what became of each file, and what was changed outside of migrations before the run
 * @throws MigrationFailedError for the first file that the server refuses
 */
export async function runUnderLock(
  connection: Connection,
  plan: Planner,
  options: KeepingRunOptions,
): Promise<RunResult> {
  const executing = makeLazyConnection(connection.target, { pipeline: true });
  try {
    return await lockAndRun(connection, executing, plan, options);
  } finally {
    // At once: each of them waits for its server to say goodbye.
    await Promise.all([connection.close(), executing.close()]);
  }
}

async function lockAndRun(
  locking: Connection,
  foreseen: LazyConnection,
  plan: Planner,
  options: KeepingRunOptions,
): Promise<RunResult> {
  const look = async (connection: Connection, onWork?: () => Promise<void>): Promise<Look> => {
    const state = await readState(connection, historyWait(options));
    return { state, works: await plan(connection, state, onWork) };
  };
  // While the files are parsed, and the lock is taken, the connection that executes them opens.
  const { state, works } = await look(locking, async () => {
    void foreseen.open();
    // A socket of this machine is connected by the turn after the next; then its login is on the way.
    await setImmediate();
    await setImmediate();
  });
  if (works.length === 0) return NOTHING_DONE;
  refuseStandby(state, describeTarget(locking.target));
  refusePooled(state, works);
  const emit = options.onEvent ?? (() => {});
  const { signal } = options;
  const readingDrift = state.rows.length > 0 ? readDrift(locking).catch(() => null) : null;
  let latest: Look = { state, works };
  const lock = await acquireLock(locking, {
    longestMs: options.lockWaitMs,
    hasHistory: state.hasHistory,
    stillNeeded: async () => {
      // It would idle for as long as the other run takes, and whoever stands between may end what idles.
      await foreseen.close();
      latest = await look(locking);
      return latest.works.length > 0;
    },
    onWait: (holder) => emit({ kind: 'waiting', holder }),
    signal,
  });
  if (lock === null) return NOTHING_DONE;
  const connection = await foreseen.open();
  // Under the lock once more: another run may just have been between its first statement and its snapshot.
  const drifted = (await readingDrift)?.state === 'drifted' ? await readDifferences(connection) : null;
  if (drifted !== null) emit({ kind: 'drifted', ...drifted });
  const run: Run = {
    id: randomUUID(),
    appliedWith: applicationName,
    appliedOn: hostname(),
    lockPid: lock.pid,
    // To PostgreSQL 0 is for ever.
    lockWaitMs: options.lockWaitMs === undefined ? 0 : Math.max(1, Math.round(options.lockWaitMs)),
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    serverVersion: connection.serverVersion.number,
    noticesLostClient: state.noticesLostClient,
    recordsSnapshot: true,
    keeper: options.keeper ?? null,
  };
  const backendPid = state.isPooled ? backendPidOf(lock.pid) : String(connection.reportedPid);
  const watch = watchRun(connection.target, backendPid, emit);
  const stopListening = listenToNotices(connection, emit);
  const interrupt = interruptOn(signal, connection.target, backendPid, lock);
  try {
    const results = await runWithRetries({
      connection,
      run,
      look: () => look(connection),
      seen: isCurrent(latest, lock) ? latest : null,
      emit,
      watch,
      signal,
    });
    return { results, drift: drifted?.differences ?? [] };
  } catch (error) {
    throw explainLostConnection(error, connection) ?? error;
  } finally {
    stopListening();
    await interrupt.done();
    await watch.stop();
  }
}

/**
 * Whether a plan that was made before the lock was ours holds now. How far a no-transaction file is can change without a
 * new row, so with one of these the history is read again.
 */
function isCurrent({ state, works }: Look, { newestRow }: MigrationLock): boolean {
  const newest = state.rows.at(-1)?.id ?? null;
  return newest === newestRow && works.every(({ script }) => script.options.transaction);
}

/** Warnings, and what a migration raises itself; not the notices about what exists and is skipped. */
function listenToNotices({ client }: Connection, emit: Listener): () => void {
  const listener: Parameters<typeof client.on<'notice'>>[1] = ({ severity = '', message = '', routine }) => {
    if (severity === 'WARNING' || routine === 'exec_stmt_raise')
      emit({ kind: 'notice', severity, text: message });
  };
  client.on('notice', listener);
  return () => client.off('notice', listener);
}
