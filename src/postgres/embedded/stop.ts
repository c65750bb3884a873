import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { prepareBinaries } from './binaries.js';
import { readPostmasterState } from './postmaster.js';
import { readProcessTitle } from './processes.js';
import { runProgram } from './run-program.js';
import { systemErrorCode } from './system-errors.js';

/** The longest shutdown of a server. */
const STOP_TIMEOUT_MS = 60_000;

/**
 * Stops a server with a fast shutdown, which closes its connections, and waits until it has ended.
 *
 * @param folder the server's folder, as a real path
 * @param pid stops the server only if this is its process; another command may have started a new one
 * @returns false if it was not running
 * @throws EmbeddedServerError `embedded_not_yours` if it belongs to another user; `embedded_stop_slow` if it has not ended
 *   after a minute
 */
export async function stopPostmaster(folder: string, pid?: number): Promise<boolean> {
  const postmaster = await readPostmasterState(join(folder, 'data'));
  if (postmaster.state !== 'running' || (pid !== undefined && pid !== postmaster.pid)) return false;
  await requestShutdown(folder, postmaster.pid);
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while ((await readProcessTitle(postmaster.pid)) !== '') {
    if (process.platform === 'win32') break;
    if (Date.now() > deadline) throw stopTooSlow(folder, postmaster.pid);
    await pause(10);
  }
  return true;
}

async function requestShutdown(folder: string, pid: number): Promise<void> {
  if (process.platform === 'win32') {
    // Windows has no signals. pg_ctl uses a named pipe instead, and waits for the end.
    const { pgCtl } = await prepareBinaries({ user: null, copyTo: folder });
    await runProgram(pgCtl, ['stop', '-D', join(folder, 'data'), '-m', 'fast', '-w'], null);
    return;
  }
  try {
    process.kill(pid, 'SIGINT');
  } catch (cause) {
    if (systemErrorCode(cause) === 'ESRCH') return;
    throw new EmbeddedServerError(
      'embedded_not_yours',
      `The embedded server in ${folder} (process ${pid}) belongs to another user.`,
      { remedy: 'Ask that user to stop it, or use your own folder.', cause },
    );
  }
}

function stopTooSlow(folder: string, pid: number): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded_stop_slow',
    `The embedded server in ${folder} (process ${pid}) is still shutting down after ${STOP_TIMEOUT_MS / 1000} s.`,
    {
      remedy: `Read ${folder}/log. To end the server immediately, so that it recovers at the next start, run: kill -QUIT ${pid}`,
    },
  );
}
