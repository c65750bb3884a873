import { acceptedAsRecorded } from '../catalog/accepted.js';
import { compareSnapshots, type Difference } from '../catalog/difference.js';
import { listSchemasOfMigrations } from '../catalog/schemas.js';
import {
  type FingerprintedSnapshot,
  parseSnapshot,
  type Snapshot,
  takeSnapshot,
} from '../catalog/snapshot.js';
import { takeOver } from '../catalog/take-over.js';
import { readSet } from '../migrate/files/read-set.js';
import type { Entry } from '../migrate/history/compare.js';
import { parseIntact, readRecordedSnapshot } from '../migrate/history/snapshot.js';
import { explainUnknown } from '../migrate/history/unknown.js';
import {
  type RepairOptions as RecordOptions,
  type RepairResult as RecordResult,
  type RepairJudgement,
  repair as recordRepair,
} from '../migrate/repair.js';
import type { Connection } from '../postgres/connect.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { plural } from '../text/plural.js';
import { type AppliedReferenceOptions, createAppliedReference } from './baseline/applied-reference.js';
import { readSearchPath } from './baseline/reference.js';

/** The options of {@link repair}. */
export interface RepairOptions extends RecordOptions, Pick<AppliedReferenceOptions, 'otherServerUrl'> {}

/** The result of {@link repair}. */
export interface RepairResult extends RecordResult {
  /** The differences between the database and what the files make now. From now on, they are drift. */
  readonly differences: readonly Difference[];
  /** Why the files could not be run for a comparison, so that drift is unknown now; null if they were. */
  readonly notCompared: string | null;
}

type Comparison = Pick<RepairResult, 'differences' | 'notCompared'>;

/**
 * Accepts the changed files of an applied migration: records their checksums, the new down and the reason in the history. The
 * schema and the data are not changed.
 *
 * It runs the files in a throw-away database, and compares the result with the last snapshot. A difference is
 * drift from now on. If the files cannot be run, the state of the database is unknown.
 *
 * @throws UsageError without a reason, or for a version that the folder or the history does not have
 * @throws HistoryError `nothing_to_repair` if the files are not changed, `another_migration` if the applied migration has
 *   another name
 * @throws MigrationFileError for a file that cannot run
 * @example
 * ```ts
 * await repair({ url, directory: migrationsDirectory, version: 'V0003', reason: 'only a comment was corrected' });
 * ```
 */
export async function repair(options: RepairOptions): Promise<RepairResult> {
  checkOptions('repair', options, 'url', 'directory', 'version', 'reason');
  let found: Comparison = { differences: [], notCompared: null };
  const result = await recordRepair(options, async (connection, entries) => {
    // A migration that stopped part-way made only a part of its objects, so nothing can be compared. `status` reports it.
    if (entries.some(({ state }) => state === 'unfinished')) return { notes: [] };
    const { judgement, ...comparison } = await compareFiles(connection, entries, options);
    found = comparison;
    return judgement;
  });
  return { ...result, ...found };
}

async function compareFiles(
  connection: Connection,
  entries: readonly Entry[],
  options: RepairOptions,
): Promise<Comparison & { readonly judgement: RepairJudgement }> {
  const { set, after } = await readSet(options.directory);
  const recorded = await readRecordedSnapshot(connection.client, set);
  const before = recorded?.snapshot == null ? null : parseSnapshot(recorded.snapshot);
  const isComparable = explainUnknown(recorded, connection.serverVersion.major) === null;
  const intact = parseIntact(recorded);
  const accepted = intact?.accepted ?? [];
  const schemas = before?.snapshot.schemas ?? [
    ...new Set([...(intact?.schemas ?? []), ...(await schemasOf(connection, entries))]),
  ];
  const made = await createAppliedReference(connection, {
    ...options,
    set,
    after,
    entries,
    schemas,
    accepted,
    allowsChanged: true,
  });
  if ('missing' in made) {
    const judgement = {
      notes: [`not compared: ${made.missing}`],
      snapshot: null,
      before: recorded?.fingerprint ?? null,
    };
    return { differences: [], notCompared: made.missing, judgement };
  }
  const base =
    isComparable && before !== null
      ? before
      : await takeSnapshot(connection.client, schemas, { accepted, set });
  const acceptedObjects = acceptedAsRecorded({ ...base.snapshot, accepted }, intact);
  const differences = compareSnapshots(base.snapshot, made.reference.snapshot, made.label).filter(
    ({ object }) => !acceptedObjects.has(object),
  );
  const judgement = {
    notes: [
      `${plural(differences.length, 'difference')} from what the files make`,
      ...differences.map(toLine),
    ],
    ...(differences.length > 0 || !isComparable
      ? {
          snapshot: expectedSnapshot(base, made.reference.snapshot, differences),
          before: recorded?.fingerprint ?? null,
        }
      : {}),
  };
  return { differences, notCompared: null, judgement };
}

/** The catalog as the files make it, where they differ. */
function expectedSnapshot(
  base: FingerprintedSnapshot,
  made: Snapshot,
  differences: readonly Difference[],
): FingerprintedSnapshot {
  if (differences.length === 0) return base;
  const expected = takeOver(base.snapshot, made, new Set(differences.map(({ object }) => object)));
  return parseSnapshot(JSON.stringify({ ...expected, accepted: base.snapshot.accepted }));
}

async function schemasOf({ client }: Connection, entries: readonly Entry[]): Promise<readonly string[]> {
  const { first } = await readSearchPath(client);
  return listSchemasOfMigrations(
    entries.flatMap(({ migration }) => migration ?? []),
    first,
  );
}

function toLine({ object, difference }: Difference): string {
  return `${object}: ${difference}`;
}
