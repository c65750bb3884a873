import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedServerError } from '../errors.js';
import { attempt, type Launch, patience, tooSlow } from './attempt.js';
import { accepts, anyFreePort, isBindable, portsFor } from './ports.js';
import {
  endOrphans,
  lookAtPostmaster,
  type RunningPostmaster,
  readLastStart,
  removePidFile,
} from './postmaster.js';
import { openServerLog, tellingLines } from './server-log.js';

/** How long processes of a killed server are waited for, in milliseconds. */
const orphansMayTake = 15_000;
/** How often a start may fail for no reason that we know of. */
const attempts = 3;

/**
 * Starts a server, or waits for the one that another process is starting: which of them it is, PostgreSQL's own lock
 * file decides.
 *
 * @returns the server, ready, and whether it was we who started it
 * @throws EmbeddedServerError `embedded_start_failed` with what the server said; `embedded_start_slow` when it is
 *   still busy after two minutes
 */
export async function launch(options: Launch): Promise<{ server: RunningPostmaster; started: boolean }> {
  const { folder, data } = options;
  const begun = Date.now();
  const taken = new Set<number>();
  let failures = 0;
  for (;;) {
    const found = await lookAtPostmaster(data);
    if (found.state === 'running' && found.ready && (await accepts(found.port))) {
      return { server: found, started: false };
    }
    if (found.state === 'running' || found.state === 'beginning') {
      if (Date.now() - begun > patience) throw tooSlow(folder, found);
      await pause(20);
      continue;
    }
    if (found.state === 'blocked') await removePidFile(data, found.pidFile);

    const port = await choosePort(options, taken);
    const log = await openServerLog(folder, options.user);
    try {
      const server = await attempt(options, port, log);
      if (server !== null) return { server, started: true };
      if ((await lookAtPostmaster(data)).state === 'running') continue;
      if ((await endOrphans(data)) > 0 && Date.now() - begun < orphansMayTake) {
        await pause(50);
        continue;
      }
      if (!(await isBindable(port))) {
        taken.add(port);
        continue;
      }
      failures += 1;
      if (failures === attempts) throw failed(log.path, await log.news());
    } finally {
      await log.close();
    }
    await pause(100);
  }
}

/** The port of the last time when it is free, else the first free one of those for this folder. */
async function choosePort({ data, folder }: Launch, taken: ReadonlySet<number>): Promise<number> {
  const { port: last } = await readLastStart(data);
  // A server that was killed a moment ago may still hold it.
  if (last !== null && !taken.has(last) && (await accepts(last))) await pause(100);
  for (const port of [...(last === null ? [] : [last]), ...portsFor(folder)]) {
    // Asked by connecting: to listen there, even for a moment, could fail another process's server.
    if (!taken.has(port) && !(await accepts(port))) return port;
  }
  return anyFreePort();
}

function failed(log: string, output: string): EmbeddedServerError {
  const full = /No space left on device|Disk quota exceeded/.test(output);
  return new EmbeddedServerError(
    'embedded_start_failed',
    `The embedded server could not be started:\n${tellingLines(output)}`,
    {
      remedy: full
        ? 'Free some disk space and run it again.'
        : `See to what PostgreSQL says (all of it is in ${log}) and run it again.`,
    },
  );
}
