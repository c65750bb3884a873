import type { RenameStmt } from 'libpg-query';
import pg from '../../postgres/driver/pg.js';
import { locate } from '../../sql/location.js';
import type { Statement } from '../../sql/statement.js';
import { shorten } from '../../text/shorten.js';
import type { CheckedFile } from './checked-file.js';
import type { CheckFinding } from './finding.js';
import type { StatementFailure } from './statement-failure.js';

/** The findings of one run of the checks. */
export interface Report {
  readonly findings: readonly CheckFinding[];
  /** Facts that need no change. */
  readonly notes: readonly CheckFinding[];
}

/** The rules that the checks verify, each with the remedy. */
export const RULES = {
  'up-runs': 'Correct the statement.',
  'up-keeps-rows':
    'Retain the rows. A change of the schema should delete only rows that it is meant to delete.',
  'up-repeats': 'Have the down remove everything that the up creates, so that the up can run again.',
  'up-runs-by-psql':
    'Make the file independent of the transaction and the settings with which the engine runs it.',
  'up-runs-twice':
    'Make a second run change nothing: use "if not exists" or "create or replace". Drop and create again only what holds no data, such as a constraint, a trigger or a view.',
  'down-runs': 'Correct the statement.',
  'down-restores':
    'Have the down restore exactly the schema from before the up, or declare in the up why it cannot: -- migrate: irreversible <reason>',
  'down-runs-by-psql':
    'Make the file independent of the transaction and the settings with which the engine runs it.',
  'down-runs-twice':
    'Make a second run change nothing: use "if exists". Drop and create again only what holds no data, such as a constraint, a trigger or a view.',
} as const;

/** The remedies for rules that hold over empty tables and are violated over rows. */
const REMEDIES_OVER_ROWS: Readonly<Record<string, string>> = {
  'up-runs':
    'Handle existing rows: give a new column a default, fill or clean values first, or add a constraint "not valid" and validate it in a later migration.',
  'down-runs':
    'Handle the rows written after the up, or declare in the up why it cannot be rolled back: -- migrate: irreversible <reason>',
};

/** The remedy for a rename that cannot run twice. */
function renameOnce(statement: Statement, { relation, renameType, subname = '' }: RenameStmt): string {
  const table = [relation?.schemaname, relation?.relname].flatMap((part) => part ?? []).join('.');
  const condition =
    renameType === 'OBJECT_COLUMN'
      ? `select from pg_attribute where attrelid = to_regclass(${pg.escapeLiteral(table)}) and attname = ${pg.escapeLiteral(subname)} and not attisdropped`
      : '<a query of the catalog for the old name>';
  const again = 'Dropping it and adding it again would delete its data.';
  return MAY_BE_MISSING.has(renameType ?? '')
    ? `Rename it only while it has the old name: alter … if exists … rename to … ${again}`
    : `Rename it only while it has the old name: do $$ begin if exists (${condition}) then ${shorten(statement.sql, { lines: 3, characters: 200 })}; end if; end $$; ${again}`;
}

/** The kinds of objects that `alter … if exists … rename to` renames. */
const MAY_BE_MISSING: ReadonlySet<string> = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_INDEX',
  'OBJECT_SEQUENCE',
  'OBJECT_FOREIGN_TABLE',
]);

/** The remedy for a violated rule. A rename that fails in a second run must not be replaced by a drop. */
function remedyFor(rule: keyof typeof RULES, { work }: CheckedFile, failure?: StatementFailure): string {
  const location = failure?.location;
  if (!rule.endsWith('-runs-twice') || location === undefined) return RULES[rule];
  const { source } = work.script;
  const failed = work.statements.findLast(({ offset }) => {
    const start = locate(source, offset);
    return start.line < location.line || (start.line === location.line && start.column <= location.column);
  });
  return failed !== undefined && 'RenameStmt' in failed.node
    ? renameOnce(failed, failed.node.RenameStmt)
    : RULES[rule];
}

/** The notes, each with advice. */
const NOTES = {
  'column-order':
    'Only "select *" and an insert without a list of columns depend on it. To restore it, create the table again.',
  'down-deletes-rows': 'Check that this is intended.',
  'table-stayed-empty': 'If a migration depends on its rows, pass a source of rows to check.',
  'not-reversible': 'Have a backup ready before you apply it.',
} as const;

/** Collects the findings of a run. */
export interface Log extends Report {
  readonly notes: CheckFinding[];
  addFinding(rule: keyof typeof RULES, file: CheckedFile, message: string, failure?: StatementFailure): void;
  addNote(rule: keyof typeof NOTES, file: CheckedFile, message: string): void;
}

/** Creates an empty log. */
export function createLog(): Log {
  const findings: CheckFinding[] = [];
  const notes: CheckFinding[] = [];
  return {
    findings,
    notes,
    addFinding: (rule, file, message, failure) =>
      findings.push({
        ...locationOf(file, failure),
        rule,
        message,
        remedy: remedyFor(rule, file, failure),
      }),
    addNote: (rule, file, message) => notes.push({ ...locationOf(file), rule, message, remedy: NOTES[rule] }),
  };
}

/**
 * Merges the reports of the two runs. A rule that is violated over empty tables is also violated over rows, so it is listed
 * once.
 *
 * @param empty the report over empty tables
 * @param rows the report over rows
 */
export function mergeReports(empty: Report, rows: Report): Report {
  const overRows = (finding: CheckFinding): CheckFinding => ({
    ...finding,
    message: `With rows in the tables, but not with empty tables: ${finding.message}`,
    remedy: REMEDIES_OVER_ROWS[finding.rule] ?? finding.remedy,
  });
  return {
    findings: [...empty.findings, ...withoutKnown(rows.findings, empty.findings).map(overRows)],
    notes: [...empty.notes, ...withoutKnown(rows.notes, empty.notes)],
  };
}

function withoutKnown(findings: readonly CheckFinding[], known: readonly CheckFinding[]): CheckFinding[] {
  const listed = new Set(known.map(({ rule, migration }) => `${rule} ${migration}`));
  return findings.filter(({ rule, migration }) => !listed.has(`${rule} ${migration}`));
}

function locationOf(
  { work }: CheckedFile,
  failure?: StatementFailure,
): Pick<CheckFinding, 'migration' | 'file' | 'line' | 'column'> {
  const { line = null, column = null } = failure?.location ?? {};
  return { migration: work.label, file: work.script.source.path, line, column };
}
