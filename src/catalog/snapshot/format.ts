import { createHash } from 'node:crypto';

/** The value of a fact: a text as PostgreSQL writes it, a flag, a number, or a list. */
export type Fact = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;

/** The facts about an object. Facts with the usual value are left out. */
export type Facts = Readonly<Record<string, Fact>>;

/** The part of a catalog that a user of the database can observe. */
export interface Snapshot {
  readonly format: number;
  /** The schemas that were read. */
  readonly schemas: readonly string[];
  /** What was accepted; later snapshots of the same database have it as well. */
  readonly accepted?: readonly AcceptedDifference[];
  /**
   * By kind and full name, such as `table public.contacts`. Each object has the facts about `itself` and about its
   * members, such as `column email`.
   */
  readonly objects: Readonly<Record<string, Readonly<Record<string, Facts>>>>;
}

/** A difference from the migrations that a user has accepted, with the reason. */
export interface AcceptedDifference {
  /**
   * The object, in words, as a comparison names it: `index by_hand on contacts`. For `partitions public.calls_*`, no partition
   * with such a name is described; `*` stands for any characters.
   */
  readonly object: string;
  readonly reason: string;
}

/** A snapshot with its text and fingerprint. */
export interface FingerprintedSnapshot {
  readonly snapshot: Snapshot;
  readonly text: string;
  /** SHA-256 of the text, in lower-case hex. */
  readonly fingerprint: string;
}

/** The version of the snapshot's format. Snapshots of different formats cannot be compared. */
export const SNAPSHOT_FORMAT = 3;

/** Parses the text of a snapshot and computes its fingerprint. */
export function parseSnapshot(text: string): FingerprintedSnapshot {
  return { snapshot: JSON.parse(text), text, fingerprint: createHash('sha256').update(text).digest('hex') };
}
