import type { Migration } from '../../migrate/files/read-folder.js';

/** A fault of a migration that `check` has found, by running the files or by a lint rule. */
export interface CheckFinding {
  /** The name of the rule in kebab case, such as `down-restores`. */
  readonly rule: string;
  /** The label of the version, such as `V0007`. */
  readonly migration: string;
  /** The path of the file, in the folder as the caller named it. */
  readonly file: string;
  /** The line, counting from 1; null for a fault of the whole file. */
  readonly line: number | null;
  /** The column in code points, counting from 1; null for a fault of the whole line or file. */
  readonly column: number | null;
  /** The fault and its effect, in one or more sentences. */
  readonly message: string;
  /** The correction, as an instruction. */
  readonly remedy: string;
}

/** Compares findings by the order of their migrations in the folder, for sorting. */
export function byMigration(
  migrations: readonly Migration[],
): (one: CheckFinding, other: CheckFinding) => number {
  const order = new Map(migrations.map(({ label }, index) => [label, index]));
  return (one, other) => (order.get(one.migration) ?? 0) - (order.get(other.migration) ?? 0);
}
