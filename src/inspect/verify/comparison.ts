import { acceptedAsRecorded } from '../../catalog/accepted.js';
import { compareSnapshots } from '../../catalog/difference.js';
import type { FingerprintedSnapshot, Snapshot } from '../../catalog/snapshot.js';
import { type Drift, knownDrift, unknownDrift } from '../../migrate/history/drift.js';
import type { RecordedSnapshot } from '../../migrate/history/snapshot.js';
import { RECORD_COMPARED, RECORD_UNCOMPARED, type Unknown } from '../../migrate/history/unknown.js';
import type { Connection } from '../../postgres/connect.js';
import { plural } from '../../text/plural.js';
import {
  type AppliedReference,
  type AppliedReferenceOptions,
  createAppliedReference,
} from '../baseline/applied-reference.js';
import { finding, type VerifyFinding } from './finding.js';

/** What a catalog was compared with, and the findings of that. */
export interface Comparison {
  /** The recorded snapshot, what the migrations make in a throw-away database, or, if neither was possible, nothing. */
  readonly with: 'snapshot' | 'migrations' | 'nothing';
  readonly drift: Drift;
  readonly findings: readonly VerifyFinding[];
}

/** Compares a catalog with the recorded snapshot. */
export function compareWithSnapshot(
  live: Pick<FingerprintedSnapshot, 'snapshot' | 'fingerprint'>,
  snapshotBefore: Snapshot | null,
  recorded: RecordedSnapshot | null,
): Comparison {
  const since = recorded?.name ?? null;
  if (snapshotBefore === null || live.fingerprint === recorded?.fingerprint) {
    return { with: 'snapshot', drift: knownDrift('none', since), findings: [] };
  }
  // Two texts may differ although the catalogs mean the same, as after a dump and a restore.
  const findings = findingsOfDrift(live.snapshot, snapshotBefore, since ?? '');
  return { with: 'snapshot', drift: knownDrift(findings.length === 0 ? 'none' : 'drifted', since), findings };
}

/**
 * Compares a catalog with what the migrations make, because the recorded snapshot cannot be compared.
 *
 * @param intact the newest snapshot that is intact, for what was accepted
 */
export async function compareUnknown(
  connection: Connection,
  options: AppliedReferenceOptions,
  live: Snapshot,
  intact: Snapshot | null,
  recorded: RecordedSnapshot | null,
  unknown: Unknown,
): Promise<Comparison> {
  const drift = unknownDrift(recorded?.name ?? null, unknown);
  if (recorded === null) return { with: 'nothing', drift, findings: [] };
  const made = await createAppliedReference(connection, options);
  const advice = 'missing' in made ? RECORD_UNCOMPARED : RECORD_COMPARED;
  return { ...compareWithReference(live, intact, unknown.reason, made), drift: { ...drift, remedy: advice } };
}

/** The unknown state is a finding, whatever the comparison with the reference finds. */
function compareWithReference(
  live: Snapshot,
  intact: Snapshot | null,
  reason: string,
  made: AppliedReference,
): Omit<Comparison, 'drift'> {
  const unknown = (how: string): VerifyFinding =>
    finding('unknown', 'the catalog', `not comparable: ${reason}; ${how}`);
  if ('missing' in made) {
    const how = `the migrations could not be run for a comparison either: ${made.missing}`;
    return { with: 'nothing', findings: [unknown(how)] };
  }
  const drift = withoutAccepted(findingsOfDrift(live, made.reference.snapshot, made.label), live, intact);
  const count = drift.length === 0 ? 'no difference' : plural(drift.length, 'difference');
  const how = `compared with what the migrations make in a throw-away database: ${count}`;
  return { with: 'migrations', findings: [unknown(how), ...drift] };
}

/**
 * Adds the differences from what the files make now to a comparison. An object that differs in both is listed once. An
 * accepted object that is as it was accepted is not listed.
 */
export async function addReplay(
  connection: Connection,
  options: AppliedReferenceOptions,
  live: Snapshot,
  intact: Snapshot | null,
  comparison: Comparison,
): Promise<Comparison> {
  if (comparison.with !== 'snapshot') return comparison;
  const made = await createAppliedReference(connection, { ...options, allowsChanged: true });
  if ('missing' in made) {
    const how = `not compared with what the files make: ${made.missing}`;
    return { ...comparison, findings: [...comparison.findings, finding('unknown', 'the catalog', how)] };
  }
  const listed = new Set(comparison.findings.map(({ object }) => object));
  const replayed = withoutAccepted(findingsOfDrift(live, made.reference.snapshot, made.label), live, intact);
  const more = replayed.filter(({ object }) => !listed.has(object));
  return { ...comparison, with: 'migrations', findings: [...comparison.findings, ...more] };
}

function withoutAccepted(
  findings: readonly VerifyFinding[],
  live: Snapshot,
  recorded: Snapshot | null,
): VerifyFinding[] {
  const accepted = acceptedAsRecorded(live, recorded);
  return findings.filter(({ object }) => !accepted.has(object));
}

function findingsOfDrift(live: Snapshot, recorded: Snapshot, label: string): VerifyFinding[] {
  return compareSnapshots(live, recorded, label).map(({ object, difference }) =>
    finding('drift', object, difference),
  );
}
