import { recordSnapshotAfterDownSql, recordSnapshotSql } from '../history/record-snapshot.js';
import {
  deleteSql,
  insertOrUpdateSql,
  insertSql,
  literal,
  newRowValues,
  type RowValues,
  updateSql,
  versionCondition,
} from '../history/row-sql.js';
import type { RunContext } from './context.js';
import { RECORDED_SEARCH_PATH } from './settings.js';
import type { TransactionStep } from './steps.js';

/** The time that the transaction has taken so far, in milliseconds. */
const DURATION = 'extract(epoch from clock_timestamp() - now()) * 1000';

/**
 * SQL that records in the history what a transaction has done. The last transaction of a run also records a snapshot of
 * the catalog; a dry run does not print that, and a throw-away database
 * needs none.
 */
export function recordSql(step: TransactionStep, run: RunContext): string {
  const { work, runFiles, hasOthers } = step;
  const change = work.direction === 'up' ? recordUp(step, run) : recordDown(step, run);
  if (!run.recordsSnapshot || runFiles === null) return change;
  const others = hasOthers ? run.coveredSchemas : [];
  // The deleted row may hold the snapshot that names the covered schemas, so it is deleted last.
  return work.direction === 'up'
    ? `${change};\n${recordSnapshotSql(run.set, runFiles, others)}`
    : `${recordSnapshotAfterDownSql(run.set, runFiles, work.version, work.createdSchemas, others)};\n${change}`;
}

function recordDown({ work: { version }, progress }: TransactionStep, { set }: RunContext): string {
  if (progress === null) return deleteSql(set, version, `(${DURATION})::integer as duration_ms`);
  return updateSql(set, versionCondition(version), progressValues('down', progress));
}

function recordUp({ work: { script, migration }, progress }: TransactionStep, run: RunContext): string {
  const values: RowValues = {
    ...(migration && newRowValues(migration, run)),
    origin: literal('applied'),
    duration_ms: DURATION,
    search_path: RECORDED_SEARCH_PATH,
    ...progressValues('up', progress),
  };
  return script.options.transaction
    ? `${insertSql(run.set, [values])}\nreturning duration_ms`
    : insertOrUpdateSql(run.set, values);
}

function progressValues(direction: 'up' | 'down', progress: TransactionStep['progress']): RowValues {
  return {
    unfinished: literal(progress && direction),
    statements_done: String(progress?.statementsDone ?? null),
    statements_done_checksum: literal(progress?.checksum),
  };
}
