import type { MigrationSet } from '../catalog/migration-set.js';
import type { Connection } from '../postgres/connect.js';
import pg from '../postgres/driver/pg.js';
import { call, remedy } from '../text/remedy.js';
import { explainHistoryFailure } from './failure/explain.js';
import { extractLabel } from './files/file-name.js';
import type { Folder, Migration } from './files/read-folder.js';
import { compare } from './history/compare.js';
import { HistoryError } from './history/errors.js';
import { explainForeignHistory } from './history/foreign-object.js';
import { refuseOtherFolder } from './history/other-folder.js';
import { checkHistory } from './history/ownership.js';
import { insertSql, literal, newRowValues, newRunIdentity, type RowValues } from './history/row-sql.js';
import { readState, refuseReadOnly } from './history/server-state.js';
import { snapshotValues } from './history/snapshot.js';
import { createHistory, type HistoryRow, setHistoryAside } from './history/table.js';
import { READER_WAIT } from './history/wait.js';
import { type ChangeOptions, changeHistory } from './run/change-history.js';
import { guard, lockGuard } from './script/guard.js';
import { HISTORY_MOVED } from './script/sql-states.js';

/** The facts that a baseline records in the history. */
export interface Baseline {
  /** The migrations that the database has, smallest version first. */
  readonly migrations: readonly Migration[];
  /** The accepted differences, in words; null if there are none. */
  readonly reason: string | null;
  /** The catalog as it was when it was compared. */
  readonly snapshot: { readonly text: string; readonly fingerprint: string };
}

/**
 * Checks that a database can be adopted: this engine has applied nothing to it.
 *
 * @param connection in pipeline mode
 * @throws HistoryError `history_not_empty` if it has, `other_folder` if it has applied other migrations
 * @throws ExplainedError `standby`, `read_only`
 */
export async function refuseHistory(connection: Connection, { set, migrations }: Folder): Promise<void> {
  const state = await readState(connection, set, READER_WAIT, undefined, 'write');
  await refuseReadOnly(state, connection);
  const newest = state.rows.at(-1);
  if (newest === undefined) return;
  refuseOtherFolder(compare(migrations, state.rows));
  throw notEmptyError(newest, set);
}

/**
 * Records that a database has some migrations, as if they had been applied: under the lock of a run, and in one transaction.
 * It changes nothing else in the database.
 *
 * @param connection in pipeline mode
 * @throws HistoryError `history_not_empty` if another run has applied a migration meanwhile
 */
export async function recordBaseline(
  connection: Connection,
  folder: Folder,
  baseline: Baseline,
  options: ChangeOptions,
): Promise<void> {
  const { set } = folder;
  try {
    await changeHistory(connection, set, false, options, (run) => [
      lockGuard(run),
      checkHistory(set, 'write'),
      createHistory(set),
      checkHistory(set, 'write'),
      guard(null, run),
      insertRows(set, baseline),
    ]);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    if (error.code === HISTORY_MOVED) await refuseHistory(connection, folder);
    throw explainForeignHistory(error, set) ?? explainHistoryFailure(error, set);
  }
}

/** The newest row stores the snapshot, as after any run. */
function insertRows(set: MigrationSet, { migrations, reason, snapshot }: Baseline): string {
  const run = newRunIdentity();
  const newest = {
    reason: literal(reason),
    ...snapshotValues(literal(snapshot.text), literal(snapshot.fingerprint)),
  };
  return insertSql(
    set,
    migrations.map(
      (migration): RowValues => ({
        ...newRowValues(migration, run),
        origin: literal('baseline'),
        duration_ms: '0',
        ...(migration === migrations.at(-1) && newest),
      }),
    ),
  );
}

function notEmptyError({ name, origin }: HistoryRow, set: MigrationSet): HistoryError {
  return new HistoryError(
    'history_not_empty',
    `This database has a history already: the newest migration in it is ${name}, ${origin}.`,
    {
      remedy: remedy`It needs no baseline. Apply what is newer than ${extractLabel(name)} with ${call('up')}. To see its state, run ${call('status')} and ${call('verify')}. If the history was restored without its tables, or with other ones, set it aside: ${setHistoryAside(set)} Then run the command again.`,
    },
  );
}
