import { compareSnapshots, type Difference } from '../../catalog/difference.js';
import type { MigrationSet } from '../../catalog/migration-set.js';
import { parseSnapshot, SNAPSHOT_SETTINGS } from '../../catalog/snapshot.js';
import { withAnswerLimit } from '../../postgres/answer-limit.js';
import type { Connection } from '../../postgres/connect.js';
import { queryAll } from '../../postgres/driver/search-path.js';
import {
  LOCK_NOT_AVAILABLE,
  QUERY_CANCELED,
  sqlStateOf,
  UNDEFINED_TABLE,
} from '../../postgres/errors/sql-states.js';
import { IN_TRANSACTION } from '../../postgres/in-transaction.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import type { RemedyPart } from '../../text/remedy.js';
import { explainForeignHistory } from './foreign-object.js';
import { checkHistory } from './ownership.js';
import { compareSnapshot, type RecordedSnapshot } from './snapshot.js';
import { explainUnknown, type Unknown, type UnknownCause, unreadable } from './unknown.js';

/**
 * Whether the catalog is still what the last run left:
 *
 * - `none`: it is;
 * - `drifted`: it was changed outside of migrations;
 * - `unknown`: it could not be compared; `cause` and `reason` say why. This is neither drift nor health.
 */
export interface Drift {
  readonly state: 'none' | 'drifted' | 'unknown';
  /** The migration that recorded the snapshot; null if nothing is applied. */
  readonly since: string | null;
  /** Why it is unknown, for a program; null if it is known. */
  readonly cause: UnknownCause | null;
  /** The same in words; null if it is known. */
  readonly reason: string | null;
  /** How to make it known, as in `remedyParts` of an error; null if it is known. */
  readonly remedy: readonly RemedyPart[] | null;
}

/** The drift that a run found before it began. */
export interface DriftReport {
  /**
   * The changes outside of migrations since the previous run, object by object. From this run on, drift is measured
   * from this state.
   */
  readonly drift: readonly Difference[];
  /** Why these changes could not be found; null if they could. The run has made them part of the schema. */
  readonly driftUnknown: Drift | null;
}

/** The report of a run that found no drift. */
export const NO_DRIFT: DriftReport = { drift: [], driftUnknown: null };

/** The changes to a catalog since a migration that were made outside of migrations. */
export interface DriftDetails {
  /** The migration that recorded the snapshot. */
  readonly since: string;
  readonly differences: readonly Difference[];
}

interface Comparison extends RecordedSnapshot {
  readonly server_major: number;
  readonly live: string | null;
  /** The texts of the two snapshots; null if they are equal, or cannot be compared. */
  readonly recorded: string | null;
  readonly taken: string | null;
}

/** A read of the catalog must not wait for a lock that another session holds on a view, so it has its own timeouts. */
function settingsOnServer({ serverVersion }: Connection, set: MigrationSet): string {
  return `${liftTimeouts(serverVersion.number)};
set local lock_timeout = 1000;
set local statement_timeout = 10000;
${SNAPSHOT_SETTINGS};
${checkHistory(set, 'read')}`;
}

const TIMEOUTS = new Set([LOCK_NOT_AVAILABLE, QUERY_CANCELED]);

/**
 * Reads whether the catalog has drifted, with one query. The query shares the round trip of whatever else is sent at
 * the same time.
 *
 * @param connection in pipeline mode, outside of any transaction
 */
export async function readDrift(connection: Connection, set: MigrationSet): Promise<Drift> {
  const result = await readComparison(connection, set);
  return 'differences' in result ? knownDrift('drifted', result.since) : result;
}

/**
 * Reads in what a catalog has drifted, for the report of a run. A catalog that cannot be compared is reported, and does not
 * fail the run.
 *
 * @param connection in pipeline mode, outside of any transaction
 */
export async function readDriftReport(
  connection: Connection,
  set: MigrationSet,
): Promise<DriftDetails | Drift> {
  try {
    return await readComparison(connection, set);
  } catch (error) {
    const sqlState = sqlStateOf(error);
    if (sqlState === undefined) throw error;
    return unknownDrift(null, unreadable(`the catalog could not be read (SQLSTATE ${sqlState})`));
  }
}

async function readComparison(connection: Connection, set: MigrationSet): Promise<DriftDetails | Drift> {
  const answer = await queryCatalog<Comparison>(connection, set, compareSnapshot(set));
  if (answer.status === 'rejected') return driftAfterError(answer.reason);
  return toDrift(answer.value[0] ?? null);
}

/** Runs a query in a transaction that only reads, pipelined. */
async function queryCatalog<Row extends object>(
  connection: Connection,
  set: MigrationSet,
  sql: string,
): Promise<PromiseSettledResult<readonly Row[]>> {
  const { client } = connection;
  const [settings, answer] = await withAnswerLimit(connection, () =>
    Promise.allSettled([
      client.query(`begin isolation level repeatable read read only;\n${settingsOnServer(connection, set)}`),
      queryAll<Row>(client, [...IN_TRANSACTION, sql].join(';\n')).then(
        (results) => results.at(-1)?.rows ?? [],
      ),
      client.query('commit'),
    ]),
  );
  if (settings.status === 'rejected') {
    return { status: 'rejected', reason: explainForeignHistory(settings.reason, set) ?? settings.reason };
  }
  return answer;
}

/** Two texts may differ although the catalogs mean the same, as after a dump and a restore. */
function toDrift(comparison: Comparison | null): DriftDetails | Drift {
  const since = comparison?.name ?? null;
  const unknown = explainUnknown(comparison, comparison?.server_major ?? 0);
  if (unknown !== null) return unknownDrift(since, unknown);
  const { name, recorded, taken } = comparison ?? {};
  if (name === undefined || recorded == null || taken == null) return knownDrift('none', since);
  const [live, before] = [parseSnapshot(taken).snapshot, parseSnapshot(recorded).snapshot];
  const differences = compareSnapshots(live, before, name);
  return differences.length === 0 ? knownDrift('none', since) : { since: name, differences };
}

/** The drift of a catalog that was compared. */
export function knownDrift(state: 'none' | 'drifted', since: string | null): Drift {
  return { state, since, cause: null, reason: null, remedy: null };
}

/** The drift of a catalog that could not be compared. */
export function unknownDrift(since: string | null, unknown: Unknown): Drift {
  return { state: 'unknown', since, ...unknown };
}

function driftAfterError(error: unknown): DriftDetails | Drift {
  const sqlState = sqlStateOf(error) ?? '';
  if (sqlState === UNDEFINED_TABLE) return toDrift(null);
  if (!TIMEOUTS.has(sqlState)) throw error;
  return unknownDrift(null, unreadable('the catalog was locked or too slow to read'));
}
