import { encodeName } from '../../text/encode.js';
import { call, option, remedy } from '../../text/remedy.js';
import type { Migration } from '../files/read-folder.js';
import type { Entry } from './compare.js';
import { FileChangedError, HistoryError } from './errors.js';
import { refuseOtherFolder } from './other-folder.js';
import type { HistoryRow } from './table.js';

/** Which pending migrations an `up` applies. */
export interface UpRange {
  /** Applies nothing newer than this version. */
  readonly to?: bigint | undefined;
  /** Also applies late migrations. */
  readonly allowOutOfOrder?: boolean | undefined;
}

/**
 * The migrations that an `up` applies, in the order of versions.
 *
 * @throws HistoryError if files and history contradict each other
 */
export function planUp(entries: readonly Entry[], range: UpRange): readonly Migration[] {
  refuseOtherFolder(entries);
  // The folder of another database also lacks files of this one.
  for (const entry of entries) if (entry.state === 'changed') refuseOtherName(entry);
  refuseMissing(entries);
  refuseChanged(entries);
  refuseHalfRolledBack(entries);
  const due = entries.filter(({ version }) => range.to === undefined || version <= range.to);
  if (range.allowOutOfOrder !== true) refuseLate(entries, due);
  return due.flatMap(({ migration, state }) =>
    migration !== null && ['pending', 'late', 'unfinished'].includes(state) ? [migration] : [],
  );
}

function refuseMissing(entries: readonly Entry[]): void {
  const missing = entries.find(
    ({ state, migration }) => state === 'missing' || (state === 'unfinished' && !migration),
  );
  if (missing === undefined) return;
  throw new HistoryError(
    'file_missing',
    `The database has ${encodeName(missing.name)}, and this release has no file for it.`,
    {
      remedy: remedy`The database is newer than this release, the file was removed, or the folder is that of another database. Deploy the release that has the file, restore the file, name the right folder with ${option('directory')}, or roll the migration back with ${call('down')}, which needs no file.`,
    },
  );
}

function refuseChanged(entries: readonly Entry[]): void {
  const changed = entries.find(({ state }) => state === 'changed');
  if (changed === undefined) return;
  const applied = entries.filter(({ row }) => row !== null);
  const index = applied.indexOf(changed);
  throw new FileChangedError(
    `${changedFile(changed)} is not what was applied to this database${describeTime(changed.row?.appliedAt)}.`,
    {
      isNewest: index === applied.length - 1,
      previous: applied[index - 1]?.label ?? null,
      remedy: remedy`Restore the old text and put the change into a new migration. If the database is right as it is, accept the new text with ${call('repair', { version: changed.label, reason: '<why>' })}.`,
    },
  );
}

function describeTime(time: Date | null | undefined): string {
  return time == null ? '' : ` on ${time.toISOString()}`;
}

/** @throws HistoryError if a version is recorded under another name, so that its file is another migration */
export function refuseOtherName({ label, name, row }: Entry): void {
  if (row === null || row.name === name) return;
  throw new HistoryError(
    'another_migration',
    `The database has ${encodeName(row.name)} as ${label}, and the folder has ${name}, which is another migration.`,
    {
      remedy: remedy`Name the folder that this database is migrated from with ${option('directory')}. If the file was renamed, restore its old name.`,
    },
  );
}

function changedFile({ row, migration, name }: Entry): string {
  return row?.checksumUp === migration?.up.source.checksum ? `${name}.down.sql` : `${name}.up.sql`;
}

function refuseHalfRolledBack(entries: readonly Entry[]): void {
  const half = entries.find(({ row }) => row?.unfinished === 'down');
  if (half === undefined) return;
  throw new HistoryError('half_rolled_back', `${encodeName(half.name)} is partly rolled back.`, {
    remedy: remedy`Finish the rollback with ${call('down')}.`,
  });
}

function refuseLate(entries: readonly Entry[], due: readonly Entry[]): void {
  const late = due.find(({ state }) => state === 'late');
  if (late === undefined) return;
  const newest = entries.filter(({ row }) => row !== null).at(-1);
  throw new HistoryError(
    'out_of_order',
    `${late.name} is older than ${encodeName(newest?.name ?? '')}, which is already applied; it was merged late.`,
    {
      remedy: remedy`Give ${late.label} the next free version. If the two migrations do not depend on each other, run ${call('up', { allowOutOfOrder: true })} instead.`,
    },
  );
}

/** Which applied migrations a `down` rolls back. */
export interface DownRange {
  /** Rolls back everything newer than this version. */
  readonly to?: bigint | undefined;
  /** Rolls back this many, without `to`. */
  readonly steps: number;
  /** Without `to`, rolls back nothing up to the row with this id. */
  readonly keptId?: bigint | undefined;
}

/**
 * The migrations that a `down` rolls back, the most recently applied first.
 *
 * @param rows the history, in the order of application
 * @throws HistoryError if one of them is irreversible
 */
export function planDown(
  rows: readonly HistoryRow[],
  { to, steps, keptId = 0n }: DownRange,
): readonly HistoryRow[] {
  const newestFirst = rows.toReversed();
  const chosen =
    to === undefined
      ? newestFirst.slice(0, steps).filter(({ id }) => id > keptId)
      : newestFirst.filter(({ version }) => version > to);
  const irreversible = chosen.find((row) => row.irreversible !== null);
  if (irreversible !== undefined) {
    throw new HistoryError(
      'irreversible',
      `${encodeName(irreversible.name)} cannot be rolled back: ${irreversible.irreversible}.`,
      { remedy: 'Write a new migration that makes the change, or restore a backup.' },
    );
  }
  return chosen;
}
