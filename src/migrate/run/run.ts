import { setImmediate } from 'node:timers/promises';
import type { Connection } from '../../postgres/connect.js';
import { type LazyConnection, makeLazyConnection } from '../../postgres/lazy-connection.js';
import { explainLostConnection } from '../../postgres/lost-connection.js';
import { watchReplication } from '../../postgres/replication.js';
import { type DriftReport, readDrift, readDriftReport } from '../history/drift.js';
import { readCoveredSchemas } from '../history/snapshot.js';
import { type WaitOptions, waitOf } from '../history/wait.js';
import { makeRunContext } from '../script/context.js';
import { backendPidOf } from '../script/guard.js';
import type { MigrationResult } from '../script/outcome.js';
import type { Safeguard } from '../script/safeguard.js';
import { cancelOnAbort } from './cancel.js';
import { dryRun } from './dry-run.js';
import type { Listener } from './events.js';
import { acquireLock, type MigrationLock } from './lock.js';
import { startMonitor } from './monitor.js';
import { makeNoticeReporter } from './notices.js';
import { isCurrent, type Plan, type Planner, planReader, type ReadPlan, refuseServer } from './plan.js';
import { runWithRetries } from './retry.js';
import { listenToWarnings } from './warnings.js';

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
  /**
   * Why the run recorded no snapshot of the catalog, so that drift is unknown now; null if it did, or changed nothing.
   */
  readonly snapshotMissing: string | null;
}

const NOTHING_DONE: RunResult = {
  results: [],
  drift: [],
  driftUnknown: null,
  sql: null,
  snapshotMissing: null,
};

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
  const readPlan = planReader(planner, wait, options.onEvent ?? (() => {}));
  if (options.dryRun === true) {
    const sql = await dryRun(connection, await readPlan(connection), safeguard, wait);
    return { ...NOTHING_DONE, sql };
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
  readPlan: ReadPlan,
  safeguard: Safeguard,
  options: RunOptions,
): Promise<RunResult> {
  // The connection that executes the files opens while they are parsed, and while the lock is taken.
  let plan = await readPlan(locking, async () => {
    void executing.open();
    // A local socket is connected by the turn after the next; then its login is in flight.
    await setImmediate();
    await setImmediate();
  });
  if (plan.works.length === 0) return NOTHING_DONE;
  refuseServer(plan, locking);
  const { rows, hasHistory } = plan.state;
  const isUnchanged =
    rows.length === 0
      ? Promise.resolve(true)
      : readDrift(locking).then(
          ({ state }) => state === 'none',
          () => false,
        );
  const covered = rows.length === 0 ? Promise.resolve([]) : readCovered(locking);
  const lock = await acquireLock(locking, {
    wait: waitOf(options),
    hasHistory,
    stillNeeded: async () => {
      // It would idle while the other run lasts, and the server or a proxy may end a session that idles.
      await executing.close();
      plan = await readPlan(locking);
      return plan.works.length > 0;
    },
    onWait: (holder) => options.onEvent?.({ kind: 'waiting', holder }),
  });
  if (lock === null) return NOTHING_DONE;
  const connection = await executing.open();
  // Another run may have finished before this one got the lock.
  const isSameHistory = (rows.at(-1)?.id ?? null) === lock.newestRow;
  const coveredSchemas = await (isSameHistory ? covered : readCovered(connection));
  const report = (await isUnchanged) ? NO_DRIFT : await reportDrift(connection, options);
  const done = await runUnderLock({ connection, lock, plan, coveredSchemas, readPlan, safeguard, options });
  return { ...report, ...done, sql: null };
}

/** A run does not fail because a snapshot cannot be read. */
function readCovered({ client }: Connection): Promise<readonly string[] | null> {
  return readCoveredSchemas(client).catch(() => null);
}

const NO_DRIFT: DriftReport = { drift: [], driftUnknown: null };

/** Reads the drift under the lock: another run may have been between its first statement and its snapshot. */
async function reportDrift(connection: Connection, { onEvent }: RunOptions): Promise<DriftReport> {
  const report = await readDriftReport(connection);
  if ('differences' in report) {
    onEvent?.({ kind: 'drifted', ...report });
    return { drift: report.differences, driftUnknown: null };
  }
  if (report.state !== 'unknown' || report.cause === 'not_applied') return NO_DRIFT;
  onEvent?.({ kind: 'drift-unknown', drift: report });
  return { drift: [], driftUnknown: report };
}

async function runUnderLock({
  connection,
  lock,
  plan,
  coveredSchemas,
  readPlan,
  safeguard,
  options,
}: {
  readonly connection: Connection;
  readonly lock: MigrationLock;
  readonly plan: Plan;
  readonly coveredSchemas: readonly string[] | null;
  readonly readPlan: ReadPlan;
  readonly safeguard: Safeguard;
  readonly options: RunOptions;
}): Promise<Pick<RunResult, 'results' | 'snapshotMissing'>> {
  const { onEvent = () => {}, signal } = options;
  const { target, reportedPid } = connection;
  const backendPid = plan.state.isPooled ? backendPidOf(lock.pid) : String(reportedPid);
  const monitor = startMonitor(target, backendPid, onEvent);
  let knownSql = sqlOf(plan);
  const notices = makeNoticeReporter(target, () => knownSql, onEvent);
  const warnings = listenToWarnings(connection, notices, onEvent);
  const replication = watchReplication(connection.client);
  const cancel = cancelOnAbort(signal, connection, backendPid, lock);
  try {
    const results = await runWithRetries({
      connection,
      run: makeRunContext(connection, plan.state, waitOf(options), lock.pid, coveredSchemas),
      plan: isCurrent(plan, lock) ? plan : null,
      readPlan: async () => {
        const next = await readPlan(connection);
        knownSql = sqlOf(next);
        return next;
      },
      safeguard,
      emit: onEvent,
      onAttempt: warnings.forgetSnapshot,
      monitor,
      replication,
      signal,
    });
    return { results, snapshotMissing: warnings.snapshotMissing() };
  } catch (error) {
    throw explainLostConnection(error, connection) ?? error;
  } finally {
    await warnings.stop();
    replication.stop();
    await cancel.done();
    await monitor.stop();
  }
}

/** The text of the files of a plan, which holds no value of a row. */
function sqlOf({ works }: Plan): string {
  return works.map(({ script }) => script.source.text).join('\n');
}
