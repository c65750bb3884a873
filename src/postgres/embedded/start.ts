import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { acceptsConnections, candidatePorts, findFreePort, isBindable } from './ports.js';
import {
  killOrphans,
  type RunningPostmaster,
  readLastStart,
  readPostmasterState,
  removeStalePidFile,
} from './postmaster.js';
import { errorLines, openServerLog, remedyForOutput } from './server-log.js';
import { START_TIMEOUT_MS, type StartOptions, spawnPostmaster, startTooSlow } from './spawn-postmaster.js';

/** How long to wait until the processes of a killed server have ended. */
const ORPHANS_TIMEOUT_MS = 15_000;
/** How often a start may fail without a known reason. */
const MAX_FAILURES = 3;

/**
 * Starts a server, or waits for the one that another process is starting. PostgreSQL's own lock file decides between them.
 *
 * @returns the server, ready, and whether this call started it
 * @throws EmbeddedServerError `embedded_start_failed` with the errors in the server's log; `embedded_start_slow` if it is
 *   not ready after two minutes
 */
export async function startPostmaster(
  options: StartOptions,
): Promise<{ postmaster: RunningPostmaster; started: boolean }> {
  const { folder, data } = options;
  const beginning = Date.now();
  const taken = new Set<number>();
  let failures = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const found = await readPostmasterState(data);
    if (found.state === 'running' && found.ready && (await acceptsConnections(found.port))) {
      return { postmaster: found, started: false };
    }
    if (found.state === 'running' || found.state === 'starting') {
      if (Date.now() - beginning > START_TIMEOUT_MS) throw startTooSlow(folder, found);
      await pause(20);
      continue;
    }
    if (found.state === 'stale') await removeStalePidFile(data, found.pidFile);

    const port = await choosePort(options, taken);
    const log = await openServerLog(folder, options.user);
    try {
      const postmaster = await spawnPostmaster(options, port, log);
      if (postmaster !== null) return { postmaster, started: true };
      if ((await readPostmasterState(data)).state === 'running') continue;
      if ((await killOrphans(data)) > 0 && Date.now() - beginning < ORPHANS_TIMEOUT_MS) {
        await pause(50);
        continue;
      }
      if (!(await isBindable(port))) {
        taken.add(port);
        continue;
      }
      failures += 1;
      if (failures === MAX_FAILURES) throw startFailed(folder, log.path, await log.readNew());
    } finally {
      await log.close();
    }
    await pause(100);
  }
}

/** Chooses the port of the last start if it is free, else the first free candidate of this folder. */
async function choosePort({ data, folder }: StartOptions, taken: ReadonlySet<number>): Promise<number> {
  const { port: last } = await readLastStart(data);
  // A server that was killed a moment ago may still hold it.
  if (last !== null && !taken.has(last) && (await acceptsConnections(last))) await pause(100);
  for (const port of [...(last === null ? [] : [last]), ...candidatePorts(folder)]) {
    // Checked by connecting: to listen on it, even for a moment, could make the start of another server fail.
    if (!taken.has(port) && !(await acceptsConnections(port))) return port;
  }
  return findFreePort();
}

function startFailed(folder: string, log: string, output: string): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded_start_failed',
    `The embedded server in ${folder} could not be started:\n${errorLines(output)}`,
    {
      remedy:
        remedyForOutput(output) ??
        `Fix what PostgreSQL reports and run the command again. The whole log is ${log}.`,
    },
  );
}
