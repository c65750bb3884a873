import type { Connection } from '../../postgres/connect.js';
import type { LazyConnection } from '../../postgres/lazy-connection.js';
import { explainLostConnection } from '../../postgres/lost-connection.js';
import { watchReplication } from '../../postgres/replication.js';
import { type DriftReport, readDrift, readDriftReport } from '../history/drift.js';
import { readCoveredSchemas } from '../history/snapshot.js';
import { waitOf } from '../history/wait.js';
import { makeRunContext } from '../script/context.js';
import { backendPidOf } from '../script/guard.js';
import type { Safeguard } from '../script/safeguard.js';
import { cancelOnAbort } from './cancel.js';
import { acquireLock, type MigrationLock } from './lock.js';
import { startMonitor } from './monitor.js';
import { makeNoticeReporter } from './notices.js';
import { NOTHING_DONE, type RunOptions, type RunResult } from './options.js';
import { isCurrent, type Plan, type ReadPlan, refuseServer } from './plan.js';
import { runWithRetries } from './retry.js';
import { listenToWarnings } from './warnings.js';

/** A run with files to apply. */
export interface PlannedRun {
  /** Holds the lock, in pipeline mode. */
  readonly locking: Connection;
  /** Executes the files. */
  readonly executing: LazyConnection;
  readonly plan: Plan;
  readonly readPlan: ReadPlan;
  readonly safeguard: Safeguard;
  readonly options: RunOptions;
}

/**
 * Takes the lock and runs the files of a plan. If another run changed the history first, it plans again.
 *
 * @throws MigrationFailedError for the first file that the server refuses
 */
export async function lockAndRun(planned: PlannedRun): Promise<RunResult> {
  const { locking, executing, readPlan, safeguard, options } = planned;
  let { plan } = planned;
  await refuseServer(plan, locking);
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
