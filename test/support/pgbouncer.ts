import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { chooseServerUser } from '../../src/postgres/embedded/server-user.js';
import { unusedPort } from './listeners.js';

/** A PgBouncer in transaction mode in front of the server of the run. */
export interface Pooler {
  /** Returns the address of a database through the pooler. */
  through(url: string): string;
}

/** The path of PgBouncer; undefined if it is not installed. Debian installs it in a folder that only root's PATH has. */
const program = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find(isExecutable);

/**
 * Why tests that need PgBouncer cannot run; undefined if they can, or if `REQUIRE_PGBOUNCER=1` requires them.
 */
export const poolerMissing: string | undefined =
  program === undefined && process.env.REQUIRE_PGBOUNCER !== '1'
    ? 'skipped: PgBouncer is not installed (apt-get install pgbouncer)'
    : undefined;

/**
 * Starts a PgBouncer for the tests of a `describe` or a file, and stops it after them.
 *
 * @param settings further settings of its section `[pgbouncer]`
 */
export function sharedPooler(settings: Readonly<Record<string, string | number>>): Pooler {
  let port = 0;
  let stop = async (): Promise<void> => {};
  beforeAll(async () => {
    ({ port, stop } = await startPooler(inject('serverUrl'), settings));
  });
  afterAll(() => stop());
  return {
    through: (text) => {
      const url = new URL(text);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
  };
}

async function startPooler(
  serverUrl: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<{ port: number; stop(): Promise<void> }> {
  if (program === undefined) throw new Error('PgBouncer is not installed: apt-get install pgbouncer');
  const folder = await mkdtemp(join(tmpdir(), 'voicesurvey-db-pgbouncer-'));
  const port = await unusedPort();
  const config = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users');
  await writeFile(config, configFor(serverUrl, { listen_port: port, auth_file: users, ...settings }));
  await writeFile(users, usersFor(serverUrl), { mode: 0o600 });
  // PgBouncer refuses to run as root.
  const user = await chooseServerUser('/');
  if (user !== null) {
    await chmod(folder, 0o755);
    await chown(users, user.uid, user.gid);
  }
  const child = spawn(program, ['-q', config], {
    ...(user && { uid: user.uid, gid: user.gid }),
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log = collect(child);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGQUIT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  await waitUntilListening(port, child, log).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { port, stop };
}

function configFor(serverUrl: string, settings: Readonly<Record<string, string | number>>): string {
  const { hostname, port, password } = new URL(serverUrl);
  const lines = {
    pool_mode: 'transaction',
    listen_addr: '127.0.0.1',
    unix_socket_dir: '',
    auth_type: password === '' ? 'trust' : 'scram-sha-256',
    server_tls_sslmode: 'disable',
    max_client_conn: 200,
    ...settings,
  };
  const section = Object.entries(lines).map(([name, value]) => `${name} = ${value}`);
  return `[databases]\n* = host=${hostname} port=${port || 5432}\n[pgbouncer]\n${section.join('\n')}\n`;
}

/** The password in clear text: with it, PgBouncer can be both server and client of SCRAM. */
function usersFor(serverUrl: string): string {
  const { username, password } = new URL(serverUrl);
  return [username, password].map((text) => `"${decodeURIComponent(text).replaceAll('"', '""')}"`).join(' ');
}

function collect({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}

async function waitUntilListening(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; await pause(20)) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'nobody', database: 'pgbouncer' });
    const error: unknown = await client.connect().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await client.end().catch(() => {});
    // Any answer, also an error, shows that it listens.
    if (error === undefined || !(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'))
      return;
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`PgBouncer did not start:\n${log()}`);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
