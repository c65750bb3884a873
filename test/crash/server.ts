import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startEmbeddedServer, stopEmbeddedServer } from '../../src/postgres/embedded.js';

/** A server that may be killed without harm to anybody. It writes to the disk as one in production does. */
export interface CrashServer {
  readonly url: string;
  readonly port: number;
  /** As `pg_ctl stop -m immediate`: nothing is written any more; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again, where it was, and lets it recover. */
  restart(): Promise<void>;
  /** Stops it for good. */
  stop(): Promise<void>;
}

/**
 * Starts one, in a temporary folder.
 *
 * @param settings of `postgresql.conf`
 */
export async function startCrashServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<CrashServer> {
  const directory = await mkdtemp(join(tmpdir(), 'voicesurvey-db-crash-'));
  // Root's server runs as another user, who has to enter the folder.
  await chmod(directory, 0o755);
  const start = () => startEmbeddedServer({ directory, settings });
  const { url, port, pid } = await start();
  let postmaster = pid;
  return {
    url,
    port,
    kill: async () => {
      process.kill(postmaster, 'SIGQUIT');
      while (isAlive(postmaster)) await pause(5);
    },
    restart: async () => {
      const server = await start();
      if (server.port !== port) throw new Error(`the server is now on port ${server.port}, not on ${port}`);
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
