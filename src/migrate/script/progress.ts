import { createHash } from 'node:crypto';
import { HistoryError } from '../history/errors.js';
import type { HistoryRow } from '../history/table.js';
import type { Work } from './work.js';

/** The progress of a no-transaction file. */
export interface Progress {
  readonly statementsDone: number;
  /** SHA-256 of the committed statements. */
  readonly checksum: string;
}

/**
 * How many statements of a no-transaction file an earlier run has committed.
 *
 * @param rows the history
 * @returns null if no run has begun with the file
 * @throws HistoryError `prefix_changed` if the file no longer begins with these statements
 */
export function statementsDone(work: Work, rows: readonly HistoryRow[]): number | null {
  const row = rows.find(({ version }) => version === work.version);
  if (row === undefined || row.unfinished !== work.direction || row.statementsDone === null) return null;
  if (checksumOfFirst(work, row.statementsDone) !== row.statementsDoneChecksum) {
    throw new HistoryError(
      'prefix_changed',
      `The first ${row.statementsDone} statements of ${work.name} are committed, and the file no longer begins with them.`,
      { remedy: 'Restore these statements, and change only what comes after them.' },
    );
  }
  return row.statementsDone;
}

/** The progress after a number of statements; null at the end: a whole file has no progress. */
export function progressAt(work: Work, done: number): Progress | null {
  if (done >= work.statements.length) return null;
  return { statementsDone: done, checksum: checksumOfFirst(work, done) };
}

function checksumOfFirst({ statements }: Work, count: number): string {
  const hash = createHash('sha256');
  for (const { sql } of statements.slice(0, count)) hash.update(sql).update('\0');
  return hash.digest('hex');
}
