import type { Migration } from '../migrate/files/read-folder.js';

/** A fault of a migration, found by one of the proofs or lints of `check`. */
export interface CheckFinding {
  /** Name of the proof or lint, in kebab case, such as `down-restores`. */
  readonly rule: string;
  /** Label of the version, such as `V0007`. */
  readonly migration: string;
  /** Path of the file, as the folder was named. */
  readonly file: string;
  /** Counted from 1; null when the fault is the whole file's. */
  readonly line: number | null;
  /** Counted from 1 in code points; null when the fault is the whole line's or file's. */
  readonly column: number | null;
  /** What is wrong and why it matters, in one or more sentences. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Orders findings as their migrations stand in the folder. */
export function byMigration(
  migrations: readonly Migration[],
): (one: CheckFinding, other: CheckFinding) => number {
  const order = new Map(migrations.map(({ label }, index) => [label, index]));
  return (one, other) => (order.get(one.migration) ?? 0) - (order.get(other.migration) ?? 0);
}
