import { listCreatedSchemas } from '../catalog/schemas.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { addToRemedy, ExplainedError, UsageError } from '../postgres/errors/explained-error.js';
import { call, option, type Remedy, remedy } from '../text/remedy.js';
import { newLedger } from './data-loss/ledger.js';
import { refuseTypos } from './data-loss/named-data.js';
import { dataLossSafeguard } from './data-loss/safeguard.js';
import { type Database, describeServer, type Server, withDatabase } from './database.js';
import { MigrationFailedError } from './failure/errors.js';
import { extractLabel, parseVersion } from './files/file-name.js';
import { readOptions } from './files/options.js';
import { type Folder, type Migration, readFolder, type Script } from './files/read-folder.js';
import { computeChecksum } from './files/source.js';
import { changedDownError } from './history/changed-down.js';
import { compare } from './history/compare.js';
import type { DriftReport } from './history/drift.js';
import { emptyDownError } from './history/empty-down.js';
import { movedError } from './history/moved.js';
import { refuseOtherFolder } from './history/other-folder.js';
import { planDown } from './history/plan.js';
import { readDownSql } from './history/read.js';
import { hasComparableSnapshot } from './history/snapshot.js';
import type { HistoryRow } from './history/table.js';
import type { Listener } from './run/events.js';
import { withReport } from './run/notices.js';
import type { RunOptions } from './run/options.js';
import type { Planner } from './run/plan.js';
import { run } from './run/run.js';
import type { Notice } from './script/notice.js';
import type { MigrationResult } from './script/outcome.js';
import { type LostData, NO_SAFEGUARD, type Safeguard } from './script/safeguard.js';
import { downWork, fileParser, type Parse, type Work } from './script/work.js';

/** Smaller than every version, including 0. */
const BEFORE_EVERYTHING = -1n;

/** Options of {@link down}. */
export interface DownOptions extends Database, RunOptions {
  /** The folder of migrations. Files that it lacks come from the history. */
  readonly directory: string;
  /**
   * Rolls back everything newer than this version, written as `V0003` or `3`. `0` rolls back everything, including a
   * version 0.
   */
  readonly to?: string | undefined;
  /** Rolls back this many migrations; 1 by default. */
  readonly steps?: number | undefined;
  /**
   * The data that may be deleted: tables, columns (`contacts.note`) and labels of enums (`call_outcome.busy`), with their
   * schema unless that is `public`. A table's name covers its columns.
   */
  readonly lose?: readonly string[] | undefined;
  /**
   * The folder of the backups, in which each migration has a folder; by default `voicesurvey-backup` in the current folder.
   */
  readonly backupFolder?: string | undefined;
  /**
   * Whether to begin although a later down file fails. The migrations before it are then rolled back. By default, nothing
   * is.
   */
  readonly asFarAsPossible?: boolean | undefined;
}

/** Result of {@link down}. */
export interface DownResult extends DriftReport {
  readonly server: Server;
  /** With `dryRun`, the statements that would be sent, empty if there is nothing to roll back; null without. */
  readonly sql: string | null;
  /** The migrations that this call rolled back, in order. */
  readonly rolledBack: readonly MigrationResult[];
  /** The data that was deleted, with the files of its backup; with `dryRun`, the data that would be deleted. */
  readonly losses: readonly LostData[];
  /**
   * Whether `status` and `verify` compare the catalog with what the newest remaining migration left when it was applied. If
   * not, because that run also applied newer ones, objects that the rollback left are not drift. `verify` with
   * `replay` finds them. Null if nothing was rolled back, or everything was.
   */
  readonly leftoversAreDrift: boolean | null;
  /** The newest version that the database still has; null if it has none. */
  readonly current: string | null;
  /** Why no snapshot of the catalog was recorded, so that drift is unknown now; null if one was, or if nothing was done. */
  readonly snapshotMissing: string | null;
  /** The warnings and raised messages of the run, at most 1000. */
  readonly notices: readonly Notice[];
}

/**
 * Rolls migrations back: by default one, the most recently applied one first. Each one commits in one transaction with
 * the deletion of its history row. The last one also records a snapshot of the catalog. It runs the down file that was
 * recorded when the migration was applied.
 *
 * It first rehearses all of it in a transaction that is rolled back. It refuses to begin if a later down file fails, and
 * refuses to delete data that `lose` does not name. It backs up the named data in files, in the transaction that deletes it.
 *
 * @param options the database, the folder, and how far to go
 * @returns the migrations that were rolled back, and the data that was deleted
 * @throws UsageError for an invalid URL, folder, version or number of steps
 * @throws ConnectionError if the server cannot be reached or the database does not exist
 * @throws MigrationFileError for a recorded down file that cannot run, before any SQL runs
 * @throws HistoryError if the folder does not belong to the database, if a migration is irreversible, if its down has no
 *   statement, or if one that stopped part-way was repaired and does not begin with the statements that are already committed
 * @throws PartWayError if a down file after the first one fails; nothing is rolled back
 * @throws LossRefusedError if data would be deleted that `lose` does not name; nothing is rolled back
 * @throws MigrationFailedError for the first down file that the server refuses; those before it stay rolled back
 * @example
 * ```ts
 * await down({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory, to: 'V0001' });
 * ```
 */
export async function down(options: DownOptions): Promise<DownResult> {
  checkOptions('down', options, 'url', 'directory');
  return downIfNewest(options, null);
}

/**
 * {@link down}, of a migration that was looked up before.
 *
 * @param newest the id of its row in the history; null for whatever row is the newest one
 * @throws HistoryError `history_changed` if another row is the newest one now; nothing is rolled back
 */
export async function downIfNewest(options: DownOptions, newest: bigint | null): Promise<DownResult> {
  const { lose: agreed = [], backupFolder, directory, asFarAsPossible = false } = options;
  const folder = await readFolder(directory);
  const ledger = newLedger({ set: folder.set, agreed, directory, asFarAsPossible }, backupFolder);
  const result = await withReport(options.onEvent, (onEvent) =>
    rollBack({ ...options, onEvent }, folder, dataLossSafeguard(ledger, onEvent), newest),
  );
  return { ...result, losses: ledger.losses };
}

/**
 * Rolls migrations back and deletes data without asking, without a backup. Only for a database that is thrown away itself.
 *
 * @param options as of {@link down}
 */
export async function downWithoutBackup(
  options: Omit<DownOptions, 'lose' | 'backupFolder' | 'asFarAsPossible'>,
): Promise<DownResult> {
  const folder = await readFolder(options.directory);
  const result = await withReport(options.onEvent, (onEvent) =>
    rollBack({ ...options, onEvent }, folder, NO_SAFEGUARD),
  );
  return { ...result, losses: [] };
}

async function rollBack(
  options: DownOptions,
  folder: Folder,
  safeguard: Safeguard,
  expected: bigint | null = null,
): Promise<Omit<DownResult, 'losses' | 'notices'>> {
  const { set, migrations } = folder;
  const files = new Map(migrations.map((migration) => [migration.version, migration]));
  const parse = fileParser(set);
  return withDatabase(options, async ({ connection }) => {
    let left: readonly HistoryRow[] = [];
    let leftoversAreDrift: boolean | null = null;
    /** What the first plan leaves: after a retry, or after another run, a number of steps would count from an older row. */
    let kept: { readonly id: bigint; readonly label: string } | undefined;
    const planner: Planner = async ({ client }, state, onPending) => {
      refuseOtherFolder(compare(migrations, state.rows));
      if (expected !== null && state.rows.at(-1)?.id !== expected) {
        throw movedError('this one waited', 'Nothing was rolled back.');
      }
      const to = targetVersion(options.to, state.rows);
      const chosen = planDown(state.rows, { to, steps: stepsOf(options), keptId: kept?.id });
      left = state.rows.filter((row) => !chosen.includes(row));
      kept ??= keptBy(left);
      if (chosen.length === 0) {
        await refuseTypos(client, options.lose ?? [], migrations);
        return [];
      }
      await onPending?.();
      const remaining = left.at(-1)?.version;
      const [downSql, isComparable] = await Promise.all([
        readDownSql(
          client,
          set,
          chosen.map(({ version }) => version),
        ),
        remaining === undefined ? null : hasComparableSnapshot(client, set, remaining),
      ]);
      leftoversAreDrift = isComparable;
      const target = remaining ?? BEFORE_EVERYTHING;
      const created = await listCreatedSchemas(migrations.filter(({ version }) => version > target));
      const works = await Promise.all(
        chosen.map((row) =>
          recordedWork(row, downSql.get(row.version) ?? '', files.get(row.version), parse, created),
        ),
      );
      if (safeguard !== NO_SAFEGUARD) await refuseEmptyDowns(works, chosen, files, parse);
      return works;
    };
    let hasRolledBack = false;
    const onEvent: Listener = (event) => {
      hasRolledBack ||= event.kind === 'finished';
      options.onEvent?.(event);
    };
    const advised = { ...options, onEvent };
    const { results: rolledBack, ...rest } = await run(connection, planner, folder, safeguard, advised).catch(
      async (error: unknown) => {
        if (options.to !== undefined || kept === undefined || expected !== null) throw error;
        const { explainQueryError } = await import('../postgres/query-errors.js');
        throw adviseAfterPart(
          explainQueryError(error, connection, options.signal),
          remedy`Give ${option('to', kept.label)} then: without it, ${call('down')} counts its steps from the migrations that are left.`,
          hasRolledBack,
        );
      },
    );
    const newest = left.at(-1);
    const current = newest === undefined ? null : extractLabel(newest.name);
    const isDone = rolledBack.length > 0;
    return {
      server: describeServer(connection),
      rolledBack,
      leftoversAreDrift: isDone ? leftoversAreDrift : null,
      current,
      ...rest,
    };
  });
}

/**
 * The id of the newest row that a plan leaves, and the label of the largest version: a rollback to that one takes none of them.
 * The label is `0` if it leaves none.
 */
function keptBy(left: readonly HistoryRow[]): { readonly id: bigint; readonly label: string } {
  const largest = left.reduce<HistoryRow | null>(
    (most, row) => (most === null || row.version > most.version ? row : most),
    null,
  );
  return { id: left.at(-1)?.id ?? 0n, label: largest === null ? '0' : extractLabel(largest.name) };
}

/**
 * Says how to go on after a part of the steps: the same call would take as many steps again.
 *
 * @param advice what to do instead
 * @param hasRolledBack whether a migration was rolled back, for an error that does not say so
 */
export function adviseAfterPart(error: unknown, advice: Remedy, hasRolledBack = false): unknown {
  if (!(error instanceof ExplainedError)) return error;
  const results = error instanceof MigrationFailedError ? error.results : [];
  const mayBeDone =
    hasRolledBack || results.some(({ status }) => status === 'rolled_back' || status === 'unconfirmed');
  return mayBeDone ? addToRemedy(error, advice) : error;
}

/**
 * The down of a history row. The recorded text is the one that fits what was applied, whatever happened to the file since.
 * Only the path comes from the file, if the two are the same.
 */
function recordedWork(
  { version, name, checksumDown }: HistoryRow,
  text: string,
  migration: Migration | undefined,
  parse: Parse,
  createdSchemas: readonly string[],
): Promise<Work> {
  const label = extractLabel(name);
  const checksum = computeChecksum(text);
  if (checksumDown !== null && checksum !== checksumDown) throw changedDownError(label, name);
  const file = migration?.down?.source;
  const path = file?.checksum === checksumDown ? file?.path : undefined;
  const source = { path: path ?? `${name}.down.sql as recorded`, text, checksum };
  const script: Script = { source, options: readOptions(source) };
  return downWork({ version, label, name }, script, parse, createdSchemas);
}

/** @throws HistoryError `down_empty` for a down without a statement, unless the file that was applied has none either */
async function refuseEmptyDowns(
  works: readonly Work[],
  rows: readonly HistoryRow[],
  files: ReadonlyMap<bigint, Migration>,
  parse: Parse,
): Promise<void> {
  for (const [index, { version, label, name, statements }] of works.entries()) {
    const up = files.get(version)?.up;
    const isApplied = up !== undefined && up.source.checksum === rows[index]?.checksumUp;
    if (statements.length > 0 || (isApplied && (await parse(up)).length === 0)) continue;
    throw emptyDownError(label, name, index === 0);
  }
}

function targetVersion(text: string | undefined, rows: readonly HistoryRow[]): bigint | undefined {
  if (text === undefined) return undefined;
  const version = text === '0' ? BEFORE_EVERYTHING : parseVersion(text);
  if (
    version === BEFORE_EVERYTHING ||
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
