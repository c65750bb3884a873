import type { CheckedFile } from './checked-file.js';
import { compareCatalogs } from './compare.js';
import type { ValueDigests } from './table-contents.js';
import { type Compared, changedRows, expectSame, fill, type Trial } from './trial.js';

/** The catalog that a file should leave, and what it is called. */
type Expected = Pick<Compared, 'expected' | 'label'>;

/**
 * Runs a file twice in a row as `psql -f` does.
 *
 * @returns whether they leave what one run with the engine leaves, so that the next proof can begin there
 */
export async function runTwice(trial: Trial, file: CheckedFile, expected: Expected): Promise<boolean> {
  const { direction } = file.work;
  const failed = await trial.sandbox.runAsWritten(file);
  if (failed === null) return runAgain(trial, file, expected);
  const rule = `${direction}-runs-by-psql` as const;
  trial.log.fault(rule, file, `Run by psql -f, the ${direction} fails: ${failed.reason}`, failed);
  return false;
}

/**
 * Runs a file once more where it has been run; an up over rows that have come since, and then over the same rows again.
 *
 * @returns whether that leaves what one run leaves, as it does where the second run is refused at once
 */
export async function runAgain(trial: Trial, file: CheckedFile, expected: Expected): Promise<boolean> {
  const { sandbox, log } = trial;
  const { direction } = file.work;
  const rule = `${direction}-runs-twice` as const;
  if (direction === 'up') await fill(trial);
  const counts = await sandbox.countRows(expected.expected);
  const values = await sandbox.digestValues(expected.expected);
  const failed = await sandbox.runAsWritten(file);
  const found = await sandbox.snapshot();
  const changes = changedRows(counts, await sandbox.countRows(found));
  const valuesNow = await sandbox.digestValues(found);
  if (failed !== null) {
    log.fault(rule, file, `The ${direction} cannot be run a second time: ${failed.reason}`, failed);
    const { differences } = compareCatalogs(found, expected.expected, expected.label);
    return differences.length === 0 && changes.length === 0 && changedValues(values, valuesNow).length === 0;
  }
  for (const change of changes)
    log.fault(rule, file, `A second run of the ${direction} adds or deletes rows of ${change}.`);
  const what = `Run twice in a row by psql -f, the ${direction} leaves another schema than run once`;
  if (!expectSame(trial, rule, file, what, { found, ...expected }) || changes.length > 0) return false;
  if (direction === 'down') return expectValues(trial, file, values, valuesNow);
  if ((await sandbox.runAsWritten(file)) !== null) return false;
  return expectValues(trial, file, valuesNow, await sandbox.digestValues(found));
}

function expectValues({ log }: Trial, file: CheckedFile, before: ValueDigests, after: ValueDigests): boolean {
  const { direction } = file.work;
  const changed = changedValues(before, after);
  for (const table of changed)
    log.fault(
      `${direction}-runs-twice`,
      file,
      `A second run of the ${direction} changes values in ${table}.`,
    );
  return changed.length === 0;
}

function changedValues(before: ValueDigests, after: ValueDigests): string[] {
  return [...before].flatMap(([table, digest]) => ((after.get(table) ?? digest) === digest ? [] : [table]));
}
