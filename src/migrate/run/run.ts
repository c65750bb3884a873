import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { applicationName } from '../../postgres/application-name.js';
import type { Connection } from '../../postgres/connect.js';

import { type LazyConnection, makeLazyConnection } from '../../postgres/lazy-connection.js';
import { explainLostConnection } from '../../postgres/lost-connection.js';
import { describeTarget } from '../../postgres/target.js';
import { MigrationFileError } from '../../sql/errors.js';
import { option, remedy } from '../../text/remedy.js';
import { type DriftReport, type DriftSince, readDifferences, readDrift } from '../history/drift.js';
import { readState, refuseStandby, type ServerState } from '../history/server-state.js';
import { type WaitOptions, waitOf } from '../history/wait.js';
import type { RunContext } from '../script/context.js';
import { backendPidOf } from '../script/guard.js';
import type { MigrationResult } from '../script/outcome.js';
import type { Safeguard } from '../script/safeguard.js';
import type { Work } from '../script/work.js';
import { cancelOnAbort } from './cancel.js';
import { dryRun } from './dry-run.js';
import type { Listener } from './events.js';
import { acquireLock, type MigrationLock } from './lock.js';
import { startMonitor } from './monitor.js';
import { type Plan, runWithRetries } from './retry.js';

/** The options that `up` and `down` share. The signal ends the run: the current statement is cancelled and rolled back. */
export interface RunOptions extends WaitOptions {
  /** Called with the events of the run. */
  readonly onEvent?: Listener | undefined;
  /** Writes nothing, and returns the SQL that a run would send. */
  readonly dryRun?: boolean | undefined;
}

/** The result of a run, and what it found before it began. */
export interface RunResult extends DriftReport {
  readonly results: readonly MigrationResult[];
  /** The SQL of a dry run; null for a real run. */
  readonly sql: string | null;
}

/**
 * Chooses the files to run, in order, from what the server was found to have.
 *
 * @param connection for further reads; not always the same one
 * @param onPending awaited once it is known that there are files to run, before they are parsed
 */
export type Planner = (
  connection: Connection,
  state: ServerState,
  onPending?: () => Promise<void>,
) => Promise<readonly Work[]>;

/** Default `lock_timeout` of a statement. A statement queued for a lock blocks every later reader. */
const LOCK_TIMEOUT_MS = 4000;

const NOTHING_DONE: RunResult = { results: [], drift: [], sql: null };

/**
 * Runs the files that a planner chooses, each in a transaction with its history row, under the lock. With `dryRun` it only
 * prints them.
 *
 * It takes no lock when nothing is pending. If another run finished before this one got the lock, it reads the history and
 * plans again.
 *
 * @param connection in pipeline mode; it holds the lock, while another one executes the files; it is closed
 * @param safeguard consulted before data is deleted
 * @throws MigrationFailedError for the first file that the server refuses
 */
export async function run(
  connection: Connection,
  planner: Planner,
  safeguard: Safeguard,
  options: RunOptions,
): Promise<RunResult> {
  const wait = waitOf(options);
  const readPlan = async (reader: Connection, onPending?: () => Promise<void>): Promise<Plan> => {
    const state = await readState(reader, wait, (blocker) => options.onEvent?.({ kind: 'blocked', blocker }));
    return { state, works: await planner(reader, state, onPending) };
  };
  if (options.dryRun === true) {
    const plan = await readPlan(connection);
    return { ...NOTHING_DONE, sql: await dryRun(connection, plan, safeguard, wait, LOCK_TIMEOUT_MS) };
  }
  const executing = makeLazyConnection(connection.target, { pipeline: true });
  try {
    return await lockAndRun(connection, executing, readPlan, safeguard, options);
  } finally {
    // Concurrently: each of them waits for its server to answer the goodbye.
    await Promise.all([connection.close(), executing.close()]);
  }
}

async function lockAndRun(
  locking: Connection,
  executing: LazyConnection,
  readPlan: (reader: Connection, onPending?: () => Promise<void>) => Promise<Plan>,
  safeguard: Safeguard,
  options: RunOptions,
): Promise<RunResult> {
  const { onEvent: emit = () => {}, signal } = options;
  const wait = waitOf(options);
  // The connection that executes the files opens while they are parsed, and while the lock is taken.
  let plan = await readPlan(locking, async () => {
    void executing.open();
    // A local socket is connected by the turn after the next; then its login is in flight.
    await setImmediate();
    await setImmediate();
  });
  const { state } = plan;
  if (plan.works.length === 0) return NOTHING_DONE;
  refuseStandby(state, describeTarget(locking.target));
  refusePooled(state, plan.works);
  const readingDrift = state.rows.length > 0 ? readDrift(locking).catch(() => null) : null;
  const lock = await acquireLock(locking, {
    wait,
    hasHistory: state.hasHistory,
    stillNeeded: async () => {
      // It would idle while the other run lasts, and the server or a proxy may end a session that idles.
      await executing.close();
      plan = await readPlan(locking);
      return plan.works.length > 0;
    },
    onWait: (holder) => emit({ kind: 'waiting', holder }),
  });
  if (lock === null) return NOTHING_DONE;
  const connection = await executing.open();
  // Read again under the lock: another run may have been between its first statement and its snapshot.
  const drifted = (await readingDrift)?.state === 'drifted' ? await readDifferences(connection) : null;
  if (drifted !== null) emit({ kind: 'drifted', ...drifted });
  const context: RunContext = {
    id: randomUUID(),
    lockPid: lock.pid,
    wait,
    appliedWith: applicationName,
    appliedOn: hostname(),
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    serverVersion: connection.serverVersion.number,
    noticesLostClient: state.noticesLostClient,
    isDryRun: false,
  };
  const backendPid = state.isPooled ? backendPidOf(lock.pid) : String(connection.reportedPid);
  const monitor = startMonitor(connection.target, backendPid, emit);
  const stopListening = listenToNotices(connection, emit);
  const cancel = cancelOnAbort(signal, connection.target, backendPid, lock);
  try {
    const results = await runWithRetries({
      connection,
      run: context,
      plan: isCurrent(plan, lock) ? plan : null,
      readPlan: () => readPlan(connection),
      safeguard,
      emit,
      monitor,
      signal,
    });
    return { results, drift: differencesIn(drifted), sql: null };
  } catch (error) {
    throw explainLostConnection(error, connection) ?? error;
  } finally {
    stopListening();
    await cancel.done();
    await monitor.stop();
  }
}

function differencesIn(drifted: DriftSince | null): DriftReport['drift'] {
  return drifted?.differences ?? [];
}

/**
 * Refuses a no-transaction file behind a pooler: its settings would stay in a server process that then serves other
 * clients.
 *
 * @throws MigrationFileError `needs_direct_connection`
 */
function refusePooled({ isPooled }: ServerState, works: readonly Work[]): void {
  const work = isPooled ? works.find(({ script }) => !script.options.transaction) : undefined;
  if (work === undefined) return;
  throw new MigrationFileError(
    'needs_direct_connection',
    `${work.name} runs without a transaction, and this connection goes through a pooler such as PgBouncer.`,
    { remedy: remedy`Set ${option('url')} to the address of the server itself for this run.` },
  );
}

/**
 * Checks whether a plan that was made before the lock was taken is still valid. The progress of a no-transaction file can
 * change without a new row, so with such a file the history is read again.
 */
function isCurrent({ state, works }: Plan, { newestRow }: MigrationLock): boolean {
  const newest = state.rows.at(-1)?.id ?? null;
  return newest === newestRow && works.every(({ script }) => script.options.transaction);
}

/** Reports warnings, and the messages that a migration raises; not the notices that an object exists and is skipped. */
function listenToNotices({ client }: Connection, emit: Listener): () => void {
  const listener: Parameters<typeof client.on<'notice'>>[1] = ({ severity = '', message = '', routine }) => {
    if (severity === 'WARNING' || routine === 'exec_stmt_raise')
      emit({ kind: 'notice', severity, text: message });
  };
  client.on('notice', listener);
  return () => client.off('notice', listener);
}
