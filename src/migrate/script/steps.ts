import { addsEnumValue } from '../../sql/enum-values.js';
import { runsAlone } from '../../sql/restrictions.js';
import { isSetConfig } from '../../sql/setting-changes.js';
import type { Statement } from '../../sql/statements.js';
import { type IsolationLevel, takeIsolation } from '../../sql/transaction-modes.js';
import type { ServerState } from '../history/server-state.js';
import { type Progress, progressAt, statementsDone } from './progress.js';
import type { Work } from './work.js';

/** Creates the history, in a transaction ahead of the first migration. */
export interface HistoryStep {
  readonly kind: 'history';
  readonly work: null;
}

/** Prepares the session for a no-transaction file. */
export interface SessionStep {
  readonly kind: 'session';
  readonly work: Work;
  /** The settings among the committed statements. The session that they applied to is gone, so they are sent again. */
  readonly settings: readonly Statement[];
}

/** A transaction: a whole file, or some statements of a no-transaction file, together with the history row. */
export interface TransactionStep {
  readonly kind: 'transaction';
  readonly work: Work;
  /** Empty if the transaction only records the progress. */
  readonly statements: readonly Statement[];
  /** The isolation level that the file asks for; null for READ COMMITTED. */
  readonly isolation: IsolationLevel | null;
  /** The version of the newest history row before it; null for an empty history. */
  readonly predecessor: bigint | null;
  /** How many statements of the no-transaction file the history has recorded before it; null if it has no progress. */
  readonly start: number | null;
  /** How many statements of the file are committed after it. */
  readonly end: number;
  /** The progress that the history records; null at the end of the file. */
  readonly progress: Progress | null;
  /** All files of the run, if the run ends with this step; null if it does not. */
  readonly runFiles: readonly Work[] | null;
  /** Whether the history has other migrations than those of the run. */
  readonly hasOthers: boolean;
}

/** A statement that runs outside of any transaction, between two transactions that record the progress. */
export interface LoneStep {
  readonly kind: 'alone';
  readonly work: Work;
  readonly statement: Statement;
  /** Whether an earlier run has sent this statement already, and may have left something behind. */
  readonly wasSent: boolean;
}

/** A run as data. Executing, printing and rehearsing a run are loops over its steps. */
export type Step = HistoryStep | SessionStep | TransactionStep | LoneStep;

/**
 * Plans the steps of a run.
 *
 * @param works the files, in the order in which they run
 * @param state what the server was found to have
 * @throws HistoryError `prefix_changed` if a no-transaction file no longer begins with its committed statements
 */
export function planSteps(works: readonly Work[], state: ServerState): readonly Step[] {
  if (works.length === 0) return [];
  const steps: Step[] = state.hasHistory ? [] : [{ kind: 'history', work: null }];
  const hasOthers = hasOtherMigrations(works, state);
  let predecessor = state.rows.at(-1)?.version ?? null;
  for (const work of works) {
    const place = {
      state,
      predecessor,
      runFiles: work === works.at(-1) ? works : null,
      hasOthers,
    };
    if (work.script.options.transaction) steps.push(wholeFile(work, place));
    else steps.push(...fileInParts(work, place));
    predecessor = newestAfter(work, place);
  }
  return steps;
}

/** Checks whether the history has other migrations than those of a run. */
export function hasOtherMigrations(works: readonly Work[], { rows }: Pick<ServerState, 'rows'>): boolean {
  return rows.some((row) => works.every(({ version }) => version !== row.version));
}

/** The steps of each file; the creation of the history comes first, if it is needed. */
export function groupByFile(steps: readonly Step[]): readonly (readonly [Step, ...Step[]])[] {
  const groups: [Step, ...Step[]][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last !== undefined && last[0].work === step.work) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** The position of a file in a run. */
interface Place {
  readonly state: ServerState;
  readonly predecessor: bigint | null;
  readonly runFiles: readonly Work[] | null;
  readonly hasOthers: boolean;
}

function wholeFile(work: Work, { predecessor, runFiles, hasOthers }: Place): TransactionStep {
  const { isolation, statements } = takeIsolation(work.statements);
  const end = work.statements.length;
  return {
    kind: 'transaction',
    work,
    statements,
    isolation,
    predecessor,
    start: null,
    end,
    progress: null,
    runFiles,
    hasOthers,
  };
}

/**
 * A no-transaction file: as many statements in a transaction as PostgreSQL allows, so that the file's progress commits
 * with them. A statement that runs alone comes between two transactions: the first one passes the guard, the second one
 * records that the statement is done.
 */
function fileInParts(work: Work, place: Place): readonly Step[] {
  const { statements } = work;
  const done = statementsDone(work, place.state.rows);
  const steps: Step[] = [
    { kind: 'session', work, settings: statements.slice(0, done ?? 0).filter(setsSession) },
  ];
  let { predecessor } = place;
  let start = done;
  let pending: Statement[] = [];
  const commit = (end: number): void => {
    const progress = progressAt(work, end);
    const runFiles = progress === null ? place.runFiles : null;
    steps.push({
      kind: 'transaction',
      work,
      statements: pending,
      isolation: null,
      predecessor,
      start,
      end,
      progress,
      runFiles,
      hasOthers: place.hasOthers,
    });
    // From its first transaction on, the row of this file is the newest one.
    predecessor = newestAfter({ ...work, direction: 'up' }, place);
    start = end;
    pending = [];
  };
  for (const [index, statement] of statements.entries()) {
    if (index < (done ?? 0)) continue;
    const isAlone = runsAlone(statement);
    // A new value of an enum cannot be used before the transaction that adds it has committed.
    if (pending.length > 0 && (isAlone || pending.some(addsEnumValue))) commit(index);
    if (!isAlone) {
      pending.push(statement);
      continue;
    }
    commit(index);
    steps.push({ kind: 'alone', work, statement, wasSent: done === index });
    commit(index + 1);
  }
  // A file with no statement left still has its end to record.
  if (pending.length > 0 || steps.length === 1) commit(statements.length);
  return steps;
}

/** The version of the newest history row once a file has run; null for an empty history. */
function newestAfter({ version, direction }: Work, { state: { rows }, predecessor }: Place): bigint | null {
  if (direction === 'up') {
    // A no-transaction file that resumes has its row already, wherever it is in the order.
    return rows.some((row) => row.version === version) ? predecessor : version;
  }
  const index = rows.findIndex((row) => row.version === predecessor);
  return rows[index - 1]?.version ?? null;
}

function setsSession({ node }: Statement): boolean {
  return ('VariableSetStmt' in node && node.VariableSetStmt.is_local !== true) || isSetConfig(node);
}
