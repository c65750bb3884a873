import type { Drifted } from '../../catalog/difference.js';
import type { SnapshotSource } from '../../catalog/snapshot-source.js';
import type { Connection } from '../../postgres/connect.js';
import {
  LOCK_NOT_AVAILABLE,
  QUERY_CANCELED,
  sqlStateOf,
  UNDEFINED_TABLE,
} from '../../postgres/sql-states.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { bothSnapshotsSql, compareSnapshotSql } from './snapshot.js';

/**
 * Whether the catalog is still what the last run left:
 *
 * - `none`: it is;
 * - `drifted`: somebody has changed it by other means;
 * - `unknown`: there is nothing to compare it with, for the reason that is given.
 */
export interface Drift {
  readonly state: 'none' | 'drifted' | 'unknown';
  /** The migration that the catalog was described behind; null where nothing is applied. */
  readonly since: string | null;
  /** Why it is unknown; null where it is known. */
  readonly reason: string | null;
}

/** What the newest row of the history says of its snapshot; null where none was recorded. */
export interface RecordedSnapshot {
  /** The migration that the catalog was described behind. */
  readonly name: string;
  readonly format: number | null;
  /** The major version of the server that described it. */
  readonly major: number | null;
  readonly fingerprint: string | null;
}

interface Compared extends RecordedSnapshot {
  readonly server_major: number;
  readonly live: string | null;
}

/**
 * Why a live catalog cannot be held against the recorded one.
 *
 * @param recorded null where nothing is applied
 * @param format the format that catalogs are described in now
 * @param major the major version of the server now
 * @returns null where it can
 */
export function whyUnknown(recorded: RecordedSnapshot | null, format: number, major: number): string | null {
  if (recorded === null) return 'nothing is applied';
  if (recorded.fingerprint === null) return `no snapshot was recorded with ${recorded.name}`;
  if (recorded.format !== format) return 'the recorded snapshot is of another release';
  return recorded.major === major
    ? null
    : `the snapshot was recorded on PostgreSQL ${recorded.major}, and this is ${major}`;
}

/** A look must not hang behind somebody's lock on a view, and has timeouts of its own. */
function lookWith(source: SnapshotSource, { serverVersion }: Connection): string {
  return `${liftTimeouts(serverVersion.number)};
set local lock_timeout = 1000;
set local statement_timeout = 10000;
${source.settings}`;
}

const GAVE_UP = new Set([LOCK_NOT_AVAILABLE, QUERY_CANCELED]);

/**
 * Looks whether the catalog has drifted, by one query; in the round trip of whatever else is sent at the same time.
 *
 * @param connection in pipeline mode, outside of any transaction
 */
export async function readDrift(connection: Connection, source: SnapshotSource): Promise<Drift> {
  const { client } = connection;
  const [, , compared] = await Promise.allSettled([
    client.query('begin isolation level repeatable read read only'),
    client.query(lookWith(source, connection)),
    client.query<Compared>(compareSnapshotSql(source)),
    client.query('commit'),
  ]);
  if (compared.status === 'rejected') return afterFailure(compared.reason, source);
  const [row] = compared.value.rows;
  return judge(row ?? null, source);
}

/**
 * What a catalog is that has drifted, and what it was; null where it has not, or where it cannot be read.
 *
 * @param connection in pipeline mode, outside of any transaction
 */
export async function readDrifted(connection: Connection, source: SnapshotSource): Promise<Drifted | null> {
  const { client } = connection;
  const [, , both] = await Promise.allSettled([
    client.query('begin isolation level repeatable read read only'),
    client.query(lookWith(source, connection)),
    client.query<{ name: string; recorded: string | null; live: string }>(bothSnapshotsSql(source)),
    client.query('commit'),
  ]);
  const row = both.status === 'fulfilled' ? both.value.rows[0] : undefined;
  if (row === undefined || row.recorded === null || row.recorded === row.live) return null;
  return { since: row.name, recorded: row.recorded, live: row.live };
}

function judge(compared: Compared | null, { format }: SnapshotSource): Drift {
  const since = compared?.name ?? null;
  const reason = whyUnknown(compared, format, compared?.server_major ?? 0);
  if (reason !== null) return { state: 'unknown', since, reason };
  return { state: compared?.live === compared?.fingerprint ? 'none' : 'drifted', since, reason: null };
}

function afterFailure(error: unknown, source: SnapshotSource): Drift {
  const sqlState = sqlStateOf(error) ?? '';
  if (sqlState === UNDEFINED_TABLE) return judge(null, source);
  if (!GAVE_UP.has(sqlState)) throw error;
  return { state: 'unknown', since: null, reason: 'the catalog was locked or too slow to read' };
}
