import { setImmediate } from 'node:timers/promises';
import type { Connection } from '../../postgres/connect.js';
import { makeLazyConnection } from '../../postgres/lazy-connection.js';
import type { Folder } from '../files/read-folder.js';
import { waitOf } from '../history/wait.js';
import type { Safeguard } from '../script/safeguard.js';
import { NOTHING_DONE, type RunOptions, type RunResult } from './options.js';
import { type Planner, planReader } from './plan.js';

/**
 * Runs the files that a planner chooses, each in a transaction with its history row, under the lock. With `dryRun` it only
 * prints them.
 *
 * It takes no lock when nothing is pending, and does not load the modules that run a file. If another run finished before
 * this one got the lock, it reads the history and plans again.
 *
 * @param connection in pipeline mode; it holds the lock, while another one executes the files; it is closed
 * @param safeguard consulted before data is deleted
 * @throws MigrationFailedError for the first file that the server refuses
 */
export async function run(
  connection: Connection,
  planner: Planner,
  folder: Folder,
  safeguard: Safeguard,
  options: RunOptions,
): Promise<RunResult> {
  const wait = waitOf(options);
  const readPlan = planReader(planner, folder.set, wait, options.onEvent ?? (() => {}));
  if (options.dryRun === true) {
    const { dryRun } = await import('./dry-run.js');
    const isVerbose = options.verbose === true;
    const sql = await dryRun(connection, folder.set, await readPlan(connection), safeguard, wait, isVerbose);
    return { ...NOTHING_DONE, sql };
  }
  const executing = makeLazyConnection(connection.target, { pipeline: true, signal: options.signal });
  try {
    // The connection that executes the files opens while they are parsed, and while the lock is taken.
    const plan = await readPlan(connection, async () => {
      void executing.open();
      // A local socket is connected by the turn after the next; then its login is in flight.
      await setImmediate();
      await setImmediate();
    });
    if (plan.works.length === 0) return NOTHING_DONE;
    const { lockAndRun } = await import('./locked-run.js');
    return await lockAndRun({ locking: connection, executing, plan, readPlan, folder, safeguard, options });
  } catch (error) {
    const { nameActingRole } = await import('../../postgres/acting-role.js');
    await nameActingRole(error, connection);
    throw error;
  } finally {
    // Concurrently: each of them waits for its server to answer the goodbye.
    await Promise.all([connection.close(), executing.close()]);
  }
}
