import type { Snapshot } from '../catalog/snapshot.js';
import type { Migration } from '../migrate/files/read-folder.js';
import { allows } from '../sql/exceptions.js';
import { locate } from '../sql/location.js';
import { parseStatements } from '../sql/statements.js';
import { byMigration, type CheckFinding } from './check/finding.js';
import { parseUpFile } from './lint/commands.js';
import { constraintOnLiveTable } from './lint/constraint-on-live-table.js';
import { dataChangeUnderLock } from './lint/data-change-under-lock.js';
import { definerWithoutSearchPath } from './lint/definer-without-search-path.js';
import { deletesData } from './lint/deletes-data.js';
import { emptyFile } from './lint/empty-file.js';
import { describeExceptionProblem, exceptionsIn, type FileException } from './lint/exceptions.js';
import { foreignKeyWithoutIndex } from './lint/foreign-key-without-index.js';
import { indexOnLiveTable } from './lint/index-on-live-table.js';
import { notNullOnLiveTable } from './lint/not-null-on-live-table.js';
import { partitionOnLiveTable } from './lint/partition-on-live-table.js';
import { rewritesLiveTable } from './lint/rewrites-live-table.js';
import type { LintedFolder, LintRule, Violation } from './lint/rule.js';
import { SQUAWK_PREFIX, type SquawkViolation } from './lint/squawk.js';
import { tableWithoutUuidKey } from './lint/table-without-uuid-key.js';
import { timestampWithoutZone } from './lint/timestamp-without-zone.js';
import { withoutComment } from './lint/without-comment.js';
import { withoutName } from './lint/without-name.js';
import type { Measurements } from './locks/measurements.js';

const RULES: readonly LintRule[] = [
  indexOnLiveTable,
  constraintOnLiveTable,
  notNullOnLiveTable,
  partitionOnLiveTable,
  rewritesLiveTable,
  dataChangeUnderLock,
  deletesData,
  foreignKeyWithoutIndex,
  timestampWithoutZone,
  tableWithoutUuidKey,
  withoutComment,
  withoutName,
  definerWithoutSearchPath,
  emptyFile,
];

/** The names of the rules from which a file can allow exceptions. */
export const lintRuleNames: readonly string[] = RULES.map(({ name }) => name);

/** The input of {@link lint}. */
export interface LintInput {
  /** In order, each one applied. */
  readonly migrations: readonly Migration[];
  /** The catalog before the first migration that is linted, and the catalog after each one from there on. */
  readonly catalogs: readonly Snapshot[];
  /** What was measured of the statements of each of these migrations. */
  readonly measured: readonly Measurements[];
  /** The index of the first migration that is linted; those before it only define objects. By default 0. */
  readonly first?: number;
  /** The violations that squawk has found; null if it did not run. */
  readonly squawk?: readonly SquawkViolation[] | null;
}

/**
 * Lints the up files of a folder: finds violations of rules in the catalog that they leave, and statements that block
 * other sessions on existing tables. A fault that a later file corrects is not a violation. A file allows an exception by a
 * comment above the statement, or in it: `-- check: allow <rule> <reason>`.
 *
 * @returns the violations in the order of files and lines, and exceptions that have no reason or are not needed
 * @throws MigrationFileError for a file that PostgreSQL cannot parse
 */
export async function lint(input: LintInput): Promise<readonly CheckFinding[]> {
  const { migrations, first = 0, squawk = null } = input;
  const folder = await parseFolder(input);
  const isLinted = ({ migration }: Violation): boolean => migrations.indexOf(migration) >= first;
  const exceptions = folder.files.flatMap(exceptionsIn);
  const violations = [
    ...RULES.flatMap(({ name, find }) => find(folder).map((violation) => ({ name, violation }))),
    ...(squawk ?? []).map(({ name, ...violation }) => ({ name, violation })),
  ];
  const faulty = exceptions.flatMap((exception) => {
    const isKnown = squawk !== null || !exception.rule.startsWith(SQUAWK_PREFIX);
    const isNeeded = violations.some(({ name, violation }) => covers(exception, name, violation));
    const problem = describeExceptionProblem(exception, lintRuleNames, isKnown ? isNeeded : null);
    const { migration, offset } = exception;
    return problem === null ? [] : [{ name: 'exception', violation: { ...problem, migration, offset } }];
  });
  return [
    ...violations.filter(
      ({ name, violation }) => !exceptions.some((exception) => covers(exception, name, violation)),
    ),
    ...faulty,
  ]
    .filter(({ violation }) => isLinted(violation))
    .map(({ name, violation }) => toFinding(name, violation))
    .sort(byLocation(migrations));
}

function covers(exception: FileException, rule: string, { migration, offset }: Violation): boolean {
  return exception.migration === migration && allows(exception, rule, offset);
}

async function parseFolder({ migrations, catalogs, measured, first = 0 }: LintInput): Promise<LintedFolder> {
  const files = await Promise.all(
    migrations.map(async (migration, index) => ({
      ...(await parseUpFile(migration)),
      isDownEmpty: migration.down !== null && (await parseStatements(migration.down.source)).length === 0,
      before: catalogs[index - first] ?? EMPTY,
      ...(measured[index - first] ?? NOT_MEASURED),
    })),
  );
  return { files, catalog: catalogs.at(-1) ?? EMPTY };
}

const NOT_MEASURED: Measurements = { locks: [], drops: [], scans: [] };

const EMPTY: Snapshot = { format: 0, schemas: [], objects: {} };

function toFinding(rule: string, { migration, offset, message, remedy }: Violation): CheckFinding {
  const { file, line, column } = locate(migration.up.source, offset);
  return { rule, migration: migration.label, file, line, column, message, remedy };
}

function byLocation(migrations: readonly Migration[]): (one: CheckFinding, other: CheckFinding) => number {
  const inFolder = byMigration(migrations);
  return (one, other) =>
    inFolder(one, other) || (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);
}
