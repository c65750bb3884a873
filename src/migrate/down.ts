import { UsageError } from '../postgres/errors.js';
import { option, remedy } from '../text/remedy.js';
import { type Keeper, newKeeper } from './data-loss/ledger.js';
import type { LostData } from './data-loss/loss.js';
import { type Database, describeServer, type Server, withDatabase } from './database.js';
import type { MigrationResult } from './failure/errors.js';
import { extractLabel, parseVersion } from './files/file-name.js';
import { readOptions } from './files/options.js';
import { type Migration, readMigrations, type Script } from './files/read-folder.js';
import { computeChecksum } from './files/source.js';
import type { DriftReport } from './history/drift.js';
import { planDown } from './history/plan.js';
import { readDownSql } from './history/read.js';
import type { HistoryRow } from './history/table.js';
import type { Planner, RunOptions } from './run/run.js';
import { runOrShow } from './run/run-or-show.js';
import { preparer, type Work } from './script/work.js';

/** Stands before every version, also before one that is 0. */
const EVERYTHING = -1n;

const LOST_FOLDER = 'voicesurvey-lost';

/** Options of {@link down}. */
export interface DownOptions extends Database, RunOptions {
  /** The folder of migrations; what it lacks comes from the history. */
  readonly directory: string;
  /** Rolls back everything newer than this version, written as `V0003` or `3`; `0` rolls back everything, a version 0 too. */
  readonly to?: string | undefined;
  /** Rolls back this many migrations; 1 unless told otherwise. */
  readonly steps?: number | undefined;
  /**
   * The data that may go: tables, columns (`contacts.note`) and labels of enums (`call_outcome.busy`), with their schema
   * unless that is `public`. A table's name covers its columns.
   */
  readonly lose?: readonly string[] | undefined;
  /**
   * Where what goes is written to first, in a folder of its own for each migration; `voicesurvey-lost` in the current
   * folder unless told otherwise.
   */
  readonly lostFolder?: string | undefined;
}

/** Result of {@link down}. */
export interface DownResult extends DriftReport {
  readonly server: Server;
  /** With `dryRun`, the SQL that would be sent; empty where nothing is to do. */
  readonly sql: string | null;
  /** What was rolled back now, in order; empty where nothing was to do. */
  readonly rolledBack: readonly MigrationResult[];
  /** The data that was taken away, with the files that it is in; with `dryRun`, that would be taken away. */
  readonly losses: readonly LostData[];
  /** The newest version that the database still has; null where it has none. */
  readonly current: string | null;
}

/**
 * Rolls migrations back: by default one, the most recently applied one first. Each one commits in one transaction with
 * the deletion of its history row. The last one also records a snapshot of the catalog. It runs the down file that was
 * recorded when the migration was applied.
 *
 * It first rehearses all of it in a transaction that is rolled back, and refuses to delete data that `lose` does not
 * name. It backs up the named data in files, in the transaction that deletes it.
 *
 * @param options the database, the folder, and how far to go
 * @returns the migrations that were rolled back, and the data that was deleted
 * @throws UsageError for an invalid URL, folder, version or number of steps
 * @throws ConnectionError if the server cannot be reached or the database does not exist
 * @throws MigrationFileError for a recorded down file that cannot run, before any SQL runs
 * @throws HistoryError if a migration is irreversible, or if one that stopped part-way was repaired and does not begin
 *   with the statements that are already committed
 * @throws LossRefusedError if data would be deleted that `lose` does not name; nothing is rolled back
 * @throws MigrationFailedError for the first down file that the server refuses; those before it stay rolled back
 * @example
 * ```ts
 * await down({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory, to: 'V0001' });
 * ```
 */
export async function down(options: DownOptions): Promise<DownResult> {
  const { lose = [], lostFolder = LOST_FOLDER, directory } = options;
  return rollBack(options, newKeeper(lose, lostFolder, directory));
}

/**
 * Rolls back whatever that takes away. Only for a database that is thrown away itself.
 *
 * @param options as of {@link down}
 */
export async function downWhateverIsLost(
  options: Omit<DownOptions, 'lose' | 'lostFolder'>,
): Promise<DownResult> {
  return rollBack(options, undefined);
}

async function rollBack(options: DownOptions, keeper: Keeper | undefined): Promise<DownResult> {
  const migrations = new Map(
    (await readMigrations(options.directory)).map((found) => [found.version, found]),
  );
  const prepare = preparer();
  return withDatabase(options, async ({ connection }) => {
    let left: readonly HistoryRow[] = [];
    const plan: Planner = async ({ client }, state, onWork) => {
      const to = targetVersion(options.to, state.rows);
      const chosen = planDown(state.rows, { to, steps: stepsOf(options) });
      left = state.rows.slice(0, state.rows.length - chosen.length);
      if (chosen.length === 0) return [];
      await onWork?.();
      const versions = chosen.map(({ version }) => version);
      const recorded = await readDownSql(client, versions);
      return Promise.all(
        chosen.map((row) => prepareDown(row, migrations.get(row.version), recorded, prepare)),
      );
    };
    const {
      results: rolledBack,
      drift,
      sql,
      losses,
    } = await runOrShow(connection, plan, { ...options, keeper });
    const newest = left.at(-1);
    return {
      server: describeServer(connection),
      sql,
      rolledBack,
      losses,
      current: newest === undefined ? null : extractLabel(newest.name),
      drift,
    };
  });
}

/**
 * The recorded down is the one that fits what was applied, whatever became of the file since; from the file comes only
 * its path, where the two are the same.
 */
async function prepareDown(
  row: HistoryRow,
  migration: Migration | undefined,
  recorded: ReadonlyMap<bigint, string>,
  prepare: ReturnType<typeof preparer>,
): Promise<Work> {
  const text = recorded.get(row.version) ?? '';
  const file = migration?.down?.source;
  const isSame = file?.checksum === row.checksumDown;
  const source = {
    path: isSame && file ? file.path : `${row.name}.down.sql as recorded`,
    text,
    checksum: computeChecksum(text),
  };
  const script: Script = { source, options: readOptions(source) };
  const { version, name } = row;
  return prepare({ version, label: extractLabel(name), name, migration: null }, 'down', script);
}

function targetVersion(text: string | undefined, rows: readonly HistoryRow[]): bigint | undefined {
  if (text === undefined) return undefined;
  const version = text === '0' ? EVERYTHING : parseVersion(text);
  if (
    version === EVERYTHING ||
    version === 0n ||
    (version !== null && rows.some((row) => row.version === version))
  )
    return version;
  const applied = rows.map(({ name }) => extractLabel(name)).join(', ');
  throw new UsageError('unknown_version', `This database has no version ${text}.`, {
    remedy: remedy`It has ${applied === '' ? 'none' : applied}. To roll back everything, use ${option('to', '0')}.`,
  });
}

function stepsOf({ steps, to }: DownOptions): number {
  if (steps !== undefined && to !== undefined) {
    throw new UsageError(
      'steps_and_to',
      'A number of steps and a version to stop at contradict each other.',
      {
        remedy: remedy`Give ${option('steps')} or ${option('to')}, not both.`,
      },
    );
  }
  if (steps !== undefined && !(Number.isSafeInteger(steps) && steps >= 1)) {
    throw new UsageError('bad_steps', 'The number of steps is not a whole number of 1 or more.', {
      remedy: remedy`Give a number of steps, such as ${option('steps', 2)}. To roll back everything, use ${option('to', '0')}.`,
    });
  }
  return steps ?? 1;
}
