import { type Difference, differencesSince } from '../catalog/difference.js';
import { snapshotSource as snapshot } from '../catalog/snapshot-source.js';
import { type DownOptions, type DownResult, down as engineDown } from '../migrate/down.js';
import type { Listener } from '../migrate/run/events.js';
import { status as engineStatus, type StatusOptions, type StatusResult } from '../migrate/status.js';
import { up as engineUp, type UpOptions, type UpResult } from '../migrate/up.js';

/** What a run found before it began. */
export interface DriftReport {
  /** What somebody had changed by other means since the run before; from this run on it counts as it is. */
  readonly drift: readonly Difference[];
}

/**
 * Applies the migrations of a folder that a database does not have yet, each in a transaction of its own together with
 * its history row, and describes in the history the catalog that it leaves. With nothing to do it takes no lock and
 * waits for nobody. Any number of them may run at once.
 *
 * @param options the database, the folder, and how far to go
 * @returns what was applied
 * @throws UsageError for a URL, folder or version that cannot be meant
 * @throws ConnectionError where the server cannot be reached or the database is not there
 * @throws MigrationFileError for a file that cannot run, before any SQL runs
 * @throws HistoryError where files and history contradict each other
 * @throws MigrationFailedError for the first migration that the server refuses; those before it stand
 * @example
 * ```ts
 * const { applied } = await up({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * console.log(applied.map(({ version }) => version));
 * ```
 */
export async function up(options: UpOptions): Promise<UpResult & DriftReport> {
  return noting(options.onEvent, (onEvent) => engineUp({ snapshot, ...options, onEvent }));
}

/**
 * Rolls migrations back, one unless told otherwise, the one that was applied last first, each in a transaction of its
 * own together with its history row, and describes in the history the catalog that it leaves. The down file is the
 * one that was recorded when the migration was applied.
 *
 * All of it is rehearsed first, in a transaction that is rolled back, and refused where it would take data away that
 * is not named. What is named is written to files, in the transaction that takes it away.
 *
 * @param options the database, the folder, and how far to go
 * @returns what was rolled back
 * @throws UsageError for a URL, a folder, a version or a number of steps that cannot be meant
 * @throws ConnectionError where the server cannot be reached or the database is not there
 * @throws MigrationFileError for a recorded down that cannot run, before any SQL runs
 * @throws HistoryError where one of them is irreversible, or one that stopped half-way was repaired and does not begin
 *   with what is done
 * @throws LossRefusedError where data would go that is not named; nothing is rolled back
 * @throws MigrationFailedError for the first down that the server refuses; those before it stand
 * @example
 * ```ts
 * await down({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory, to: 'V0001' });
 * ```
 */
export async function down(options: DownOptions): Promise<DownResult & DriftReport> {
  return noting(options.onEvent, (onEvent) => engineDown({ snapshot, ...options, onEvent }));
}

async function noting<Result>(
  listener: Listener | undefined,
  run: (onEvent: Listener) => Promise<Result>,
): Promise<Result & DriftReport> {
  const drift: Difference[] = [];
  const result = await run((event) => {
    if (event.kind === 'drifted') drift.push(...differencesSince(event));
    listener?.(event);
  });
  return { ...result, drift };
}

/**
 * Looks at how a database stands, and whether somebody has changed its catalog by other means since the last run,
 * without changing or locking anything.
 *
 * @param options the database and the folder
 * @example
 * ```ts
 * const { upToDate, drift } = await status({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * ```
 */
export async function status(options: StatusOptions): Promise<StatusResult> {
  return engineStatus({ snapshot, ...options });
}
