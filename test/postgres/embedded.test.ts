import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readProcessTitle } from '../../src/postgres/embedded/processes.js';
import {
  type EmbeddedServer,
  findEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../src/postgres/embedded.js';
import { SLOW } from '../support/timeouts.js';
import { inChild, newDirectory, queryRow, sharedDirectory } from './embedded/support.js';

describe('the embedded server', () => {
  const directory = sharedDirectory();
  let server: EmbeddedServer;
  beforeAll(async () => {
    // Variables for other servers, which must have no effect.
    const env = { PGPORT: '1', PGDATA: '/nowhere', PGOPTIONS: '-c x', LC_ALL: 'xx_XX', TZ: 'Mars/Olympus' };
    server = (await inChild('start', directory.path, { env })).value;
  }, SLOW);

  test('a new embedded server has an empty UTF-8 database voicesurvey', async () => {
    expect(server.started).toBe(true);
    const tables = 'select current_database(), count(*)::int from pg_tables where schemaname = $$public$$';
    expect(await queryRow(server.url, tables)).toEqual(['voicesurvey', 0]);
    const text =
      "select current_setting('server_encoding'), lower('ÉÄ'), 'Z' < 'a', current_setting('timezone')";
    expect(await queryRow(server.url, text)).toEqual(['UTF8', 'éä', true, 'UTC']);
    const [full] = await queryRow(server.url, 'show server_version');
    expect(full).toMatch(new RegExp(`^${server.version}`));
  });

  test('the embedded server outlives the process that started it, and findEmbeddedServer finds it', async () => {
    const found = await findEmbeddedServer({ directory: directory.path });
    expect(found).toEqual({ ...server, started: false });
  });

  test('startEmbeddedServer returns the running server instead of starting another', async () => {
    const same = { ...server, started: false };
    expect(await startEmbeddedServer({ directory: directory.path })).toEqual(same);
    expect((await inChild('start', directory.path)).value).toEqual(same);
  });

  test('the embedded server listens only on 127.0.0.1, and on no Unix socket', async () => {
    const settings = "select current_setting('listen_addresses'), current_setting('unix_socket_directories')";
    expect(await queryRow(server.url, settings)).toEqual(['127.0.0.1', '']);
    const others = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { address } of others) expect(await opens(address, server.port)).toBe(false);
  });

  test('the embedded server rejects a wrong password', async () => {
    const wrong = server.url.replace(/:[^:@]+@/, ':wrong@');
    await expect(queryRow(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('password and data of the embedded server are readable by their owner only, ignored by git, and not in the process list', async () => {
    expect((await stat(join(server.directory, 'password'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(server.directory, 'data'))).mode & 0o777).toBe(0o700);
    expect(await readFile(join(directory.path, '.gitignore'), 'utf8')).toBe('*\n');
    expect(await readProcessTitle(server.pid)).not.toContain(new URL(server.url).password);
  });

  test('the embedded server keeps its URL and its data across a restart, and applies settings', async () => {
    await queryRow(server.url, 'create table numbers as select 42 as x');
    expect(await stopEmbeddedServer({ directory: directory.path })).toBe(true);
    expect(await findEmbeddedServer({ directory: directory.path })).toBeNull();
    const settings = { fsync: 'off', listen_addresses: '*', port: '1', work_mem: '5MB' };
    const again = await startEmbeddedServer({ directory: directory.path, settings });
    expect(again).toMatchObject({ url: server.url, started: true });
    expect(await queryRow(again.url, 'select x from numbers')).toEqual([42]);
    const shown =
      "select current_setting('fsync'), current_setting('work_mem'), current_setting('listen_addresses')";
    expect(await queryRow(again.url, shown)).toEqual(['off', '5MB', '127.0.0.1']);
  });
});

describe('a folder without an embedded server', () => {
  test('findEmbeddedServer and stopEmbeddedServer find no server in a missing folder and do not create it', async () => {
    const directory = await newDirectory();
    expect(await findEmbeddedServer({ directory })).toBeNull();
    expect(await stopEmbeddedServer({ directory })).toBe(false);
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 500 });
    const finish = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}
