import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedServerError } from '../errors.js';
import type { EmbeddedBinaries } from './binaries.js';
import { accepts, anyFreePort, isBindable, portsFor } from './ports.js';
import {
  endOrphans,
  lookAtPostmaster,
  newClusterName,
  type Postmaster,
  type RunningPostmaster,
  readLastStart,
  removePidFile,
} from './postmaster.js';
import { explainSpawnError, spawnOptionsFor } from './run-program.js';
import { openServerLog, type ServerLog, tellingLines } from './server-log.js';
import type { ServerUser } from './server-user.js';

/** What a launch needs to know. */
export interface Launch {
  /** The server's folder, as a real path. */
  readonly folder: string;
  readonly data: string;
  readonly user: ServerUser | null;
  readonly binaries: EmbeddedBinaries;
  readonly settings: Readonly<Record<string, string>>;
}

const isWindows = process.platform === 'win32';

/** How long a server may take to start, which after a crash may be long; in milliseconds. */
const patience = 120_000;
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

/** Spawns PostgreSQL and waits until it is ready; null when it ended instead. */
async function attempt(options: Launch, port: number, log: ServerLog): Promise<RunningPostmaster | null> {
  const { data, user, binaries } = options;
  const settings = {
    ...options.settings,
    cluster_name: newClusterName(binaries.version),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  };
  const [program, args] = commandFor(options, [...settingArguments(settings), '-p', String(port)]);
  const child = spawn(program, args, {
    ...spawnOptionsFor(user),
    // A session of its own, so that Ctrl-C on our terminal does not reach it.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const end = endOf(child);
  const deadline = Date.now() + patience;
  try {
    for (;;) {
      const over = await Promise.race([end, pause(10, null)]);
      if (over?.error !== undefined) throw explainSpawnError(over.error, program, user);
      if (over !== null) return null;
      const found = await lookAtPostmaster(data);
      const isOurs = found.state === 'running' && (found.pid === child.pid || isWindows);
      if (isOurs && found.ready && (await accepts(found.port))) return found;
      if (Date.now() > deadline) throw tooSlow(options.folder, found);
    }
  } finally {
    child.unref();
  }
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Not `pg_ctl start`: it puts the paths into a shell's command line, quoted too little, and looks only every 100 ms.
 * But on Windows only pg_ctl can give up the rights of an administrator, with which PostgreSQL refuses to run.
 */
function commandFor({ data, binaries }: Launch, args: readonly string[]): [string, string[]] {
  return isWindows
    ? [binaries.pgCtl, ['start', '-w', '-D', data, '-o', args.map((arg) => `"${arg}"`).join(' ')]]
    : [binaries.postgres, ['-D', data, ...args]];
}

function endOf(child: ChildProcess): Promise<{ error?: Error }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    // pg_ctl's success is not the server's end.
    child.once('exit', (code) => (isWindows && code === 0 ? undefined : resolve({})));
  });
}

/** The port of the last time when it is free, else the first free one of those for this folder. */
async function choosePort({ data, folder }: Launch, taken: ReadonlySet<number>): Promise<number> {
  const { port: last } = await readLastStart(data);
  for (const port of [...(last === null ? [] : [last]), ...portsFor(folder)]) {
    // Asked by connecting: to listen there, even for a moment, could fail another process's server.
    if (!taken.has(port) && !(await accepts(port))) return port;
  }
  return anyFreePort();
}

function tooSlow(folder: string, found: Postmaster): EmbeddedServerError {
  const pid = found.state === 'running' ? ` (process ${found.pid})` : '';
  return new EmbeddedServerError(
    'embedded_start_slow',
    `The embedded server${pid} is still not ready after ${patience / 1000} s.`,
    { remedy: `It may be at work after a crash: see ${folder}/log, and run it again when it is done.` },
  );
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
