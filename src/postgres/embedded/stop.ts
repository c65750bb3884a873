import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedServerError } from '../errors.js';
import { prepareBinaries } from './binaries.js';
import { lookAtPostmaster } from './postmaster.js';
import { titleOf } from './processes.js';
import { runProgram } from './run-program.js';
import { systemErrorCode } from './system-errors.js';

/** How long a server may take to stop, in milliseconds. */
const patience = 60_000;

/**
 * Stops a server, the way that closes its connections, and waits until it has ended.
 *
 * @param folder the server's folder, as a real path
 * @returns false when it was not running
 * @throws EmbeddedServerError `embedded_not_yours` when it is somebody else's; `embedded_stop_slow` when it has not
 *   ended after a minute
 */
export async function stopPostmaster(folder: string): Promise<boolean> {
  const found = await lookAtPostmaster(join(folder, 'data'));
  if (found.state !== 'running') return false;
  await askToStop(folder, found.pid);
  const deadline = Date.now() + patience;
  while ((await titleOf(found.pid)) !== '') {
    if (process.platform === 'win32') break;
    if (Date.now() > deadline) throw tooSlow(folder, found.pid);
    await pause(10);
  }
  return true;
}

async function askToStop(folder: string, pid: number): Promise<void> {
  if (process.platform === 'win32') {
    // Windows has no signals; pg_ctl has another way, and waits.
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
      `The embedded server (process ${pid}) belongs to another user.`,
      { remedy: 'Stop it as that user or as root.', cause },
    );
  }
}

function tooSlow(folder: string, pid: number): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded_stop_slow',
    `The embedded server (process ${pid}) has been asked to stop and is not done after ${patience / 1000} s.`,
    {
      remedy: `See ${folder}/log. To end it at once, at the price of a recovery at the next start: kill -QUIT ${pid}.`,
    },
  );
}
