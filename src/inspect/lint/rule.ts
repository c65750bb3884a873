import type { Snapshot } from '../../catalog/snapshot.js';
import type { Migration } from '../../migrate/files/read-folder.js';
import type { MeasuredLock } from '../locks/measure.js';
import type { ParsedFile } from './commands.js';

/** An up file, and the catalog that it was applied to. */
export interface LintedFile extends ParsedFile {
  readonly before: Snapshot;
  /** Whether it has a down file, and that has no statement. */
  readonly isDownEmpty: boolean;
  /** The locks that its statements take on tables that exist before it; empty for a file that is not linted. */
  readonly locks: readonly MeasuredLock[];
}

/** A folder of migrations, all of which were applied. */
export interface LintedFolder {
  readonly files: readonly LintedFile[];
  /** The catalog after the last one. */
  readonly catalog: Snapshot;
}

/** A violation of a lint rule. */
export interface Violation {
  readonly migration: Migration;
  /** In the up file, in UTF-16 code units. */
  readonly offset: number;
  readonly message: string;
  readonly remedy: string;
}

/** A rule for the migrations of a folder. A file can allow exceptions from it by its name. */
export interface LintRule {
  readonly name: string;
  readonly find: (folder: LintedFolder) => readonly Violation[];
}
