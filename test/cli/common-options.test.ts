import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished } from 'vitest';
import { runCli, runJson, startCli } from '../support/cli.js';
import { test } from '../support/database.js';
import { until } from '../support/until.js';

describe('--quiet', () => {
  test('prints no result in words, no remark and no progress, but data, warnings and errors', async ({
    database,
  }) => {
    const env = { DATABASE_URL: database.url };
    const quiet = (...args: string[]) => runCli([...args, '--quiet'], { env });
    expect(await quiet('up')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await quiet('status')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await quiet('sql', 'begin; select 7 as seven')).toEqual({
      code: 0,
      stdout: 'BEGIN\nseven\n-----\n    7\n(1 row)\n',
      stderr: 'warning: the SQL has no commit, so its last transaction was rolled back.\n',
    });
    expect(await quiet('sql', 'select 1/0')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: .*division by zero/),
    });
  });
});

describe('--verbose', () => {
  test('prints SQL and times on standard error, without values and passwords', async ({ database }) => {
    const sql = `select 'ann@example.com' as "name", 4920000001`;
    const env = { DATABASE_URL: database.url };
    const { stderr, document } = await runJson(['sql', sql, '--verbose'], { env });
    expect(document).toMatchObject({ ok: true, results: [{ rows: [{ name: 'ann@example.com' }] }] });
    expect(stderr).toMatch(/^ +\d+\.\d ms {2}connected to postgresql:\/\//m);
    expect(stderr).toMatch(/^ +\d+\.\d ms {2}select \? as "name", \?$/m);
    expect(stderr).not.toMatch(/ann@|492000/);
    const { password } = new URL(database.url);
    if (password !== '') expect(stderr).not.toContain(password);
  });

  test('marks a statement that the server refused', async ({ database }) => {
    const { stderr } = await runCli(['sql', 'select 1/0', '--verbose'], {
      env: { DATABASE_URL: database.url },
    });
    expect(stderr).toMatch(/ms {2}failed: select \?\/\?$/m);
  });
});

/** What a server sends while it starts. */
const STARTING = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0');
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

async function listen(port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('--wait', () => {
  test('waits for a server whose port is closed and which then starts', async ({ database }) => {
    const target = new URL(database.url);
    const first = await listen(0, () => {});
    const port = portOf(first);
    first.close();
    await once(first, 'close');
    const url = Object.assign(new URL(database.url), { host: `127.0.0.1:${port}` }).href;
    const { child, result } = startCli(['sql', 'select 7 as seven', '--wait', '60'], {
      env: { DATABASE_URL: url },
    });
    let stderr = '';
    child.stderr?.on('data', (text: string) => {
      stderr += text;
    });
    await until(() => stderr.includes('refuses connections'));
    let isStarting = true;
    const proxy = await listen(port, (socket) => {
      socket.on('error', () => {});
      if (!isStarting) {
        const upstream = connect(Number(target.port), target.hostname).on('error', () => {});
        socket.pipe(upstream).pipe(socket);
        return;
      }
      socket.on('data', (data) => {
        if (data.length === 8) socket.write('N');
        else socket.end(STARTING);
      });
    });
    onTestFinished(() => void proxy.close());
    await until(() => stderr.includes('is starting'));
    isStarting = false;
    const { code, stdout } = await result;
    expect([code, stdout]).toEqual([0, expect.stringContaining('seven')]);
    expect(stderr).not.toContain('\r');
  });

  test('ends with the error of the server when its time is over, and does not wait for a wrong password', async ({
    database,
  }) => {
    const closed = await runCli(['status', '--wait', '0.1'], {
      env: { DATABASE_URL: 'postgresql://ann@127.0.0.1:1/survey' },
    });
    expect([closed.code, closed.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: \S+ refuses connections/),
    ]);
    const missing = Object.assign(new URL(database.url), { pathname: '/no_such_database' }).href;
    const { document } = await runJson(['status', '--wait', '600'], { env: { DATABASE_URL: missing } });
    expect(document).toMatchObject({ error: { code: 'database_missing' } });
  });
});
