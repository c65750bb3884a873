import { type Connection, connect } from '../postgres/connect.js';
import pg from '../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { REPORT_WARNINGS } from '../postgres/replication.js';
import { liftTimeouts } from '../postgres/timeouts.js';
import { call, remedy } from '../text/remedy.js';
import { explainWriteError } from './failure/write-history.js';
import { HistoryError } from './history/errors.js';
import { BY_WHOM, literal, reasonSql, updateSql } from './history/row-sql.js';
import { snapshotValues } from './history/snapshot.js';
import { ALLOW_ACCEPTED, type HistoryRow } from './history/table.js';
import { type WaitOptions, waitOf } from './history/wait.js';
import type { Listener } from './run/events.js';
import { acquireLock } from './run/lock.js';
import { guard } from './script/guard.js';
import { BEGIN } from './script/settings.js';
import { HISTORY_MOVED } from './script/sql-states.js';

/** The facts that an acceptance records in the history. */
export interface Acceptance {
  /** The newest row of the history when the catalog was compared. */
  readonly newest: HistoryRow;
  /** Why the catalog is right, and the accepted differences. */
  readonly reason: string;
  /** The catalog as it was when it was compared. A later change is drift. */
  readonly snapshot: { readonly text: string; readonly fingerprint: string };
}

/** How to wait for another run. */
export interface AcceptWait extends WaitOptions {
  readonly onEvent?: Listener | undefined;
}

/**
 * Records the snapshot of a catalog in the newest row of the history, as accepted: under the lock of a run, and in one
 * transaction. It changes nothing else in the database.
 *
 * @param connection in pipeline mode
 * @throws HistoryError `history_changed` if another run has changed the history since the catalog was compared
 * @throws ExplainedError `permission_denied` if the role may not write the history
 */
export async function recordAcceptance(
  connection: Connection,
  { newest, reason, snapshot }: Acceptance,
  options: AcceptWait,
): Promise<void> {
  const wait = waitOf(options);
  const lockConnection = await connect(connection.target);
  try {
    const lock = await acquireLock(lockConnection, {
      wait,
      hasHistory: true,
      stillNeeded: async () => true,
      onWait: (holder) => options.onEvent?.({ kind: 'waiting', holder }),
    });
    const sql = [
      BEGIN,
      SYSTEM_NAMES_ONLY,
      REPORT_WARNINGS,
      liftTimeouts(connection.serverVersion.number),
      guard(newest.version, { lockPid: lock?.pid ?? 0, wait }),
      ALLOW_ACCEPTED,
      updateSql(`id = ${newest.id}`, {
        origin: literal('accepted'),
        reason: reasonSql(literal(reason), BY_WHOM),
        ...snapshotValues(literal(snapshot.text), literal(snapshot.fingerprint)),
      }),
      'commit',
    ];
    const results: unknown = await connection.client.query(sql.join(';\n'));
    const update = (results as readonly pg.QueryResult[]).find(({ command }) => command === 'UPDATE');
    // The newest migration was rolled back and applied again, so that its row is another one.
    if (update?.rowCount !== 1) throw movedError();
  } catch (error) {
    await connection.client.query('rollback').catch(() => undefined);
    if (error instanceof pg.DatabaseError && error.code === HISTORY_MOVED) throw movedError();
    throw explainWriteError(error);
  } finally {
    await lockConnection.close();
  }
}

function movedError(): HistoryError {
  return new HistoryError(
    'history_changed',
    'Another run has changed the history while the catalog was compared. Nothing was recorded.',
    { remedy: remedy`Run ${call('status')}. If the state is still unknown, run the command again.` },
  );
}
