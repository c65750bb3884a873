import type pg from '../postgres/driver/pg.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { type Database, describeServer, type Server, withDatabase } from './database.js';
import { type Folder, findVersion, type Migration, readFolder } from './files/read-folder.js';
import { compare, type Entry } from './history/compare.js';
import type { DriftReport } from './history/drift.js';
import { planUp } from './history/plan.js';
import { isEmptyDatabase } from './history/read.js';
import { withReport } from './run/notices.js';
import type { RunOptions } from './run/options.js';
import type { Planner } from './run/plan.js';
import { run } from './run/run.js';
import type { Notice } from './script/notice.js';
import type { MigrationResult } from './script/outcome.js';
import { deferSafeguard, type LostData, NO_SAFEGUARD, type Safeguard } from './script/safeguard.js';
import type { Parse, Work } from './script/work.js';

/** Options of {@link up}. */
export interface UpOptions extends Database, RunOptions {
  /** The folder of migrations. */
  readonly directory: string;
  /** Applies nothing newer than this version, written as `V0003` or `3`. */
  readonly to?: string | undefined;
  /** Also applies migrations that are older than the newest applied one. */
  readonly allowOutOfOrder?: boolean | undefined;
  /** Creates the database if the server does not have it. */
  readonly create?: boolean | undefined;
  /**
   * The data that may be deleted, as in {@link DownOptions}. A file may also allow it by a comment
   * `-- check: allow deletes-data <reason>` above each statement that deletes data.
   */
  readonly lose?: readonly string[] | undefined;
  /**
   * The folder of the backups, in which each migration has a folder; by default `voicesurvey-backup` in the current folder.
   */
  readonly backupFolder?: string | undefined;
}

/** Result of {@link up}. */
export interface UpResult extends DriftReport {
  readonly server: Server;
  /** The name of the set of the migrations; null for the default set. */
  readonly set: string | null;
  /** Whether this call created the database. */
  readonly created: boolean;
  /** With `dryRun`, the statements that would be sent, empty if nothing is pending; null without. */
  readonly sql: string | null;
  /** The migrations that this call applied, in order. */
  readonly applied: readonly MigrationResult[];
  /** The data that was deleted, with the files of its backup; with `dryRun`, the data that would be deleted. */
  readonly losses: readonly LostData[];
  /** The newest version that the database has now, as its file writes it; null if it has none. */
  readonly current: string | null;
  /** Why no snapshot of the catalog was recorded, so that drift is unknown now; null if one was, or if nothing was done. */
  readonly snapshotMissing: string | null;
  /** The warnings and raised messages of the run, at most 1000. */
  readonly notices: readonly Notice[];
}

/**
 * Applies the pending migrations of a folder. Each one commits in one transaction with its history row. The last one
 * also records a snapshot of the catalog. If nothing is pending, it takes no lock and does not wait for another run. Any
 * number of processes may call it concurrently.
 *
 * A file whose statements may delete data is checked: `up` refuses to delete data that neither `lose` nor the file allows,
 * and backs up what it deletes.
 *
 * @param options the database, the folder, and how far to go
 * @returns the migrations that were applied
 * @throws UsageError for an invalid URL, folder or version
 * @throws ConnectionError if the server cannot be reached or the database does not exist
 * @throws MigrationFileError for a file that cannot run or has no statement, before any SQL runs
 * @throws HistoryError if the files and the history contradict each other
 * @throws LossRefusedError if data would be deleted that neither `lose` nor the file allows
 * @throws MigrationFailedError for the first migration that the server refuses; those before it stay applied
 * @example
 * ```ts
 * const { applied } = await up({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * console.log(applied.map(({ version }) => version));
 * ```
 */
export async function up(options: UpOptions): Promise<UpResult> {
  checkOptions('up', options, 'url', 'directory');
  return withReport(options.onEvent, (onEvent) => apply({ ...options, onEvent }, []));
}

/**
 * Applies migrations and deletes data without asking, without a backup. Only for a database that is thrown away itself.
 *
 * @param options as of {@link up}
 */
export function upWithoutBackup(options: Omit<UpOptions, 'lose' | 'backupFolder'>): Promise<UpResult> {
  return withReport(options.onEvent, (onEvent) => apply({ ...options, onEvent }, null));
}

/**
 * Applies the sets to which another one refers, in a database that is thrown away itself.
 *
 * @param directories their folders, in order
 */
export async function applyEarlierSets(
  url: string,
  directories: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const directory of directories) await upWithoutBackup({ url, directory, signal });
}

/** @param losses receives the data that was deleted; null if data is deleted without asking */
async function apply(options: UpOptions, losses: LostData[] | null): Promise<Omit<UpResult, 'notices'>> {
  const folder = await readFolder(options.directory);
  const { set, migrations } = folder;
  const to = options.to === undefined ? undefined : findVersion(migrations, options.to);
  let parse: Parse | undefined;
  let safeguard: Safeguard = NO_SAFEGUARD;
  const create = options.create === true && options.dryRun !== true;
  return withDatabase(
    { url: options.url, create, signal: options.signal },
    async ({ connection, created }) => {
      let entries: readonly Entry[] = [];
      const planner: Planner = async (planning, state, onPending) => {
        if (!state.hasRelations) {
          const { refuseWithoutObjects } = await import('./history/without-objects.js');
          await refuseWithoutObjects(planning, set, state);
        }
        if (set.name !== null && state.rows.length === 0) {
          const { refuseTakenName } = await import('./history/refuse-taken-name.js');
          await refuseTakenName(planning.client, set);
        }
        entries = compare(migrations, state.rows);
        const due = planUp(entries, { to, allowOutOfOrder: options.allowOutOfOrder });
        if (due.length === 0) {
          await refuseTypos(planning.client, options.lose, migrations);
          return [];
        }
        await onPending?.();
        const { fileParser, upWork } = await import('./script/work.js');
        const remembering = parse ?? fileParser(set);
        parse = remembering;
        const works = await Promise.all(due.map((migration) => upWork(migration, remembering)));
        const empty = losses === null ? undefined : works.find(({ statements }) => statements.length === 0);
        if (empty !== undefined) await refuseEmpty(empty);
        if (losses !== null && safeguard === NO_SAFEGUARD) {
          const isEmpty = async (): Promise<boolean> => {
            if (!(await isEmptyDatabase(planning.client, set))) return false;
            await refuseTypos(planning.client, options.lose, migrations);
            return true;
          };
          safeguard = (await makeSafeguard(options, folder, works, losses, isEmpty)) ?? NO_SAFEGUARD;
        }
        return works;
      };
      const { results: applied, ...rest } = await run(
        connection,
        planner,
        folder,
        deferSafeguard(() => safeguard),
        options,
      );
      const has = new Set(applied.map(({ version }) => version));
      const current =
        entries.filter(({ row, label }) => row !== null || has.has(label)).at(-1)?.label ?? null;
      const server = describeServer(connection);
      return { server, set: set.name, created, applied, losses: losses ?? [], current, ...rest };
    },
  );
}

/** @throws UsageError `nothing_to_lose` for a name that neither the database nor a migration has */
async function refuseTypos(
  client: pg.Client,
  names: readonly string[] | undefined,
  migrations: readonly Migration[],
): Promise<void> {
  if (names === undefined || names.length === 0) return;
  const namedData = await import('./data-loss/named-data.js');
  await namedData.refuseTypos(client, names, migrations);
}

/** @throws MigrationFileError `up_empty`, unless the file allows that it has no statement */
async function refuseEmpty({ script }: Work): Promise<void> {
  const { emptyUpError } = await import('./files/empty-up.js');
  const error = emptyUpError(script);
  if (error !== null) throw error;
}

/**
 * Makes the safeguard of a run; null if no file may delete data, or if the database has none: what the files insert, they may
 * delete. Most runs need none, and do not load its modules.
 */
async function makeSafeguard(
  { lose: agreed = [], directory, backupFolder, onEvent = () => {} }: UpOptions,
  { set }: Folder,
  works: readonly Work[],
  losses: LostData[],
  isEmpty: () => Promise<boolean>,
): Promise<Safeguard | null> {
  const { mayReachData } = await import('../sql/deletions.js');
  if (agreed.length === 0 && !works.some(({ statements }) => statements.some(mayReachData))) return null;
  if (await isEmpty()) return null;
  const [{ newLedger }, { dataLossSafeguard }] = await Promise.all([
    import('./data-loss/ledger.js'),
    import('./data-loss/safeguard.js'),
  ]);
  const ledger = newLedger({ set, agreed, directory, asFarAsPossible: false }, backupFolder);
  return dataLossSafeguard({ ...ledger, losses }, onEvent);
}
