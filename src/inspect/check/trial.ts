import type { FingerprintedSnapshot } from '../../catalog/snapshot.js';
import type { CheckedFile, CheckedMigration } from './checked-file.js';
import { compareCatalogs } from './compare.js';
import type { Log, PROOFS } from './report.js';
import type { RowSource } from './rows.js';
import { openSandbox, type Sandbox, type SandboxOptions } from './sandbox.js';
import type { RowCounts } from './table-contents.js';

/** What the proofs are made with. */
export interface Course extends SandboxOptions {
  /** In order, each one that can be run. */
  readonly migrations: readonly CheckedMigration[];
  /** Puts rows into the tables as soon as they are there; null leaves them empty. */
  readonly rows: RowSource | null;
  /** Told of each migration before it is tried. */
  readonly onMigration: (label: string) => void;
}

/** A course on its way. */
export interface Trial {
  readonly course: Course;
  readonly log: Log;
  /** The database that the next proof begins with. */
  sandbox: Sandbox;
}

/** A catalog that was found, and the one that it should be. */
export interface Compared {
  readonly found: FingerprintedSnapshot;
  readonly expected: FingerprintedSnapshot;
  /** What the expected one is called: `V0003`. */
  readonly label: string;
}

/**
 * Brings a new database to a version, over empty tables, and puts rows into them.
 *
 * @param to undefined for a database without a migration
 * @returns the catalog that it has then; null where the version cannot be reached
 */
export async function rebuild(
  trial: Trial,
  to: CheckedMigration | undefined,
): Promise<FingerprintedSnapshot | null> {
  await trial.sandbox.close();
  trial.sandbox = await openSandbox(trial.course);
  if (to !== undefined && (await trial.sandbox.up(to.migration.label)) !== null) return null;
  await fill(trial);
  return trial.sandbox.snapshot();
}

/** Puts rows in; gives back the tables that stayed empty, and why. */
export async function fill({ course, sandbox }: Trial): Promise<ReadonlyMap<string, string>> {
  return course.rows === null ? new Map() : course.rows(sandbox.client, course.schemas);
}

/**
 * Logs in what two catalogs differ; the order of columns as a note.
 *
 * @param what begins the sentence
 * @returns whether they are the same
 */
export function expectSame(
  { log }: Trial,
  rule: keyof typeof PROOFS,
  file: CheckedFile,
  what: string,
  { found, expected, label }: Compared,
): boolean {
  const { differences, columnOrders } = compareCatalogs(found, expected, label);
  for (const { object, difference } of differences)
    log.fault(rule, file, `${what}: ${object}: ${difference}.`);
  for (const { object, difference } of columnOrders)
    log.note('column-order', file, `${object}: ${difference}.`);
  return differences.length === 0;
}

/** The tables of both whose number of rows is another one, in words. */
export function changedRows(
  before: RowCounts,
  after: RowCounts,
  isChange: (before: number, after: number) => boolean = (one, other) => one !== other,
): string[] {
  return [...before].flatMap(([table, count]) => {
    const now = after.get(table) ?? count;
    return isChange(count, now) ? [`${table}: ${count} before, ${now} after`] : [];
  });
}
