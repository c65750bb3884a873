import type { CheckFinding } from '../finding.js';
import type { CheckedFile } from './checked-file.js';
import type { Failed } from './sandbox.js';

/** What one run of the proofs has found. */
export interface Report {
  readonly findings: readonly CheckFinding[];
  /** What somebody should know and nobody needs to change. */
  readonly notes: readonly CheckFinding[];
}

/** The proofs, each with what to do where it fails. */
export const PROOFS = {
  'up-runs': 'Correct the statement.',
  'up-keeps-rows':
    'Keep the rows: what a change of the schema deletes on the way, nobody has decided to delete.',
  'up-repeats':
    'Let the down remove everything that the up made, so that the up finds what it found at first.',
  'up-runs-by-psql':
    'Make the file independent of the transaction and the settings that the engine puts around it.',
  'up-runs-twice':
    'Write it so that a second run changes nothing: "if not exists", "create or replace", drop and add again.',
  'down-runs': 'Correct the statement.',
  'down-restores':
    'Let the down bring back exactly what was there before; or say in the up why it cannot: -- migrate: irreversible <reason>',
  'down-runs-by-psql':
    'Make the file independent of the transaction and the settings that the engine puts around it.',
  'down-runs-twice': 'Write it so that a second run changes nothing: "if exists", drop and add again.',
} as const;

/** What to do where a proof holds over empty tables and fails over rows. */
const OVER_ROWS: Readonly<Record<string, string>> = {
  'up-runs':
    'Think of the rows that are there: give a new column a default, fill or clean first, add a constraint "not valid" and validate it in a later migration.',
  'down-runs':
    'Think of the rows that were written since the up; or say in the up why there is no way back: -- migrate: irreversible <reason>',
};

/** What is told without being a fault. */
const NOTES = {
  'column-order':
    'Nothing depends on it but "select *" and an insert without a list of columns; to keep it, build the table anew.',
  'down-deletes-rows': 'Make sure that this is meant.',
  'table-stayed-empty': 'Give rows of your own, if its rows matter to a migration.',
  'not-reversible': 'Make sure that a backup is at hand before it is applied.',
} as const;

/** Collects what the proofs find. */
export interface Log extends Report {
  readonly notes: CheckFinding[];
  fault(rule: keyof typeof PROOFS, file: CheckedFile, message: string, failed?: Failed): void;
  note(rule: keyof typeof NOTES, file: CheckedFile, message: string): void;
}

/** A log that is empty yet. */
export function makeLog(): Log {
  const findings: CheckFinding[] = [];
  const notes: CheckFinding[] = [];
  return {
    findings,
    notes,
    fault: (rule, file, message, failed) =>
      findings.push({ ...placed(file, failed), rule, message, remedy: PROOFS[rule] }),
    note: (rule, file, message) => notes.push({ ...placed(file), rule, message, remedy: NOTES[rule] }),
  };
}

/**
 * What was found over empty tables and over rows, each once: what fails over empty tables fails over rows as well.
 *
 * @param empty what was found over empty tables
 * @param rows what was found over rows
 */
export function mergeReports(empty: Report, rows: Report): Report {
  const overRows = (finding: CheckFinding): CheckFinding => ({
    ...finding,
    message: `Over rows, not over empty tables: ${finding.message}`,
    remedy: OVER_ROWS[finding.rule] ?? finding.remedy,
  });
  return {
    findings: [...empty.findings, ...withoutKnown(rows.findings, empty.findings).map(overRows)],
    notes: [...empty.notes, ...withoutKnown(rows.notes, empty.notes)],
  };
}

function withoutKnown(findings: readonly CheckFinding[], known: readonly CheckFinding[]): CheckFinding[] {
  const told = new Set(known.map(({ rule, migration }) => `${rule} ${migration}`));
  return findings.filter(({ rule, migration }) => !told.has(`${rule} ${migration}`));
}

function placed(
  { work }: CheckedFile,
  failed?: Failed,
): Pick<CheckFinding, 'migration' | 'file' | 'line' | 'column'> {
  const { line = null, column = null } = failed?.location ?? {};
  return { migration: work.label, file: work.script.source.path, line, column };
}
