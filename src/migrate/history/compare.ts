import { byVersion, extractLabel } from '../files/file-name.js';
import type { Migration } from '../files/read-folder.js';
import type { HistoryRow } from './table.js';

/**
 * The state of a migration, from its files and its history row:
 *
 * - `applied`: both exist and agree;
 * - `pending`: only the files exist, and they are newer than every applied migration;
 * - `late`: only the files exist, and they are older than the newest applied migration, as after a late merge;
 * - `changed`: the files differ from what was applied;
 * - `missing`: applied, and this release has no file for it;
 * - `unfinished`: a no-transaction file that stopped part-way.
 */
export type MigrationState = 'applied' | 'pending' | 'late' | 'changed' | 'missing' | 'unfinished';

/** A version that is in the folder, in the history, or in both. */
export interface Entry {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  readonly state: MigrationState;
  readonly migration: Migration | null;
  readonly row: HistoryRow | null;
}

/**
 * Compares a folder with a history.
 *
 * @param migrations the folder
 * @param rows the history, in the order of application
 * @returns every version of either, smallest first
 */
export function compare(migrations: readonly Migration[], rows: readonly HistoryRow[]): readonly Entry[] {
  const files = new Map(migrations.map((migration) => [migration.version, migration]));
  const applied = new Map(rows.map((row) => [row.version, row]));
  const newest = [...applied.keys()].reduce((a, b) => (b > a ? b : a), -1n);
  return [...new Set([...files.keys(), ...applied.keys()])]
    .map((version) => {
      const migration = files.get(version) ?? null;
      const row = applied.get(version) ?? null;
      const name = migration?.name ?? row?.name ?? '';
      const state = stateOf(migration, row, newest);
      return { version, label: extractLabel(name), name, migration, row, state };
    })
    .sort(byVersion);
}

function stateOf(migration: Migration | null, row: HistoryRow | null, newest: bigint): MigrationState {
  if (row === null) return migration !== null && migration.version < newest ? 'late' : 'pending';
  if (row.unfinished !== null) return 'unfinished';
  if (migration === null) return 'missing';
  return isAsApplied(migration, row) ? 'applied' : 'changed';
}

/** Checks whether the files are those that the history has recorded. */
export function isAsApplied({ up, down }: Migration, row: HistoryRow): boolean {
  return row.checksumUp === up.source.checksum && row.checksumDown === (down?.source.checksum ?? null);
}
