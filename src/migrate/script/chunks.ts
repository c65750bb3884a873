import { createHash } from 'node:crypto';
import { addsEnumValue, runsAlone } from '../../sql/restrictions.js';
import type { Statement } from '../../sql/statements.js';
import { HistoryError } from '../history/errors.js';
import type { ServerState } from '../history/server-state.js';
import type { Progress, Work } from './work.js';

/** Statements that commit together with their progress, or one that gets no transaction around it. */
export interface Chunk {
  readonly alone: boolean;
  readonly statements: readonly Statement[];
  /** How many statements of the file are done after it. */
  readonly end: number;
}

/** How many statements of the file an earlier run has done; null where none has begun with it. */
export function statementsDone(work: Work, { rows }: ServerState): number | null {
  const row = rows.find(({ version }) => version === work.version);
  if (row === undefined || row.unfinished !== work.direction || row.statementsDone === null) return null;
  if (checksumOfFirst(work, row.statementsDone) !== row.statementsDoneChecksum) {
    throw new HistoryError(
      'prefix_changed',
      `The first ${row.statementsDone} statements of ${work.name} are done, and the file does not begin with them any more.`,
      { remedy: 'Leave what is done as it was, and change only what comes after it.' },
    );
  }
  return row.statementsDone;
}

/** The progress after a number of statements; null at the end, since a whole file has no progress. */
export function progressAt(work: Work, done: number): Progress | null {
  if (done >= work.statements.length) return null;
  return { statementsDone: done, checksum: checksumOfFirst(work, done) };
}

function checksumOfFirst({ statements }: Work, count: number): string {
  const hash = createHash('sha256');
  for (const { sql } of statements.slice(0, count)) hash.update(sql).update('\0');
  return hash.digest('hex');
}

/** The statements behind the first `start`, in chunks. */
export function chunksFrom(statements: readonly Statement[], start: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (const [index, statement] of statements.entries()) {
    if (index < start) continue;
    const alone = runsAlone(statement);
    const last = chunks.at(-1);
    if (last !== undefined && !alone && !last.alone && !last.statements.some(addsEnumValue)) {
      chunks[chunks.length - 1] = { alone, statements: [...last.statements, statement], end: index + 1 };
    } else {
      chunks.push({ alone, statements: [statement], end: index + 1 });
    }
  }
  // A file without a statement left still has its end to be noted.
  return chunks.length > 0 ? chunks : [{ alone: false, statements: [], end: statements.length }];
}
