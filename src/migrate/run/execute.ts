import type { MigrationSet } from '../../catalog/migration-set.js';
import type { Connection } from '../../postgres/connect.js';
import type pg from '../../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { REPORT_WARNINGS } from '../../postgres/replication.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { recordSnapshotAfterDownSql, recordSnapshotSql } from '../history/record-snapshot.js';
import { touchNewestRow } from '../history/row-sql.js';
import type { RunContext } from '../script/context.js';
import type { Failure } from '../script/message.js';
import type { MigrationResult, Outcome } from '../script/outcome.js';
import { type OnResult, openPipeline } from '../script/pipeline.js';
import { deletesData, type Safeguard } from '../script/safeguard.js';
import { groupByFile, type Step } from '../script/steps.js';
import { messagesOf } from '../script/transaction.js';
import type { Work } from '../script/work.js';
import type { Listener } from './events.js';
import { runWithoutTransaction } from './no-transaction.js';
import { sendStep } from './send-step.js';

/**
 * Runs the steps of a run until the first one that fails. Files that run in a transaction share one pipeline. The pipeline
 * drains before a no-transaction file, and before a step that deletes data.
 *
 * @param connection in pipeline mode
 */
export async function execute(
  connection: Connection,
  run: RunContext,
  steps: readonly Step[],
  safeguard: Safeguard,
  emit: Listener,
): Promise<Outcome> {
  const { done, began, committed, onResult } = reportFiles(emit);
  const sent: Work[] = [];
  const pipeline = openPipeline(connection, onResult);
  const runFile = async (work: Work, own: readonly Step[]): Promise<Failure | null> => {
    const started = performance.now();
    began(work);
    const failure = await runWithoutTransaction(connection, run, own, safeguard, emit).catch(
      (error: unknown): Failure => ({ message: { phase: 'begin', sql: '', work }, error }),
    );
    if (failure === null) committed(work, performance.now() - started);
    return failure;
  };
  for (const own of groupByFile(steps)) {
    const [step] = own;
    if (step.kind !== 'session' && !deletesData(step, safeguard)) {
      if (step.work !== null) sent.push(step.work);
      pipeline.send(messagesOf(step, run, safeguard));
      continue;
    }
    const failureBefore = await pipeline.drain();
    if (failureBefore !== null) return { done, sent, failure: failureBefore };
    sent.push(step.work);
    const failure = await (step.kind === 'session'
      ? runFile(step.work, own)
      : sendStep(connection, run, step, safeguard, onResult));
    if (failure !== null) return { done, sent, failure };
  }
  return { done, sent, failure: await pipeline.drain() };
}

/** Collects the files that are committed, and reports every file when it begins and when it is committed. */
function reportFiles(emit: Listener) {
  const done: MigrationResult[] = [];
  let durationMs = 0;
  const began = ({ name, direction }: Work): void => emit({ kind: 'started', name, direction });
  const committed = ({ label: version, name, direction }: Work, tookMs: number): void => {
    const rounded = Math.round(tookMs);
    const status = direction === 'up' ? 'applied' : 'rolled_back';
    done.push({ version, name, status, durationMs: rounded });
    emit({ kind: 'finished', name, direction, durationMs: rounded });
  };
  const onResult: OnResult = ({ work, phase }, results) => {
    if (work === null) return;
    if (phase === 'begin') began(work);
    if (phase === 'record') durationMs = durationIn(results);
    if (phase === 'commit' && hasCommitted(results)) committed(work, durationMs);
  };
  return { done, began, committed, onResult };
}

/** The server answers the commit of a failed transaction with ROLLBACK, and without an error. */
function hasCommitted([commit]: readonly pg.QueryResult[]): boolean {
  return commit?.command === 'COMMIT';
}

/** The duration that the server measured: in a pipeline the answers arrive together, whenever the statements ran. */
function durationIn(results: readonly pg.QueryResult[]): number {
  return results.flatMap(({ rows }) => rows[0]?.duration_ms ?? []).at(-1) ?? 0;
}

/**
 * Ends a run that failed part-way: writes to the disk what was committed without waiting for it, and records a snapshot of
 * the catalog. The commit that waits for the disk is that of an update that changes nothing.
 *
 * @param set the set of the run
 * @param done the files that are committed
 * @param others the schemas of the other migrations in the history; null if no snapshot names them
 * @returns whether the server confirmed that it is on the disk
 */
export async function settle(
  { client, serverVersion }: Connection,
  set: MigrationSet,
  done: readonly Work[],
  others: readonly string[] | null,
): Promise<boolean> {
  const [first] = done;
  const sql = [
    'begin',
    SYSTEM_NAMES_ONLY,
    REPORT_WARNINGS,
    liftTimeouts(serverVersion.number),
    touchNewestRow(set),
    first?.direction === 'down'
      ? recordSnapshotAfterDownSql(set, done, null, first.createdSchemas, others)
      : recordSnapshotSql(set, done, others),
    'commit',
  ];
  try {
    await client.query(sql.join(';\n'));
    return true;
  } catch {
    // The caller reports the failure of the run. If the connection is lost, that failure says so.
    await client.query('rollback').catch(() => undefined);
    return false;
  }
}
