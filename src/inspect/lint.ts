import type { Migration } from '../migrate/files/read-folder.js';
import { locate } from '../sql/location.js';
import { byMigration, type CheckFinding } from './finding.js';
import { constraintOnLiveTable } from './lint/constraint-on-live-table.js';
import { type Lint, readFolder } from './lint/context.js';
import { allows, exceptionsIn, faultOf } from './lint/exceptions.js';
import { foreignKeyWithoutIndex } from './lint/foreign-key-without-index.js';
import { indexOnLiveTable } from './lint/index-on-live-table.js';
import { tableWithoutUuidKey } from './lint/table-without-uuid-key.js';
import { timestampWithoutZone } from './lint/timestamp-without-zone.js';
import { withoutComment } from './lint/without-comment.js';
import { withoutName } from './lint/without-name.js';

const LINTS: readonly Lint[] = [
  indexOnLiveTable,
  constraintOnLiveTable,
  foreignKeyWithoutIndex,
  timestampWithoutZone,
  tableWithoutUuidKey,
  withoutComment,
  withoutName,
];

/** The names of the lints that a file can allow an exception from. */
export const lintNames: readonly string[] = LINTS.map(({ name }) => name);

/**
 * Holds the up files of a folder against the rules that one file alone cannot tell: whether a table was there before,
 * whether a later file brings the index, the comment or the name. What a later file puts right is no fault. A file
 * allows an exception by a comment above the statement, or in it: `-- check: allow <rule> <reason>`.
 *
 * @param migrations the folder, from `readMigrations`
 * @returns what was found, in the order of files and places, with exceptions that have no reason or are not needed
 * @throws MigrationFileError for a file that PostgreSQL cannot parse
 * @example
 * ```ts
 * for (const { file, line, message } of await lint(await readMigrations('src/storage/sql'))) {
 *   console.log(`${file}:${line}: ${message}`);
 * }
 * ```
 */
export async function lint(migrations: readonly Migration[]): Promise<readonly CheckFinding[]> {
  const folder = await readFolder(migrations);
  const exceptions = folder.files.flatMap(exceptionsIn);
  const reports = LINTS.flatMap(({ name, find }) => find(folder).map((report) => ({ name, report })));
  const isAllowed = ({ name, report }: (typeof reports)[number]): boolean =>
    exceptions.some((exception) => allows(exception, name, report));
  const faults = exceptions.flatMap((exception) => {
    const isNeeded = reports.some(({ name, report }) => allows(exception, name, report));
    const fault = faultOf(exception, lintNames, isNeeded);
    const { migration } = exception.file;
    return fault === null ? [] : [findingAt('exception', migration, exception.offset, fault)];
  });
  return [
    ...reports
      .filter((report) => !isAllowed(report))
      .map(({ name, report }) => findingAt(name, report.command.migration, report.offset, report)),
    ...faults,
  ].sort(byPlace(migrations));
}

function findingAt(
  rule: string,
  migration: Migration,
  offset: number,
  { message, remedy }: Pick<CheckFinding, 'message' | 'remedy'>,
): CheckFinding {
  const { file, line, column } = locate(migration.up.source, offset);
  return { rule, migration: migration.label, file, line, column, message, remedy };
}

function byPlace(migrations: readonly Migration[]): (one: CheckFinding, other: CheckFinding) => number {
  const inFolder = byMigration(migrations);
  return (one, other) =>
    inFolder(one, other) || (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);
}
