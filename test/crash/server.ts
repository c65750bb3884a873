import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedServer, stopEmbeddedServer } from '../../src/postgres/embedded.js';

/** A server that a test may kill. Unlike the other test servers, it flushes to disk as in production. */
export interface CrashServer {
  readonly url: string;
  readonly port: number;
  /** The folder with its data, its password and its log. */
  readonly folder: string;
  /** Stops it as `pg_ctl stop -m immediate` does, without a checkpoint; resolves when the process has ended. */
  kill(): Promise<void>;
  /** Starts it again on the same port; it recovers from its write-ahead log. */
  restart(): Promise<void>;
  /** Stops it and deletes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a server in a temporary folder.
 *
 * @param settings settings of `postgresql.conf`
 */
export async function startCrashServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<CrashServer> {
  const directory = await mkdtemp(join(tmpdir(), 'voicesurvey-db-crash-'));
  // A server started by root runs as another user, which must be able to enter the folder.
  await chmod(directory, 0o755);
  const start = () => startEmbeddedServer({ directory, settings });
  const { url, port, pid, directory: folder } = await start();
  let postmaster = pid;
  return {
    url,
    port,
    folder,
    kill: async () => {
      process.kill(postmaster, 'SIGQUIT');
      while (isAlive(postmaster)) await sleep(5);
    },
    restart: async () => {
      const server = await start();
      if (server.port !== port)
        throw new Error(`The server restarted on port ${server.port} instead of ${port}.`);
      postmaster = server.pid;
    },
    stop: async () => {
      await stopEmbeddedServer({ directory });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
