import type { FingerprintedSnapshot } from '../../catalog/snapshot.js';
import { type CheckDatabase, type CheckDatabaseOptions, openCheckDatabase } from './check-database.js';
import type { CheckedFile, CheckedMigration } from './checked-file.js';
import { compareCatalogs } from './compare.js';
import type { Log, RULES } from './report.js';
import type { RowSource } from './row-source.js';
import type { RowCounts } from './table-contents.js';

/** The options of a run of the checks over the migrations. */
export interface CheckRunOptions extends CheckDatabaseOptions {
  /** The migrations, in order. */
  readonly migrations: readonly CheckedMigration[];
  /** The index of the first one that is checked. Those before it are only applied. */
  readonly first: number;
  /** Adds rows to the tables after each migration; null leaves them empty. */
  readonly rows: RowSource | null;
  /** Receives the label of each migration before it is checked, and its number from 1. */
  readonly onMigration: (label: string, number: number) => void;
}

/** A run of the checks over the migrations. */
export interface CheckRun {
  readonly options: CheckRunOptions;
  readonly log: Log;
  /** The database in which the next check begins. */
  database: CheckDatabase;
}

/** A catalog, and the catalog that is expected. */
export interface ExpectedCatalog {
  readonly actual: FingerprintedSnapshot;
  readonly expected: FingerprintedSnapshot;
  /** The name of the expected catalog in the sentences: `V0003`. */
  readonly label: string;
}

/**
 * Replaces the database with a new one at a version. The tables are empty during the migrations and then get rows.
 *
 * @param to undefined for a database without migrations
 * @returns the catalog of the database; null if it cannot reach the version
 */
export async function rebuildDatabase(
  run: CheckRun,
  to: CheckedMigration | undefined,
): Promise<FingerprintedSnapshot | null> {
  // Concurrently: the server takes its time to drop a database.
  const [closed, opened] = await Promise.allSettled([run.database.close(), openCheckDatabase(run.options)]);
  if (opened.status === 'rejected') throw opened.reason;
  run.database = opened.value;
  if (closed.status === 'rejected') throw closed.reason;
  if (to !== undefined && (await run.database.up(to.migration.label)) !== null) return null;
  await addRows(run);
  return run.database.takeSnapshot();
}

/** Adds rows to the tables. Returns the tables that have no rows, each with the reason. */
export async function addRows({ options, database }: CheckRun): Promise<ReadonlyMap<string, string>> {
  return options.rows === null ? new Map() : options.rows(database.client, options.schemas);
}

/**
 * Logs the differences of two catalogs as findings, and a different order of columns as a note.
 *
 * @param sentence the beginning of the message
 * @returns whether the catalogs are the same, apart from the order of columns
 */
export function expectSameCatalog(
  { log }: CheckRun,
  rule: keyof typeof RULES,
  file: CheckedFile,
  sentence: string,
  { actual, expected, label }: ExpectedCatalog,
): boolean {
  const { differences, columnOrders } = compareCatalogs(actual, expected, label);
  for (const { object, difference } of differences) {
    log.addFinding(rule, file, `${sentence}: ${object}: ${difference}.`);
  }
  for (const { object, difference } of columnOrders) {
    log.addNote('column-order', file, `${object}: ${difference}.`);
  }
  return differences.length === 0;
}

/** Describes the tables that exist in both, and whose numbers of rows differ. */
export function describeChangedCounts(
  before: RowCounts,
  after: RowCounts,
  isChange: (before: number, after: number) => boolean = (one, other) => one !== other,
): string[] {
  return [...before].flatMap(([table, count]) => {
    const now = after.get(table) ?? count;
    return isChange(count, now) ? [`${table}: ${count} before, ${now} after`] : [];
  });
}
