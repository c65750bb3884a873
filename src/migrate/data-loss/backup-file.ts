import type { TableDescription } from './describe-table.js';
import type { CountedLoss, MigrationLoss } from './loss.js';

/** A file with the data of a loss. */
export interface BackupFile {
  readonly loss: MigrationLoss<CountedLoss>;
  /** The name of the file, without a folder. */
  readonly file: string;
  /** How many rows the file has. */
  readonly rows: number;
  /** The columns in the file, as SQL needs them. */
  readonly columns: readonly string[];
  readonly table: TableDescription;
}
