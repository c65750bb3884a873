import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedServerError } from '../errors.js';
import type { EmbeddedBinaries } from './binaries.js';
import { accepts } from './ports.js';
import { lookAtPostmaster, newClusterName, type Postmaster, type RunningPostmaster } from './postmaster.js';
import { explainSpawnError, spawnAs } from './run-program.js';
import type { ServerLog } from './server-log.js';
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
export const patience = 120_000;

/**
 * Spawns PostgreSQL and waits until it is ready.
 *
 * @param port where it is to listen
 * @returns the server, or null when it ended instead; the log then says why
 * @throws EmbeddedServerError `embedded_start_slow` when it is still busy after two minutes
 */
export async function attempt(
  options: Launch,
  port: number,
  log: ServerLog,
): Promise<RunningPostmaster | null> {
  const { data, user, binaries } = options;
  const settings = {
    ...options.settings,
    cluster_name: newClusterName(binaries.version),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  };
  const [program, args] = commandFor(options, [...settingArguments(settings), '-p', String(port)]);
  const child = spawnAs(user, program, args, {
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

/** The error for a server that is still busy when our patience is at its end. */
export function tooSlow(folder: string, found: Postmaster): EmbeddedServerError {
  const pid = found.state === 'running' ? ` (process ${found.pid})` : '';
  return new EmbeddedServerError(
    'embedded_start_slow',
    `The embedded server${pid} is still not ready after ${patience / 1000} s.`,
    { remedy: `It may be at work after a crash: see ${folder}/log, and run it again when it is done.` },
  );
}
