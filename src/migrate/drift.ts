import type { Connection } from '../postgres/connect.js';
import pg from '../postgres/pg.js';
import { bothSnapshotsSql, compareSnapshotSql, type SnapshotSource } from './snapshot.js';
import { liftTimeouts } from './timeouts.js';

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

interface Compared {
  readonly name: string;
  readonly format: number | null;
  readonly major: number | null;
  readonly server_major: number;
  readonly recorded: string | null;
  readonly live: string | null;
}

/** A look must not hang behind somebody's lock on a view, and has timeouts of its own. */
function lookWith(source: SnapshotSource, { serverVersion }: Connection): string {
  return `${liftTimeouts(serverVersion.number)};
set local lock_timeout = 1000;
set local statement_timeout = 10000;
${source.settings}`;
}

const UNDEFINED_TABLE = '42P01';
const GAVE_UP = new Set(['55P03', '57014']);

/** A catalog that has drifted, in the texts of a {@link SnapshotSource}. */
export interface Drifted {
  /** The migration that the catalog was described behind. */
  readonly since: string;
  /** What that migration left. */
  readonly recorded: string;
  /** What there is now. */
  readonly live: string;
}

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
  if (compared.status === 'rejected') return afterFailure(compared.reason);
  const [row] = compared.value.rows;
  return row === undefined ? unknown(null, 'nothing is applied') : judge(row, source);
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

function judge(
  { name, format, major, server_major, recorded, live }: Compared,
  source: SnapshotSource,
): Drift {
  if (recorded === null) return unknown(name, `no snapshot was recorded with ${name}`);
  if (format !== source.format) return unknown(name, 'the recorded snapshot is of another release');
  if (major !== server_major) {
    return unknown(name, `the snapshot was recorded on PostgreSQL ${major}, and this is ${server_major}`);
  }
  return { state: live === recorded ? 'none' : 'drifted', since: name, reason: null };
}

function afterFailure(error: unknown): Drift {
  const sqlState = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (sqlState === UNDEFINED_TABLE) return unknown(null, 'nothing is applied');
  if (GAVE_UP.has(sqlState)) return unknown(null, 'the catalog was locked or too slow to read');
  throw error;
}

function unknown(since: string | null, reason: string): Drift {
  return { state: 'unknown', since, reason };
}
