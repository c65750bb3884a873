import { acceptedAsRecorded } from '../catalog/accepted.js';
import { compareSnapshots, type Difference } from '../catalog/difference.js';
import { listSchemasOfMigrations } from '../catalog/schemas.js';
import {
  type AcceptedDifference,
  type FingerprintedSnapshot,
  parseSnapshot,
  type Snapshot,
  takeSnapshot,
} from '../catalog/snapshot.js';
import { takeOver } from '../catalog/take-over.js';
import { recordAcceptance } from '../migrate/accept.js';
import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { readFolder } from '../migrate/files/read-folder.js';
import { compare } from '../migrate/history/compare.js';
import { HistoryError } from '../migrate/history/errors.js';
import { readState, refuseReadOnly } from '../migrate/history/server-state.js';
import { parseIntact, readRecordedSnapshot } from '../migrate/history/snapshot.js';
import { explainUnknown } from '../migrate/history/unknown.js';
import { READER_WAIT, type WaitOptions } from '../migrate/history/wait.js';
import type { Listener } from '../migrate/run/events.js';
import type { Connection } from '../postgres/connect.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { UsageError } from '../postgres/errors/explained-error.js';
import { encodeName } from '../text/encode.js';
import { plural } from '../text/plural.js';
import { call, option, remedy } from '../text/remedy.js';
import { type AppliedReferenceOptions, createAppliedReference } from './baseline/applied-reference.js';
import { readSearchPath } from './baseline/reference.js';

/** The options of {@link accept}. */
export interface AcceptOptions extends Database, WaitOptions {
  /** The folder of migrations. */
  readonly directory: string;
  /** Why the catalog is right as it is. The history records it. */
  readonly reason: string;
  /**
   * The objects to accept, as `verify` names them: `index by_hand on contacts`. Other differences remain drift. By default,
   * everything is accepted, unless `partitions` is given.
   */
  readonly objects?: readonly string[] | undefined;
  /**
   * Patterns of names of partitions that a job creates and drops: `calls_*`, with the schema unless that is `public`. No
   * partition with such a name is compared from now on.
   */
  readonly partitions?: readonly string[] | undefined;
  /** Returns the address of another server for the throw-away database. It is called if it cannot be on this one. */
  readonly otherServerUrl?: (() => Promise<string>) | undefined;
  /** Receives the events of the wait. */
  readonly onEvent?: Listener | undefined;
}

/** The result of {@link accept}. */
export interface AcceptResult {
  readonly server: Server;
  /** The newest migration, whose history row now has the snapshot. */
  readonly accepted: string;
  readonly reason: string;
  /**
   * What the catalog was compared with: the snapshot of the last run, what the migrations make in a throw-away database,
   * or, if neither was possible, nothing.
   */
  readonly comparedWith: 'snapshot' | 'migrations' | 'nothing';
  /** Why it was compared with nothing; null if it was compared. */
  readonly notCompared: string | null;
  /** The accepted differences. */
  readonly differences: readonly Difference[];
  /** The patterns of partitions that are not compared from now on, with their schemas. */
  readonly partitions: readonly string[];
}

/**
 * Accepts the catalog of a database as it is: records its snapshot, the reason and the accepted differences in the newest
 * row of the history, so that drift is known again and measured from this state. The schema and the data are not changed.
 *
 * With `objects` or `partitions`, it accepts only these. The snapshot holds the accepted objects and the reason, and so do the
 * snapshots of later runs.
 *
 * It first compares the catalog with the snapshot of the last run. If none is comparable, it compares the catalog with what
 * the migrations make in a throw-away database, if the role may create one and the files are those that were applied.
 *
 * @throws UsageError `no_reason`; `unknown_object` for an object that does not differ
 * @throws HistoryError `nothing_to_accept` if the catalog is what the last run left, or nothing is applied;
 *   `history_changed` if another run has changed the history meanwhile
 * @throws ExplainedError `standby`, `read_only`, `permission_denied`, `lock_wait_over`, `interrupted`
 * @example
 * ```ts
 * const { differences } = await accept({ url, directory: migrationsDirectory, reason: 'restored on PostgreSQL 18' });
 * ```
 */
export async function accept(options: AcceptOptions): Promise<AcceptResult> {
  checkOptions('accept', options, 'url', 'directory', 'reason');
  const reason = options.reason.trim();
  if (reason === '') {
    throw new UsageError('no_reason', 'An acceptance needs a reason.', {
      remedy: remedy`Give the reason why the catalog is right as it is with ${option('reason')}.`,
    });
  }
  const { set, after, migrations } = await readFolder(options.directory);
  return withDatabase(options, async ({ connection }) => {
    const state = await readState(connection, set, READER_WAIT, undefined, 'write');
    await refuseReadOnly(state, connection);
    const newest = state.rows.at(-1);
    if (newest === undefined) throw nothingAppliedError();
    const recorded = await readRecordedSnapshot(connection.client, set);
    const before = recorded?.snapshot == null ? null : parseSnapshot(recorded.snapshot).snapshot;
    const { first } = await readSearchPath(connection.client);
    const intact = parseIntact(recorded);
    const isComparable = explainUnknown(recorded, connection.serverVersion.major) === null;
    const schemas =
      isComparable && before !== null
        ? before.schemas
        : [...new Set([...(intact?.schemas ?? []), ...(await listSchemasOfMigrations(migrations, first))])];
    const entries = compare(migrations, state.rows);
    const patterns = (options.partitions ?? []).map((pattern) => ({ object: partitionsOf(pattern), reason }));
    const acceptedBefore = addAccepted(intact?.accepted, patterns);
    const live = await takeSnapshot(connection.client, schemas, { accepted: acceptedBefore, set });
    const comparison = await compareWithReference(
      connection,
      { ...options, set, after, entries, schemas, accepted: acceptedBefore },
      live.snapshot,
      isComparable ? before : null,
      intact,
    );
    const { base, ...found } = comparison;
    if (isComparable && found.differences.length === 0 && patterns.length === 0) {
      throw nothingToAcceptError(newest.name);
    }
    const chosen = chooseDifferences(found.differences, options);
    const result = { ...found, differences: chosen };
    const accepted = addAccepted(
      acceptedBefore,
      chosen.map(({ object }) => ({ object, reason })),
    );
    const isWhole = chosen.length === found.differences.length || base === null;
    const text = isWhole
      ? withAccepted(live, accepted)
      : JSON.stringify({
          ...takeOver(base, live.snapshot, new Set(chosen.map(({ object }) => object))),
          accepted,
        });
    await recordAcceptance(
      connection,
      set,
      {
        newest,
        before: recorded?.fingerprint ?? null,
        reason: [reason, ...describe(result, patterns)].join('\n'),
        snapshot: parseSnapshot(text),
      },
      options,
    );
    return {
      server: describeServer(connection),
      accepted: newest.name,
      reason,
      partitions: patterns.map(({ object }) => object.replace(/^partitions /, '')),
      ...result,
    };
  });
}

/** The differences that the caller has named; all of them if nothing is named. */
function chooseDifferences(
  differences: readonly Difference[],
  { objects = [], partitions = [] }: AcceptOptions,
): readonly Difference[] {
  if (objects.length === 0 && partitions.length === 0) return differences;
  const unknown = objects.find((name) => !differences.some(({ object }) => object === name));
  if (unknown !== undefined) {
    const names = [...new Set(differences.map(({ object }) => object))].join('; ');
    throw new UsageError('unknown_object', `No difference has the name ${unknown}.`, {
      remedy: remedy`Name objects as ${call('verify')} lists them, without what follows the colon. The differences are: ${names === '' ? 'none' : names}.`,
    });
  }
  return differences.filter(({ object }) => objects.includes(object));
}

function partitionsOf(pattern: string): string {
  return `partitions ${pattern.includes('.') ? pattern : `public.${pattern}`}`;
}

/** Adds accepted differences to others; a later reason replaces an earlier one. */
function addAccepted(
  before: readonly AcceptedDifference[] = [],
  added: readonly AcceptedDifference[],
): readonly AcceptedDifference[] {
  return [...new Map([...before, ...added].map((entry) => [entry.object, entry])).values()];
}

/** The text that the server will write for the same catalog. Numbers above 2^53 would not survive a parse. */
function withAccepted(
  { snapshot, text }: FingerprintedSnapshot,
  accepted: readonly AcceptedDifference[],
): string {
  const { format, schemas } = snapshot;
  const head = JSON.stringify({ format, schemas, ...(accepted.length > 0 && { accepted }) });
  return head.slice(0, -1) + text.slice(text.indexOf(',"objects":'));
}

type Comparison = Pick<AcceptResult, 'comparedWith' | 'notCompared' | 'differences'>;

async function compareWithReference(
  connection: Connection,
  options: AppliedReferenceOptions,
  live: Snapshot,
  before: Snapshot | null,
  intact: Snapshot | null,
): Promise<Comparison & { readonly base: Snapshot | null }> {
  if (before !== null) {
    const label = options.entries.findLast(({ row }) => row !== null)?.name ?? '';
    const differences = compareSnapshots(live, before, label);
    return { comparedWith: 'snapshot', notCompared: null, differences, base: before };
  }
  const made = await createAppliedReference(connection, options);
  if ('missing' in made) {
    return { comparedWith: 'nothing', notCompared: made.missing, differences: [], base: null };
  }
  const base = takeOver(made.reference.snapshot, live, acceptedAsRecorded(live, intact));
  const differences = compareSnapshots(live, base, made.label);
  return { comparedWith: 'migrations', notCompared: null, differences, base };
}

/** What the history records after the reason. */
function describe(
  { notCompared, comparedWith, differences }: Comparison,
  patterns: readonly AcceptedDifference[],
): readonly string[] {
  const leftOut = patterns.map(({ object }) => `${object}: not compared`);
  if (notCompared !== null) return [`not compared: ${notCompared}`, ...leftOut];
  const other = comparedWith === 'snapshot' ? 'the last snapshot' : 'what the migrations make';
  const lines = differences.map(({ object, difference }) => `${object}: ${difference}`);
  return [`${plural(differences.length, 'difference')} from ${other}`, ...lines, ...leftOut];
}

function nothingAppliedError(): HistoryError {
  return new HistoryError('nothing_to_accept', 'This database has no history: nothing is applied.', {
    remedy: remedy`Apply the migrations with ${call('up')}. If the database has the schema already, adopt it with ${call('baseline', { version: '<version>' })}.`,
  });
}

function nothingToAcceptError(name: string): HistoryError {
  return new HistoryError(
    'nothing_to_accept',
    `The catalog is what ${encodeName(name)} left: its snapshot is recorded.`,
    {
      remedy: remedy`Nothing needs to be done. To see the state of the database, run ${call('status')}.`,
    },
  );
}
