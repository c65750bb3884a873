import { checkOptions } from '../postgres/errors/check-options.js';
import { addToRemedy, ExplainedError, UsageError } from '../postgres/errors/explained-error.js';
import { interruptedError } from '../postgres/errors/interrupted-error.js';
import { createThrowawayDatabase } from '../postgres/throwaway-database.js';
import { call, remedy } from '../text/remedy.js';
import { LossRefusedError } from './data-loss/errors.js';
import { existingNames } from './data-loss/existing-names.js';
import { withDatabase } from './database.js';
import { adviseAfterPart, type DownOptions, type DownResult, downIfNewest } from './down.js';
import { addRunReport, hasRunReport, type RunReport } from './failure/errors.js';
import { extractLabel } from './files/file-name.js';
import { type Migration, readFolder } from './files/read-folder.js';
import { readSet } from './files/read-set.js';
import { compare } from './history/compare.js';
import { NO_DRIFT } from './history/drift.js';
import { HistoryError } from './history/errors.js';
import { refuseOtherFolder } from './history/other-folder.js';
import { planUp } from './history/plan.js';
import { readState } from './history/server-state.js';
import type { HistoryRow } from './history/table.js';
import type { LostData } from './script/safeguard.js';
import { fileParser, upWork } from './script/work.js';
import { applyEarlierSets, type UpOptions, type UpResult, up, upWithoutBackup } from './up.js';

/** Options of {@link redo}. */
export type RedoOptions = Omit<DownOptions, 'to' | 'steps' | 'dryRun'>;

/** Result of {@link redo}. */
export interface RedoResult extends Omit<UpResult, 'created' | 'sql'> {
  /** The migration that was rolled back and applied again, as its file writes it. */
  readonly redone: string;
  /** The data that was deleted, with the files of its backup. */
  readonly losses: readonly LostData[];
}

/**
 * Rolls back the migration that was applied last, by the down that was recorded, and applies its files as they are now. It
 * is for a developer's own database: elsewhere, the file of an applied migration never changes.
 *
 * Data in tables, columns and labels that the migration itself added is deleted without a name in `lose`, after a backup.
 * To find out what it added, the migrations before it are applied to a throw-away database; only if there is such data.
 *
 * @param options the database, the folder, and the other data that may be deleted
 * @throws UsageError `nothing_to_redo` if nothing is applied
 * @throws MigrationFileError if a file cannot run, before anything is rolled back
 * @throws HistoryError if the folder has no file for the migration, or the file of an older migration was changed;
 *   `history_changed` if another run changed the history meanwhile, and nothing is rolled back
 * @throws LossRefusedError if older data would be deleted that `lose` does not name; nothing is rolled back
 * @throws ExplainedError `interrupted`
 * @throws MigrationFailedError if the server refuses the down file, or the up file; after that, the migration is pending
 * @example
 * ```ts
 * await redo({ url: process.env.DATABASE_URL ?? '', directory: 'migrations' });
 * ```
 */
export async function redo(options: RedoOptions): Promise<RedoResult> {
  checkOptions('redo', options, 'url', 'directory');
  const { migration, row, before } = await findNewest(options);
  const down = await rollBack(options, row, before);
  const {
    created: _created,
    sql: _sql,
    ...result
  } = await applyAgain(options, migration).catch((error: unknown) => {
    throw addRunReport(error, joinReports(down, hasRunReport(error) ? error : { ...NO_DRIFT, notices: [] }));
  });
  const losses = [...down.losses, ...result.losses];
  return { ...result, ...joinReports(down, result), redone: migration.label, losses };
}

/** What the down found is part of the schema before the up. */
function joinReports(down: RunReport, up: RunReport): RunReport {
  return {
    drift: [...down.drift, ...up.drift],
    driftUnknown: down.driftUnknown ?? up.driftUnknown,
    notices: [...down.notices, ...up.notices],
  };
}

/** The up deletes data only if `lose` names all of it. The other names in `lose` are for the down. */
async function applyAgain(
  { url, directory, lose = [], backupFolder, lockWaitMs, onEvent, signal }: RedoOptions,
  { label: to }: Migration,
): Promise<UpResult> {
  const options = { url, directory, to, backupFolder, lockWaitMs, onEvent, signal };
  try {
    return await upAfterDown(options);
  } catch (error) {
    if (!(error instanceof LossRefusedError)) throw error;
    const names = error.losses.map(({ name }) => name);
    if (!names.every((name) => lose.includes(name))) throw refusedAfterDown(error.losses, to);
    return await upAfterDown({ ...options, lose: names });
  }
}

/** An up whose error says what to run now that the migration is rolled back. */
async function upAfterDown(options: UpOptions & { readonly to: string }): Promise<UpResult> {
  try {
    return await up(options);
  } catch (error) {
    if (!(error instanceof ExplainedError) || error instanceof LossRefusedError) throw error;
    throw addToRemedy(
      error,
      remedy`${options.to} is rolled back, so run ${call('up')} then: another ${call('redo')} would take the migration before it.`,
    );
  }
}

/** The migration is pending now, so that another `redo` would roll back the one before it. */
function refusedAfterDown(losses: readonly LostData[], label: string): LossRefusedError {
  const lose = [...new Set(losses.map(({ name }) => name))];
  const advice = remedy`run ${call('up', { lose })}`;
  return new LossRefusedError(losses, [], 'up', `${label} is rolled back.`, advice);
}

/** Finds the migration, and checks that its files can run, before anything is rolled back. */
async function findNewest(options: RedoOptions): Promise<{
  readonly migration: Migration;
  readonly row: HistoryRow;
  readonly before: readonly HistoryRow[];
}> {
  const { set, migrations } = await readFolder(options.directory);
  const { rows } = await withDatabase(options, ({ connection }) => readState(connection, set));
  const newest = rows.at(-1);
  if (newest === undefined) {
    throw new UsageError('nothing_to_redo', 'This database has no migration.', {
      remedy: remedy`Run ${call('up')}.`,
    });
  }
  refuseOtherFolder(compare(migrations, rows));
  const migration = migrations.find(({ version }) => version === newest.version);
  if (migration === undefined) {
    throw new HistoryError(
      'file_missing',
      `The database has ${newest.name}, and the folder has no file for it.`,
      { remedy: remedy`Restore the file, or roll the migration back with ${call('down')}.` },
    );
  }
  const entries = compare(migrations, rows).map((entry) =>
    entry.migration === migration ? { ...entry, state: 'applied' as const } : entry,
  );
  const due = planUp(entries, { to: migration.version, allowOutOfOrder: true });
  const parse = fileParser(set);
  await Promise.all([...due, migration].map((one) => upWork(one, parse)));
  return { migration, row: newest, before: rows.slice(0, -1) };
}

async function rollBack(
  options: RedoOptions,
  { id, name }: HistoryRow,
  before: readonly HistoryRow[],
): Promise<DownResult> {
  try {
    return await downIfNewest({ ...options, steps: 1 }, id);
  } catch (error) {
    if (!(error instanceof LossRefusedError)) {
      const label = extractLabel(name);
      throw adviseAfterPart(error, remedy`If ${label} is rolled back then, run ${call('up')} instead.`);
    }
    const names = error.losses.map(({ name }) => name);
    const older = await namesBefore(options, before, names).catch(() => names);
    if (options.signal?.aborted) throw interruptedError('before anything was rolled back');
    if (older.length > 0) throw error;
    return downIfNewest({ ...options, steps: 1, lose: [...(options.lose ?? []), ...names] }, id);
  }
}

/** Which of some names the database had before the migration, found out in a throw-away database. */
async function namesBefore(
  { url, directory, signal }: RedoOptions,
  before: readonly HistoryRow[],
  names: readonly string[],
): Promise<readonly string[]> {
  const newest = before.reduce<HistoryRow | null>(
    (most, row) => (most === null || row.version > most.version ? row : most),
    null,
  );
  if (newest === null) return [];
  const database = await createThrowawayDatabase(url, signal);
  try {
    const { after } = await readSet(directory);
    await applyEarlierSets(database.url, after, signal);
    await upWithoutBackup({ url: database.url, directory, to: extractLabel(newest.name), signal });
    return await withDatabase({ url: database.url, signal }, ({ connection }) =>
      existingNames(connection.client, names),
    );
  } finally {
    await database.drop();
  }
}
