import type { FingerprintedSnapshot, Snapshot } from '../../catalog/snapshot.js';
import { openCheckDatabase } from './check-database.js';
import {
  addRows,
  type CheckRun,
  type CheckRunOptions,
  describeChangedCounts,
  expectSameCatalog,
  rebuildDatabase,
} from './check-run.js';
import type { CheckedMigration } from './checked-file.js';
import { checkSecondRun, checkTwoRuns } from './idempotence.js';
import { noteNotRun } from './parse-files.js';
import { createLog, type Log, type Report } from './report.js';

/** The report of a run, with the catalogs that it has seen. */
export interface RunReport extends Report {
  /** The catalog before the first migration that was checked, and the catalog after each one that was applied. */
  readonly catalogs: readonly Snapshot[];
}

/**
 * Runs each migration up, down and up again with the engine, then the down twice and the up twice as `psql -f` does. If a
 * check leaves the database in an unexpected state, the next check begins in a new database.
 */
export async function checkMigrations(options: CheckRunOptions): Promise<RunReport> {
  const { migrations, first } = options;
  const log = createLog();
  const run: CheckRun = { options, log, database: await openCheckDatabase(options) };
  const catalogs: Snapshot[] = [];
  let emptyTables: ReadonlyMap<string, string> = new Map();
  try {
    if (!(await applyUpTo(run, migrations[first - 1]))) return { ...log, catalogs };
    let catalog: FingerprintedSnapshot | null = await run.database.takeSnapshot();
    catalogs.push(catalog.snapshot);
    for (const [index, current] of migrations.entries()) {
      if (index < first) continue;
      options.onMigration(current.migration.label, index - first + 1);
      catalog = await checkMigration(run, current, migrations[index - 1], catalog);
      if (catalog === null) {
        const rest = migrations.slice(index + 1);
        log.notes.push(...rest.map(({ migration }) => noteNotRun(migration, current.migration)));
        break;
      }
      catalogs.push(catalog.snapshot);
      emptyTables = await addRows(run);
    }
  } finally {
    await run.database.close();
  }
  noteEmptyTables(log, migrations.at(-1), emptyTables);
  return { ...log, catalogs };
}

/**
 * Applies the migrations that are not checked, and adds rows.
 *
 * @param last the newest of them; undefined if there are none
 * @returns whether they could be applied
 */
async function applyUpTo(run: CheckRun, last: CheckedMigration | undefined): Promise<boolean> {
  if (last === undefined) return true;
  const { options, log, database } = run;
  const failure = await database.up(last.migration.label);
  if (failure === null) {
    await addRows(run);
    return true;
  }
  const { migrations } = options;
  const failed = migrations.find(({ up }) => up.work.script.source.path === failure.location?.file) ?? last;
  log.addFinding('up-runs', failed.up, `The up fails: ${failure.reason}`, failure);
  const rest = migrations.slice(migrations.indexOf(failed) + 1);
  log.notes.push(...rest.map(({ migration }) => noteNotRun(migration, failed.migration)));
  return false;
}

/**
 * Checks one migration.
 *
 * @param before the catalog of the database
 * @returns the catalog of this version, which the database now has; null if the database cannot reach it
 */
async function checkMigration(
  run: CheckRun,
  current: CheckedMigration,
  previous: CheckedMigration | undefined,
  before: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { up, down } = current;
  const { label } = current.migration;
  const labelBefore = previous?.migration.label ?? 'an empty database';
  const after = await applyUp(run, current, before);
  if (after === null) return rebuildDatabase(run, current);
  if (down === null) return checkIrreversible(run, current, after);

  const afterDown = await applyDown(run, current, after);
  const isRestored =
    afterDown !== null &&
    expectSameCatalog(run, 'down-restores', down, 'The down does not restore the previous schema', {
      actual: afterDown,
      expected: before,
      label: labelBefore,
    });
  const afterSecondUp = isRestored ? await applyUpAgain(run, current, after) : null;
  if (afterSecondUp === null && (await rebuildDatabase(run, current)) === null) return null;
  const isDownRepeatable =
    afterDown !== null && (await checkTwoRuns(run, down, { expected: afterDown, label: labelBefore }));
  // The history stays at this version while psql runs the down and then the up. Afterwards the schema is at this version
  // again, unless a check has failed.
  const isAsExpected = afterSecondUp !== null && isDownRepeatable;
  if (!isAsExpected && (await rebuildDatabase(run, previous)) === null) return null;
  const isUpRepeatable = await checkTwoRuns(run, up, { expected: after, label });
  return isAsExpected && isUpRepeatable ? afterSecondUp : rebuildDatabase(run, current);
}

/** Returns the catalog after the up; null if the up fails. */
async function applyUp(
  { database, log }: CheckRun,
  { migration, up }: CheckedMigration,
  before: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const counts = await database.countRows(before);
  const failure = await database.up(migration.label);
  if (failure !== null) {
    log.addFinding('up-runs', up, `The up fails: ${failure.reason}`, failure);
    return null;
  }
  const after = await database.takeSnapshot();
  for (const change of describeChangedCounts(counts, await database.countRows(after), isLess)) {
    log.addFinding('up-keeps-rows', up, `The up deletes rows of ${change}.`);
  }
  return after;
}

/** Returns the catalog after the down; null if the down fails. */
async function applyDown(
  run: CheckRun,
  { down }: CheckedMigration,
  before: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { database, log } = run;
  if (down === null) return null;
  await addRows(run);
  const counts = await database.countRows(before);
  const failure = await database.down();
  if (failure !== null) {
    log.addFinding('down-runs', down, `The down fails: ${failure.reason}`, failure);
    return null;
  }
  const after = await database.takeSnapshot();
  for (const change of describeChangedCounts(counts, await database.countRows(after), isLess)) {
    log.addNote('down-deletes-rows', down, `The down deletes rows of ${change}; the table remains.`);
  }
  return after;
}

/** Returns the catalog after the second up; null if it is not the catalog after the first up. */
async function applyUpAgain(
  run: CheckRun,
  { migration: { label }, up }: CheckedMigration,
  expected: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { database, log } = run;
  const failure = await database.up(label);
  if (failure !== null) {
    log.addFinding('up-repeats', up, `After up and down, the up fails: ${failure.reason}`, failure);
    return null;
  }
  const actual = await database.takeSnapshot();
  const sentence = 'Up, down and up again leave a different schema than one up';
  return expectSameCatalog(run, 'up-repeats', up, sentence, { actual, expected, label }) ? actual : null;
}

async function checkIrreversible(
  run: CheckRun,
  current: CheckedMigration,
  expected: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { label, irreversible } = current.migration;
  run.log.addNote('not-reversible', current.up, `There is no down to check: ${irreversible}.`);
  const isRepeatable = await checkSecondRun(run, current.up, { expected, label });
  return isRepeatable ? expected : rebuildDatabase(run, current);
}

function isLess(before: number, after: number): boolean {
  return after < before;
}

function noteEmptyTables(
  log: Log,
  last: CheckedMigration | undefined,
  emptyTables: ReadonlyMap<string, string>,
): void {
  if (last === undefined) return;
  for (const [table, reason] of emptyTables) {
    log.addNote(
      'table-stayed-empty',
      last.up,
      `The checks ran without rows in ${table}, to which no row could be added: ${reason}`,
    );
  }
}
