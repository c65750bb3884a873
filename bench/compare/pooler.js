// @ts-check
import { spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { until } from './trial.js';

/** PgBouncer refuses to run as root. */
const NOBODY = { uid: 65534, gid: 65534 };

/**
 * Starts a PgBouncer in transaction mode in front of a server that asks for no password.
 *
 * @param {string} url of a database of the server
 * @returns {Promise<{ port: number, stop: () => Promise<void> }>}
 */
export async function startPooler(url) {
  const { hostname, port: serverPort, username } = new URL(url);
  const folder = await mkdtemp(join(tmpdir(), 'voicesurvey-bench-pooler-'));
  const port = await unusedPort();
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    pool_mode: 'transaction',
    auth_type: 'trust',
    auth_file: join(folder, 'users'),
    server_tls_sslmode: 'disable',
    ignore_startup_parameters: 'extra_float_digits',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const target = `* = host=${hostname} port=${serverPort}`;
  await writeFile(join(folder, 'ini'), `[databases]\n${target}\n[pgbouncer]\n${lines.join('\n')}\n`);
  await writeFile(join(folder, 'users'), `"${username}" ""\n`);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await chmod(folder, 0o755);
    await chown(folder, NOBODY.uid, NOBODY.gid);
  }
  const child = spawn('/usr/sbin/pgbouncer', ['-q', join(folder, 'ini')], {
    ...(isRoot && NOBODY),
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  };
  const accepts = async () => {
    const client = new pg.Client({ connectionString: Object.assign(new URL(url), { port }).href });
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  };
  if (await until(accepts)) return { port, stop };
  await stop();
  throw new Error('PgBouncer did not start.');
}

/** @returns {Promise<number>} */
function unusedPort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
