import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { applicationName } from '../postgres/application-name.js';
import { type Connection, connect } from '../postgres/connect.js';
import pg from '../postgres/pg.js';
import { describeTarget } from '../postgres/target.js';
import { liftTimeouts } from '../postgres/timeouts.js';
import { call, remedy } from '../text/remedy.js';
import { explainHistoryFailure } from './failure/explain.js';
import { extractLabel } from './files/file-name.js';
import type { Migration } from './files/read-folder.js';
import { HistoryError } from './history/errors.js';
import { readState, refuseStandby } from './history/server-state.js';
import { SERVER_MAJOR } from './history/snapshot.js';
import { CREATE_HISTORY, HISTORY_TABLE, type HistoryRow } from './history/table.js';
import type { Listener } from './run/events.js';
import { acquireLock } from './run/lock.js';
import { guard, HISTORY_MOVED, lockGuard } from './script/guard.js';
import { literal } from './script/record-sql.js';
import { BEGIN, FULL_NAMES_ONLY } from './script/transaction.js';

/** What a baseline writes down. */
export interface Baseline {
  /** What the database has, smallest version first. */
  readonly migrations: readonly Migration[];
  /** What was accepted although it differs; null where nothing does. */
  readonly reason: string | null;
  /** The catalog as it was when it was compared. */
  readonly snapshot: { readonly text: string; readonly format: number; readonly fingerprint: string };
}

/** How to wait for another run. */
export interface BaselineWait {
  readonly onEvent?: Listener | undefined;
  /** The longest wait, in milliseconds; undefined waits as long as it takes. */
  readonly lockWaitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks whether a database can be adopted: nothing has been applied to it by this engine.
 *
 * @param connection in pipeline mode
 * @throws HistoryError `history_not_empty` where something has
 * @throws ExplainedError `standby`
 */
export async function refuseHistory(connection: Connection): Promise<void> {
  const state = await readState(connection);
  refuseStandby(state, describeTarget(connection.target));
  const newest = state.rows.at(-1);
  if (newest !== undefined) throw notEmpty(newest);
}

/**
 * Writes down that a database has some migrations, under the lock of a run and in one transaction, as if they had been
 * applied. The database itself is not touched.
 *
 * @param connection in pipeline mode
 * @throws HistoryError `history_not_empty` where another run was there first
 */
export async function recordBaseline(
  connection: Connection,
  baseline: Baseline,
  { onEvent, lockWaitMs, signal }: BaselineWait,
): Promise<void> {
  const lockConnection = await connect(connection.target);
  try {
    const lock = await acquireLock(lockConnection, {
      longestMs: lockWaitMs,
      hasHistory: false,
      stillNeeded: async () => true,
      onWait: (holder) => onEvent?.({ kind: 'waiting', holder }),
      signal,
    });
    const run = {
      lockPid: lock?.pid ?? 0,
      lockWaitMs: lockWaitMs === undefined ? 0 : Math.max(1, lockWaitMs),
    };
    const lift = liftTimeouts(connection.serverVersion.number);
    const sql = [BEGIN, lift, lockGuard(run), CREATE_HISTORY, guard(null, run), FULL_NAMES_ONLY];
    await connection.client.query([...sql, insertRows(baseline), 'commit'].join(';\n'));
  } catch (error) {
    await connection.client.query('rollback').catch(() => undefined);
    if (!(error instanceof pg.DatabaseError)) throw error;
    if (error.code === HISTORY_MOVED) await refuseHistory(connection);
    throw explainHistoryFailure(error);
  } finally {
    await lockConnection.close();
  }
}

/** The newest row stores the snapshot, as after any run. */
function insertRows({ migrations, reason, snapshot }: Baseline): string {
  const runId = randomUUID();
  const rows = migrations.map((migration, index) => {
    const isNewest = index === migrations.length - 1;
    const { version, name, up, down, irreversible } = migration;
    const taken = isNewest
      ? [literal(snapshot.text), String(snapshot.format), SERVER_MAJOR, literal(snapshot.fingerprint)]
      : ['null', 'null', 'null', 'null'];
    const values = [
      String(version),
      literal(name),
      literal(up.source.checksum),
      literal(down?.source.checksum),
      literal(down?.source.text),
      literal(irreversible),
      literal('baseline'),
      literal(isNewest ? reason : null),
      'session_user',
      literal(applicationName),
      literal(hostname()),
      'clock_timestamp()',
      '0',
      literal(runId),
      ...taken,
    ];
    return `(${values.join(', ')})`;
  });
  return `insert into ${HISTORY_TABLE} (
  version, name, checksum_up, checksum_down, down_sql, irreversible, origin, reason, applied_by, applied_with,
  applied_on, applied_at, duration_ms, run_id, snapshot, snapshot_format, snapshot_server_major, fingerprint
) values\n${rows.join(',\n')}`;
}

function notEmpty({ name, origin }: HistoryRow): HistoryError {
  return new HistoryError(
    'history_not_empty',
    `This database has a history already: the newest migration in it is ${name}, ${origin}.`,
    {
      remedy: remedy`It needs no baseline. Apply what is newer than ${extractLabel(name)} with ${call('up')}. To see its state, run ${call('status')} and ${call('verify')}.`,
    },
  );
}
