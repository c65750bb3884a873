import {
  addRows,
  type CheckRun,
  describeChangedCounts,
  type ExpectedCatalog,
  expectSameCatalog,
} from './check-run.js';
import type { CheckedFile } from './checked-file.js';
import { compareCatalogs } from './compare.js';
import type { ValueDigests } from './table-contents.js';

type Expected = Pick<ExpectedCatalog, 'expected' | 'label'>;

/**
 * Runs a file twice in a row as `psql -f` does, and checks that both runs leave what one run with the engine leaves.
 *
 * @returns whether they do, so that the next check can begin in this database
 */
export async function checkTwoRuns(run: CheckRun, file: CheckedFile, expected: Expected): Promise<boolean> {
  const { direction } = file.work;
  const failure = await run.database.runAsPsql(file);
  if (failure === null) return checkSecondRun(run, file, expected);
  const rule = `${direction}-runs-by-psql` as const;
  run.log.addFinding(rule, file, `Run by psql -f, the ${direction} fails: ${failure.reason}`, failure);
  return false;
}

/**
 * Runs a file again after a first run. An up runs again over rows that were added after the first run, and a third time
 * over the same rows.
 *
 * @returns whether the database is as one run leaves it; this is also so if the second run is refused immediately
 */
export async function checkSecondRun(run: CheckRun, file: CheckedFile, expected: Expected): Promise<boolean> {
  const { database, log } = run;
  const { direction } = file.work;
  const rule = `${direction}-runs-twice` as const;
  if (direction === 'up') await addRows(run);
  const counts = await database.countRows(expected.expected);
  const values = await database.digestValues(expected.expected);
  const failure = await database.runAsPsql(file);
  const actual = await database.takeSnapshot();
  const changedCounts = describeChangedCounts(counts, await database.countRows(actual));
  const valuesAfter = await database.digestValues(actual);
  if (failure !== null) {
    log.addFinding(rule, file, `The ${direction} fails in a second run: ${failure.reason}`, failure);
    const { differences } = compareCatalogs(actual, expected.expected, expected.label);
    const hasChanged = changedCounts.length > 0 || changedTables(values, valuesAfter).length > 0;
    return differences.length === 0 && !hasChanged;
  }
  for (const change of changedCounts) {
    log.addFinding(rule, file, `A second run of the ${direction} adds or deletes rows of ${change}.`);
  }
  const sentence = `A second run of the ${direction} by psql -f leaves a different schema than one run`;
  if (!expectSameCatalog(run, rule, file, sentence, { actual, ...expected }) || changedCounts.length > 0) {
    return false;
  }
  if (direction === 'down') return expectSameValues(run, file, values, valuesAfter);
  if ((await database.runAsPsql(file)) !== null) return false;
  return expectSameValues(run, file, valuesAfter, await database.digestValues(actual));
}

function expectSameValues(
  { log }: CheckRun,
  file: CheckedFile,
  before: ValueDigests,
  after: ValueDigests,
): boolean {
  const { direction } = file.work;
  const changed = changedTables(before, after);
  for (const table of changed) {
    const message = `A second run of the ${direction} changes values in ${table}.`;
    log.addFinding(`${direction}-runs-twice`, file, message);
  }
  return changed.length === 0;
}

function changedTables(before: ValueDigests, after: ValueDigests): string[] {
  return [...before].flatMap(([table, digest]) => ((after.get(table) ?? digest) === digest ? [] : [table]));
}
