import type { FingerprintedSnapshot, Snapshot } from '../../catalog/snapshot.js';
import type { CheckedMigration } from './checked-file.js';
import { notTried } from './files.js';
import { type Log, makeLog, type Report } from './report.js';
import { runAgain, runTwice } from './run-twice.js';
import { openSandbox } from './sandbox.js';
import { type Course, changedRows, expectSame, fill, rebuild, type Trial } from './trial.js';

/** The report of a run, with the catalog of the empty database and the catalog after each migration that was applied. */
export interface ProofReport extends Report {
  readonly catalogs: readonly Snapshot[];
}

/**
 * Proves migrations in order: up, down and up again with the engine, then the down twice and the up twice, as `psql -f`
 * runs them. Where a proof leaves something else than it should, a new database is brought to where the next one begins.
 */
export async function prove(course: Course): Promise<ProofReport> {
  const { migrations } = course;
  const log = makeLog();
  const trial: Trial = { course, log, sandbox: await openSandbox(course) };
  let empties: ReadonlyMap<string, string> = new Map();
  const catalogs: Snapshot[] = [];
  try {
    let catalog: FingerprintedSnapshot | null = await trial.sandbox.snapshot();
    catalogs.push(catalog.snapshot);
    for (const [index, current] of migrations.entries()) {
      course.onMigration(current.migration.label);
      catalog = await proveOne(trial, current, migrations[index - 1], catalog);
      if (catalog === null) {
        const rest = migrations.slice(index + 1);
        log.notes.push(...rest.map(({ migration }) => notTried(migration, current.migration)));
        break;
      }
      catalogs.push(catalog.snapshot);
      empties = await fill(trial);
    }
  } finally {
    await trial.sandbox.close();
  }
  tellEmpty(log, migrations.at(-1), empties);
  return { ...log, catalogs };
}

/**
 * @param before the catalog that is there now
 * @returns the catalog of this version, which the database has now; null where it cannot be brought there
 */
async function proveOne(
  trial: Trial,
  current: CheckedMigration,
  previous: CheckedMigration | undefined,
  before: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { up, down } = current;
  const { label } = current.migration;
  const labelBefore = previous?.migration.label ?? 'an empty database';
  const after = await goUp(trial, current, before);
  if (after === null) return rebuild(trial, current);
  if (down === null) return proveIrreversible(trial, current, after);

  const wentDown = await goDown(trial, current, after);
  const isRestored =
    wentDown !== null &&
    expectSame(trial, 'down-restores', down, 'The down does not bring back what was there before', {
      found: wentDown,
      expected: before,
      label: labelBefore,
    });
  const wentUpAgain = isRestored ? await goUpAgain(trial, current, after) : null;
  if (wentUpAgain === null && (await rebuild(trial, current)) === null) return null;
  const isDownInPlace =
    wentDown !== null && (await runTwice(trial, down, { expected: wentDown, label: labelBefore }));
  // The history stands at this version, and so will the schema, unless something went wrong.
  const isOnCourse = wentUpAgain !== null && isDownInPlace;
  if (!isOnCourse && (await rebuild(trial, previous)) === null) return null;
  const isUpInPlace = await runTwice(trial, up, { expected: after, label });
  return isOnCourse && isUpInPlace ? wentUpAgain : rebuild(trial, current);
}

/** @returns the catalog that it leaves; null where it fails */
async function goUp(
  trial: Trial,
  { migration, up }: CheckedMigration,
  before: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { sandbox, log } = trial;
  const rows = await sandbox.countRows(before);
  const failed = await sandbox.up(migration.label);
  if (failed !== null) {
    log.fault('up-runs', up, `The up fails: ${failed.reason}`, failed);
    return null;
  }
  const after = await sandbox.snapshot();
  for (const lost of changedRows(rows, await sandbox.countRows(after), isLess))
    log.fault('up-keeps-rows', up, `The up deletes rows of ${lost}.`);
  return after;
}

/** @returns the catalog that it leaves; null where it fails */
async function goDown(
  trial: Trial,
  { down }: CheckedMigration,
  before: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { sandbox, log } = trial;
  if (down === null) return null;
  await fill(trial);
  const rows = await sandbox.countRows(before);
  const failed = await sandbox.down();
  if (failed !== null) {
    log.fault('down-runs', down, `The down fails: ${failed.reason}`, failed);
    return null;
  }
  const after = await sandbox.snapshot();
  for (const lost of changedRows(rows, await sandbox.countRows(after), isLess))
    log.note('down-deletes-rows', down, `The down deletes rows of ${lost}; the table stays.`);
  return after;
}

/** @returns the catalog that it leaves; null where that is not what one up leaves */
async function goUpAgain(
  trial: Trial,
  { migration: { label }, up }: CheckedMigration,
  expected: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { sandbox, log } = trial;
  const failed = await sandbox.up(label);
  if (failed !== null) {
    log.fault('up-repeats', up, `After up and down, the up fails: ${failed.reason}`, failed);
    return null;
  }
  const found = await sandbox.snapshot();
  const what = 'Up, down and up again leave another schema than one up';
  return expectSame(trial, 'up-repeats', up, what, { found, expected, label }) ? found : null;
}

async function proveIrreversible(
  trial: Trial,
  current: CheckedMigration,
  expected: FingerprintedSnapshot,
): Promise<FingerprintedSnapshot | null> {
  const { label, irreversible } = current.migration;
  trial.log.note('not-reversible', current.up, `There is no way back that could be tried: ${irreversible}.`);
  const isInPlace = await runAgain(trial, current.up, { expected, label });
  return isInPlace ? expected : rebuild(trial, current);
}

function isLess(before: number, after: number): boolean {
  return after < before;
}

function tellEmpty(log: Log, last: CheckedMigration | undefined, empties: ReadonlyMap<string, string>): void {
  if (last === undefined) return;
  for (const [table, reason] of empties)
    log.note(
      'table-stayed-empty',
      last.up,
      `Nothing is proved over rows of ${table}, which stayed empty: ${reason}`,
    );
}
