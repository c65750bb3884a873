import type { MigrationSet } from '../../catalog/migration-set.js';
import { type Connection, connect } from '../../postgres/connect.js';
import type pg from '../../postgres/driver/pg.js';
import { queryAll, SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { sqlStateOf } from '../../postgres/errors/sql-states.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { REPORT_WARNINGS } from '../../postgres/replication.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { type WaitOptions, waitOf } from '../history/wait.js';
import type { RunLock } from '../script/context.js';
import { BEGIN } from '../script/settings.js';
import { LOCK_LOST, LOCK_LOST_MESSAGE } from '../script/sql-states.js';
import type { Listener } from './events.js';
import { acquireLock } from './lock.js';
import { withMonitor } from './monitor.js';

/** How a change of the history waits for another run. */
export interface ChangeOptions extends WaitOptions {
  readonly onEvent?: Listener | undefined;
}

/**
 * Changes the history outside of a run: under the lock of a run, and in one transaction.
 *
 * @param connection in pipeline mode
 * @param hasHistory whether the history exists
 * @param sqlFor makes the statements of the transaction, with the guard
 * @returns the result of each statement of the transaction
 * @throws DatabaseError unexplained, after the transaction is rolled back
 * @throws ExplainedError `lock_wait_over`, `lock_lost`, `interrupted`
 */
export async function changeHistory(
  connection: Connection,
  set: MigrationSet,
  hasHistory: boolean,
  options: ChangeOptions,
  sqlFor: (run: RunLock) => readonly string[],
): Promise<readonly pg.QueryResult[]> {
  const wait = waitOf(options);
  const locking = await connect(connection.target, { signal: options.signal });
  try {
    const lock = await acquireLock(locking, {
      set,
      wait,
      hasHistory,
      stillNeeded: async () => true,
      onWait: (holder) => options.onEvent?.({ kind: 'waiting', holder }),
    });
    const lockPid = lock?.pid ?? 0;
    const sql = [
      BEGIN,
      SYSTEM_NAMES_ONLY,
      REPORT_WARNINGS,
      liftTimeouts(connection.serverVersion.number),
      ...sqlFor({ set, lockPid, wait }),
      'commit',
    ];
    return await withMonitor(connection, lockPid, options.onEvent, () =>
      queryAll(connection.client, sql.join(';\n')),
    );
  } catch (error) {
    await connection.client.query('rollback').catch(() => undefined);
    throw sqlStateOf(error) === LOCK_LOST ? lockLostError(error) : error;
  } finally {
    await locking.close();
  }
}

function lockLostError(error: unknown): ExplainedError {
  return new ExplainedError('lock_lost', LOCK_LOST_MESSAGE, {
    remedy: 'Nothing was recorded. Run the command again.',
    cause: redactError(error).cause,
  });
}
