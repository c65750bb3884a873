import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedServerError } from '../errors/explained-error.js';
import type { EmbeddedBinaries } from './binaries.js';
import { acceptsConnections } from './ports.js';
import {
  newClusterName,
  type PostmasterState,
  type RunningPostmaster,
  readPostmasterState,
} from './postmaster.js';
import { explainSpawnError, spawnAs } from './run-program.js';
import type { ServerLog } from './server-log.js';
import type { ServerUser } from './server-user.js';

/** The options of the start of a server. */
export interface StartOptions {
  /** The server's folder, as a real path. */
  readonly folder: string;
  readonly data: string;
  readonly user: ServerUser | null;
  readonly binaries: EmbeddedBinaries;
  readonly settings: Readonly<Record<string, string>>;
  /** Ends the wait for the server, which continues to start. */
  readonly signal?: AbortSignal | undefined;
}

const isWindows = process.platform === 'win32';

/** The longest start of a server. It may be long after a crash. */
export const START_TIMEOUT_MS = 120_000;

/**
 * Spawns PostgreSQL and waits until it accepts connections.
 *
 * @param port the port to listen on
 * @returns the server, or null if it ended; the log then says why
 * @throws EmbeddedServerError `embedded_start_slow` if it is not ready after two minutes
 */
export async function spawnPostmaster(
  options: StartOptions,
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
    // A separate session, so that Ctrl-C in this terminal does not reach the server.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const end = endOf(child);
  const deadline = Date.now() + START_TIMEOUT_MS;
  try {
    for (;;) {
      const ended = await Promise.race([end, pause(10, null)]);
      if (ended?.error !== undefined) throw explainSpawnError(ended.error, program, user);
      if (ended !== null) return null;
      options.signal?.throwIfAborted();
      const postmaster = await readPostmasterState(data);
      const isOurs = postmaster.state === 'running' && (postmaster.pid === child.pid || isWindows);
      if (isOurs && postmaster.ready && (await acceptsConnections(postmaster.port))) return postmaster;
      if (Date.now() > deadline) throw startTooSlow(options.folder, postmaster);
    }
  } finally {
    child.unref();
  }
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Runs `postgres` and not `pg_ctl start`, which quotes the paths in its shell command incompletely and polls only every
 * 100 ms. On Windows, only pg_ctl can drop the rights of an administrator, with which PostgreSQL refuses to run.
 */
function commandFor({ data, binaries }: StartOptions, args: readonly string[]): [string, string[]] {
  return isWindows
    ? [binaries.pgCtl, ['start', '-w', '-D', data, '-o', args.map((arg) => `"${arg}"`).join(' ')]]
    : [binaries.postgres, ['-D', data, ...args]];
}

function endOf(child: ChildProcess): Promise<{ error?: Error }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    // When pg_ctl succeeds and exits, the server keeps running.
    child.once('exit', (code) => (isWindows && code === 0 ? undefined : resolve({})));
  });
}

/** Makes the error for a server that is not ready after {@link START_TIMEOUT_MS}. */
export function startTooSlow(folder: string, postmaster: PostmasterState): EmbeddedServerError {
  const pid = postmaster.state === 'running' ? ` (process ${postmaster.pid})` : '';
  return new EmbeddedServerError(
    'embedded_start_slow',
    `The embedded server in ${folder}${pid} is not ready after ${START_TIMEOUT_MS / 1000} s.`,
    {
      remedy: `It may still be recovering from a crash: read ${folder}/log, and run the command again when it is ready.`,
    },
  );
}
