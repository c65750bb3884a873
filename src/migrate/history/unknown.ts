import { SNAPSHOT_FORMAT } from '../../catalog/snapshot.js';
import { call, type RemedyPart, remedy } from '../../text/remedy.js';
import type { RecordedSnapshot } from './snapshot.js';

/**
 * Why the catalog cannot be compared with what the last run left:
 *
 * - `not_applied`: nothing is applied;
 * - `no_snapshot`: the last run recorded no snapshot, for example because a lock kept it from reading the catalog;
 * - `damaged_snapshot`: the text of the snapshot does not have its fingerprint;
 * - `other_format`: another release recorded the snapshot, in another format;
 * - `other_server`: the snapshot was recorded on another major version of PostgreSQL;
 * - `catalog_unreadable`: the catalog could not be read, because of a lock, a timeout or another error.
 */
export type UnknownCause =
  | 'not_applied'
  | 'no_snapshot'
  | 'damaged_snapshot'
  | 'other_format'
  | 'other_server'
  | 'catalog_unreadable';

/** Why drift is unknown, for a program, in words, and with a remedy. */
export interface Unknown {
  readonly cause: UnknownCause;
  readonly reason: string;
  readonly remedy: readonly RemedyPart[];
}

/**
 * Explains why a live catalog cannot be compared with the recorded snapshot.
 *
 * @param recorded null if nothing is applied
 * @param major the major version of the server now
 * @returns null if it can
 */
export function explainUnknown(recorded: RecordedSnapshot | null, major: number): Unknown | null {
  if (recorded === null) return unknown('not_applied', 'nothing is applied');
  const { name, fingerprint, format, damaged } = recorded;
  if (fingerprint === null) return unknown('no_snapshot', `no snapshot was recorded with ${name}`);
  if (damaged) return unknown('damaged_snapshot', `the snapshot that ${name} recorded is damaged`);
  if (format !== SNAPSHOT_FORMAT) {
    return unknown('other_format', 'the recorded snapshot was recorded by another release');
  }
  if (recorded.major === major) return null;
  const reason = `the snapshot was recorded on PostgreSQL ${recorded.major}, and this is ${major}`;
  return unknown('other_server', reason);
}

/**
 * The explanation for a catalog that could not be read.
 *
 * @param reason why, in words
 */
export function unreadable(reason: string): Unknown {
  return unknown('catalog_unreadable', reason);
}

function unknown(cause: UnknownCause, reason: string): Unknown {
  return { cause, reason, remedy: REMEDIES[cause] };
}

const ACCEPT = call('accept', { reason: '<why>' });
const RECORD_AGAIN = remedy`To compare the catalog with what the migrations make, run ${call('verify')}. If it is right, record its snapshot with ${ACCEPT}.`;

/** The remedy after the catalog was compared with what the migrations make. */
export const RECORD_COMPARED = remedy`Undo by hand what differs and is wrong. Then record the snapshot of the catalog with ${ACCEPT}.`;

/** The remedy if the migrations could not be run for a comparison. */
export const RECORD_UNCOMPARED = remedy`To compare the catalog, run ${call('verify')} with the files that were applied, as a role that may create a database. If the catalog is right, record its snapshot with ${ACCEPT}.`;

const REMEDIES: Readonly<Record<UnknownCause, readonly RemedyPart[]>> = {
  not_applied: remedy`Apply the migrations with ${call('up')}.`,
  no_snapshot: RECORD_AGAIN,
  damaged_snapshot: RECORD_AGAIN,
  other_format: RECORD_AGAIN,
  other_server: RECORD_AGAIN,
  catalog_unreadable: remedy`Run ${call('status')} again when no session changes or locks the schema.`,
};
