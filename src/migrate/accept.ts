import type { MigrationSet } from '../catalog/migration-set.js';
import type { Connection } from '../postgres/connect.js';
import { sqlStateOf } from '../postgres/errors/sql-states.js';
import { explainWriteError } from './failure/write-history.js';
import { movedError } from './history/moved.js';
import { BY_WHOM, literal, reasonSql, updateSql } from './history/row-sql.js';
import { hasFingerprint, snapshotValues } from './history/snapshot.js';
import { allowAccepted, type HistoryRow } from './history/table.js';
import { type ChangeOptions, changeHistory } from './run/change-history.js';
import { guard } from './script/guard.js';
import { HISTORY_MOVED } from './script/sql-states.js';

const DURING = 'the catalog was compared';
const NOTHING_RECORDED = 'Nothing was recorded.';

/** The facts that an acceptance records in the history. */
export interface Acceptance {
  /** The newest row of the history when the catalog was compared. */
  readonly newest: HistoryRow;
  /** The fingerprint of its snapshot at that time. Another acceptance or a repair may record another one meanwhile. */
  readonly before: string | null;
  /** Why the catalog is right, and the accepted differences. */
  readonly reason: string;
  /** The catalog as it was when it was compared. A later change is drift. */
  readonly snapshot: { readonly text: string; readonly fingerprint: string };
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
  set: MigrationSet,
  { newest, before, reason, snapshot }: Acceptance,
  options: ChangeOptions,
): Promise<void> {
  try {
    const results = await changeHistory(connection, set, true, options, (run) => [
      guard(newest.version, run),
      allowAccepted(set),
      updateSql(set, `id = ${newest.id} and ${hasFingerprint(before)}`, {
        origin: literal('accepted'),
        reason: reasonSql(literal(reason), BY_WHOM),
        ...snapshotValues(literal(snapshot.text), literal(snapshot.fingerprint)),
      }),
    ]);
    const update = results.find(({ command }) => command === 'UPDATE');
    // The newest migration was rolled back and applied again, so that its row is another one, or it has a later snapshot.
    if (update?.rowCount !== 1) throw movedError(DURING, NOTHING_RECORDED);
  } catch (error) {
    if (sqlStateOf(error) === HISTORY_MOVED) throw movedError(DURING, NOTHING_RECORDED);
    throw explainWriteError(error, set);
  }
}
