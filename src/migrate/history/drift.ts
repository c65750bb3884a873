import { compareSnapshots, type Difference } from '../../catalog/difference.js';
import { parseSnapshot, SNAPSHOT_FORMAT, SNAPSHOT_SETTINGS } from '../../catalog/snapshot.js';
import { withAnswerLimit } from '../../postgres/answer-limit.js';
import type { Connection } from '../../postgres/connect.js';
import {
  LOCK_NOT_AVAILABLE,
  QUERY_CANCELED,
  sqlStateOf,
  UNDEFINED_TABLE,
} from '../../postgres/errors/sql-states.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { BOTH_SNAPSHOTS, COMPARE_SNAPSHOT, type RecordedSnapshot } from './snapshot.js';

/**
 * Whether the catalog is still what the last run left:
 *
 * - `none`: it is;
 * - `drifted`: it was changed outside of migrations;
 * - `unknown`: there is no snapshot to compare it with; `reason` says why.
 */
export interface Drift {
  readonly state: 'none' | 'drifted' | 'unknown';
  /** The migration that recorded the snapshot; null if nothing is applied. */
  readonly since: string | null;
  /** Why it is unknown; null if it is known. */
  readonly reason: string | null;
}

/** The drift that a run found before it began. */
export interface DriftReport {
  /**
   * The changes outside of migrations since the previous run, object by object. From this run on, drift is measured
   * from this state.
   */
  readonly drift: readonly Difference[];
}

/** The changes to a catalog since a migration that were made outside of migrations. */
export interface DriftDetails {
  /** The migration that recorded the snapshot. */
  readonly since: string;
  readonly differences: readonly Difference[];
}

interface Comparison extends RecordedSnapshot {
  readonly server_major: number;
  readonly live: string | null;
}

/**
 * Why a live catalog cannot be compared with the recorded snapshot.
 *
 * @param recorded null if nothing is applied
 * @param major the major version of the server now
 * @returns null if it can
 */
export function whyUnknown(recorded: RecordedSnapshot | null, major: number): string | null {
  if (recorded === null) return 'nothing is applied';
  if (recorded.fingerprint === null) return `no snapshot was recorded with ${recorded.name}`;
  if (recorded.format !== SNAPSHOT_FORMAT) return 'the recorded snapshot was recorded by another release';
  return recorded.major === major
    ? null
    : `the snapshot was recorded on PostgreSQL ${recorded.major}, and this is ${major}`;
}

/** A read of the catalog must not wait for a lock that another session holds on a view, so it has its own timeouts. */
function settingsOnServer({ serverVersion }: Connection): string {
  return `${liftTimeouts(serverVersion.number)};
set local lock_timeout = 1000;
set local statement_timeout = 10000;
${SNAPSHOT_SETTINGS}`;
}

const TIMEOUTS = new Set([LOCK_NOT_AVAILABLE, QUERY_CANCELED]);

/**
 * Reads whether the catalog has drifted, with one query. The query shares the round trip of whatever else is sent at
 * the same time.
 *
 * @param connection in pipeline mode, outside of any transaction
 */
export async function readDrift(connection: Connection): Promise<Drift> {
  const answer = await queryCatalog<Comparison>(connection, COMPARE_SNAPSHOT);
  if (answer.status === 'rejected') return driftAfterError(answer.reason);
  return toDrift(answer.value.rows[0] ?? null);
}

/**
 * Reads in what a catalog has drifted.
 *
 * @param connection in pipeline mode, outside of any transaction
 * @returns null if it has not, or if the catalog cannot be read
 */
export async function readDifferences(connection: Connection): Promise<DriftDetails | null> {
  const answer = await queryCatalog<{ name: string; recorded: string | null; live: string }>(
    connection,
    BOTH_SNAPSHOTS,
  );
  const row = answer.status === 'fulfilled' ? answer.value.rows[0] : undefined;
  if (row === undefined || row.recorded === null || row.recorded === row.live) return null;
  const [live, recorded] = [parseSnapshot(row.live), parseSnapshot(row.recorded)];
  return { since: row.name, differences: compareSnapshots(live.snapshot, recorded.snapshot, row.name) };
}

/** Runs a query in a transaction that only reads, pipelined. */
async function queryCatalog<Row extends object>(
  connection: Connection,
  sql: string,
): Promise<PromiseSettledResult<{ readonly rows: readonly Row[] }>> {
  const { client } = connection;
  const [, , answer] = await withAnswerLimit(connection, () =>
    Promise.allSettled([
      client.query('begin isolation level repeatable read read only'),
      client.query(settingsOnServer(connection)),
      client.query<Row>(sql),
      client.query('commit'),
    ]),
  );
  return answer;
}

function toDrift(comparison: Comparison | null): Drift {
  const since = comparison?.name ?? null;
  const reason = whyUnknown(comparison, comparison?.server_major ?? 0);
  if (reason !== null) return { state: 'unknown', since, reason };
  return { state: comparison?.live === comparison?.fingerprint ? 'none' : 'drifted', since, reason: null };
}

function driftAfterError(error: unknown): Drift {
  const sqlState = sqlStateOf(error) ?? '';
  if (sqlState === UNDEFINED_TABLE) return toDrift(null);
  if (!TIMEOUTS.has(sqlState)) throw error;
  return { state: 'unknown', since: null, reason: 'the catalog was locked or too slow to read' };
}
