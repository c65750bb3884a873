import type { MigrationSet } from '../../catalog/migration-set.js';
import { listSchemasOfMigrations } from '../../catalog/schemas.js';
import { type Cancellation, cancelOnAbort } from '../../postgres/cancel-on-abort.js';
import type { Connection } from '../../postgres/connect.js';
import { sendOneByOne } from '../../postgres/driver/pg-internals.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import type { LazyConnection } from '../../postgres/lazy-connection.js';
import { explainLostConnection } from '../../postgres/lost-connection.js';
import { watchReplication } from '../../postgres/replication.js';
import { isThrowaway } from '../../postgres/throwaway-name.js';
import { explainWriteError } from '../failure/write-history.js';
import type { Folder } from '../files/read-folder.js';
import { type DriftReport, NO_DRIFT, readDrift, readDriftReport } from '../history/drift.js';
import { readCoveredSchemas } from '../history/snapshot.js';
import { continueIds } from '../history/table.js';
import { waitOf } from '../history/wait.js';
import { makeRunContext } from '../script/context.js';
import { backendPidOf } from '../script/guard.js';
import type { Safeguard } from '../script/safeguard.js';
import { SEARCH_PATH_OF_SESSION } from '../script/settings.js';
import { acquireLock, type MigrationLock } from './lock.js';
import { startMonitor } from './monitor.js';
import { makeNoticeReporter } from './notice-reporter.js';
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
  readonly folder: Folder;
  readonly safeguard: Safeguard;
  readonly options: RunOptions;
}

/**
 * Takes the lock and runs the files of a plan. If another run changed the history first, it plans again.
 *
 * @throws MigrationFailedError for the first file that the server refuses
 */
export async function lockAndRun(planned: PlannedRun): Promise<RunResult> {
  const { locking, executing, readPlan, folder, safeguard, options } = planned;
  const { set } = folder;
  let { plan } = planned;
  await refuseServer(plan, locking);
  const { rows, hasHistory } = plan.state;
  // No other session changes a throw-away database. To read its drift is a third of the work of `check`.
  const isUnchanged =
    rows.length === 0 || isThrowaway(locking.target)
      ? Promise.resolve(true)
      : readDrift(locking, set).then(
          ({ state }) => state === 'none',
          () => false,
        );
  const covered = rows.length === 0 ? Promise.resolve([]) : readCovered(locking, folder);
  let hasWaited = false;
  const lock = await acquireLock(locking, {
    set,
    wait: waitOf(options),
    hasHistory,
    stillNeeded: async () => {
      // This connection would idle during the other run, and the server or a proxy may end an idle session.
      await executing.close();
      hasWaited = true;
      plan = await readPlan(locking);
      return plan.works.length > 0;
    },
    onWait: (holder) => options.onEvent?.({ kind: 'waiting', holder }),
  });
  if (lock === null) return NOTHING_DONE;
  const connection = await executing.open();
  if (plan.state.isPooled) sendOneByOne(connection.client);
  // The lock is released first, so that no transaction after the current one passes its guard.
  const cancellation = cancelOnAbort(options.signal, connection, () => lock.release());
  try {
    if (lock.idsAreBehind) await continueAfterRows(connection, set);
    // Another run may have finished before this one got the lock.
    const isSameHistory = (rows.at(-1)?.id ?? null) === lock.newestRow;
    const coveredSchemas = await (isSameHistory ? covered : readCovered(connection, folder));
    // During a wait, the schema may also have been changed by hand.
    const isKnown = isSameHistory && (!hasWaited || isThrowaway(locking.target));
    const report = (await isUnchanged) && isKnown ? NO_DRIFT : await reportDrift(connection, set, options);
    const done = await runUnderLock({
      connection,
      set,
      lock,
      plan,
      coveredSchemas,
      readPlan,
      safeguard,
      options,
      cancellation,
    });
    return { ...report, ...done, sql: null };
  } finally {
    await cancellation.done();
  }
}

/**
 * Reads the schemas of the migrations in the history. A migration that is newer than the last snapshot is read from its file.
 * A run does not fail because a snapshot cannot be read. It never rejects: a run that fails before it needs the result would
 * leave a rejection without a handler, which ends the process.
 *
 * @returns null if they are not known
 */
async function readCovered(
  { client }: Connection,
  { set, migrations }: Folder,
): Promise<readonly string[] | null> {
  // The snapshot of a named set covers the schemas with its name.
  if (set.name !== null) return [];
  try {
    const covered = await readCoveredSchemas(client, set);
    if (covered === null || covered.laterVersions.length === 0) return covered?.schemas ?? null;
    const later = migrations.filter(({ version }) => covered.laterVersions.includes(version));
    if (later.length < covered.laterVersions.length) return null;
    return [...covered.schemas, ...(await listSchemasOfMigrations(later, await readCreationSchema(client)))];
  } catch {
    return null;
  }
}

/** The schema in which a file creates objects whose names have no schema; null if the search path has none that exists. */
async function readCreationSchema(client: Connection['client']): Promise<string | null> {
  const [row] = await queryRows<{ name: string | null }>(
    client,
    `${SEARCH_PATH_OF_SESSION};\nselect pg_catalog.current_schema()::pg_catalog.text as name`,
  );
  return row?.name ?? null;
}

/** Restored rows may have ids that the sequence has not generated yet. The next row must have the largest id. */
async function continueAfterRows({ client }: Connection, set: MigrationSet): Promise<void> {
  await queryRows(client, continueIds(set)).catch((error: unknown) =>
    Promise.reject(explainWriteError(error, set)),
  );
}

/** Reads the drift under the lock: before, another run may have changed the schema and not yet recorded its snapshot. */
async function reportDrift(
  connection: Connection,
  set: MigrationSet,
  { onEvent, signal }: RunOptions,
): Promise<DriftReport> {
  const report = await readDriftReport(connection, set);
  if (signal?.aborted) throw interruptedError('before the first migration; nothing was changed');
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
  set,
  lock,
  plan,
  coveredSchemas,
  readPlan,
  safeguard,
  options,
  cancellation,
}: {
  readonly connection: Connection;
  readonly set: MigrationSet;
  readonly lock: MigrationLock;
  readonly plan: Plan;
  readonly coveredSchemas: readonly string[] | null;
  readonly readPlan: ReadPlan;
  readonly safeguard: Safeguard;
  readonly options: RunOptions;
  readonly cancellation: Cancellation;
}): Promise<Pick<RunResult, 'results' | 'snapshotMissing'>> {
  const { onEvent = () => {}, signal } = options;
  const { target, reportedPid } = connection;
  const backendPid = plan.state.isPooled ? backendPidOf(lock.pid) : String(reportedPid);
  const monitor = startMonitor(target, backendPid, onEvent);
  let knownSql = sqlOf(plan);
  const notices = makeNoticeReporter(target, () => knownSql, onEvent);
  const warnings = listenToWarnings(connection, notices, onEvent);
  const replication = watchReplication(connection.client);
  try {
    const results = await runWithRetries({
      connection,
      run: makeRunContext(connection, set, plan.state, waitOf(options), lock.pid, coveredSchemas),
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
      cancellation,
    });
    return { results, snapshotMissing: warnings.snapshotMissing() };
  } catch (error) {
    throw explainLostConnection(error, connection) ?? error;
  } finally {
    await warnings.stop();
    replication.stop();
    await monitor.stop();
  }
}

/** The text of the files of a plan, which holds no value of a row. */
function sqlOf({ works }: Plan): string {
  return works.map(({ script }) => script.source.text).join('\n');
}
