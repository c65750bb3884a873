import pg from '../../postgres/pg.js';
import { recordSnapshotSql } from '../history/snapshot.js';
import { HISTORY_TABLE } from '../history/table.js';
import type { Progress, Run, Work } from './work.js';

/**
 * SQL that notes in the history what a transaction has done, and behind the last one of a run the catalog that it leaves.
 *
 * @param progress how far a no-transaction file is; null for a whole file
 * @param ending all files of the run, where it ends with this one; null where it goes on
 */
export function recordSql(
  work: Work,
  run: Run,
  progress: Progress | null,
  ending: readonly Work[] | null,
): string {
  const change = work.direction === 'up' ? recordUp(work, run, progress) : recordDown(work, progress);
  if (!run.recordsSnapshot || ending === null || progress !== null) return change;
  const statements = ending.flatMap((each) => each.statements);
  // The row that goes may be the one that says what belongs to the migrations, so it goes last.
  return work.direction === 'up'
    ? `${change};\n${recordSnapshotSql(statements, null)}`
    : `${recordSnapshotSql(statements, work.version)};\n${change}`;
}

function recordDown(work: Work, progress: Progress | null): string {
  if (progress === null) {
    return `delete from ${HISTORY_TABLE} where version = ${work.version}\nreturning (${DURATION})::integer as duration_ms`;
  }
  return `update ${HISTORY_TABLE}
set unfinished = 'down', statements_done = ${progress.statementsDone}, statements_done_checksum = ${literal(progress.checksum)}
where version = ${work.version}`;
}

/** Of the transaction so far, in milliseconds. */
const DURATION = 'extract(epoch from clock_timestamp() - now()) * 1000';

function recordUp(work: Work, run: Run, progress: Progress | null): string {
  const { migration } = work;
  const values: Readonly<Record<string, string>> = {
    version: String(work.version),
    name: literal(work.name),
    checksum_up: literal(work.script.source.checksum),
    checksum_down: literal(migration?.down?.source.checksum),
    down_sql: literal(migration?.down?.source.text),
    irreversible: literal(migration?.irreversible),
    origin: literal('applied'),
    applied_by: 'session_user',
    applied_with: literal(run.appliedWith),
    applied_on: literal(run.appliedOn),
    applied_at: 'clock_timestamp()',
    duration_ms: DURATION,
    run_id: literal(run.id),
    unfinished: literal(progress && 'up'),
    statements_done: String(progress?.statementsDone ?? null),
    statements_done_checksum: literal(progress?.checksum),
  };
  // Each column is parsed and planned for every migration, and null is what it has anyway.
  const given = Object.entries(values).filter(([, value]) => value !== 'null');
  const [columns, texts] = [given.map(([column]) => column), given.map(([, value]) => value)];
  const insert = `insert into ${HISTORY_TABLE} (${columns.join(', ')})\nvalues (${texts.join(', ')})`;
  if (work.script.options.transaction) return `${insert}\nreturning duration_ms`;
  const replaced = Object.keys(values).filter((column) => column !== 'version' && column !== 'duration_ms');
  return `${insert}
on conflict (version) do update set
  duration_ms = history.duration_ms + excluded.duration_ms,
  ${replaced.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

/** A text as SQL. `pg` goes through it character by character, which for a whole file takes milliseconds. */
export function literal(text: string | null | undefined): string {
  if (text === null || text === undefined) return 'null';
  return text.includes('\\') ? pg.escapeLiteral(text) : `'${text.replaceAll("'", "''")}'`;
}
