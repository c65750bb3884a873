import type { Snapshot } from '../../catalog/snapshot.js';
import type { Migration } from '../../migrate/files/read-folder.js';
import type { Measurements } from '../locks/measurements.js';
import type { ParsedFile } from './commands.js';

/** An up file, the catalog that it was applied to, and what was measured of it: nothing of a file that is not linted. */
export interface LintedFile extends ParsedFile, Measurements {
  readonly before: Snapshot;
  /** Whether it has a down file, and that has no statement. */
  readonly isDownEmpty: boolean;
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
