import { connect as dial } from 'node:net';
import { afterEach, expect, vi } from 'vitest';
import { verify } from '../../../src/inspect/verify.js';
import { startMonitor } from '../../../src/migrate/run/monitor.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { ANSWER_LIMIT_MS } from '../../../src/postgres/answer-limit.js';
import { connectWithLimit } from '../../../src/postgres/connect.js';
import { queryAll } from '../../../src/postgres/driver/search-path.js';
import { explainLostConnection } from '../../../src/postgres/lost-connection.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { type Listener, listen, relay, through } from '../../support/listeners.js';
import { SLOW } from '../../support/timeouts.js';

const files = { 'V1.up.sql': 'create table one ();', 'V1.down.sql': 'drop table one;' };

afterEach(() => {
  vi.useRealTimers();
});

/** Relays to a port. A connection that sends a text is silent from then on. */
function silentAfter(text: string, port: number, onSilence: () => void): Promise<Listener> {
  return listen((near) => {
    const far = dial({ port, host: '127.0.0.1' });
    near.on('data', (bytes) => {
      if (!bytes.includes(text)) {
        far.write(bytes);
        return;
      }
      far.destroy();
      onSilence();
    });
    far.on('data', (bytes) => near.write(bytes));
    far.on('error', () => undefined);
    near.on('close', () => far.destroy());
  });
}

test.for([
  ['status', 'reads the history', 'pg_is_in_recovery', status],
  ['status', 'compares the catalog', 'isolation level repeatable read read only', status],
  ['up', 'reads the history', 'pg_is_in_recovery', up],
  ['up', 'takes the lock', 'pg_try_advisory_xact_lock', up],
] as const)('%s ends with a message if the server is silent while it %s', async (row, { database }) => {
  const [, , text, run] = row;
  const directory = await folderWith(files);
  if (run === status) await up({ url: database.url, directory });
  let isSilent = false;
  await using relay = await silentAfter(text, Number(new URL(database.url).port), () => {
    isSilent = true;
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const result = run({ url: through(database.url, relay.port), directory }).catch((error: unknown) => error);
  while (!isSilent) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS - 1000);
  expect(await Promise.race([result, 'waiting'])).toBe('waiting');
  await vi.advanceTimersByTimeAsync(1000);
  expect(await result).toMatchObject({ code: 'answer_timeout' });
});

test('verify ends with a message if the server is silent in the middle of its work', async ({ database }) => {
  const directory = await folderWith(files);
  await up({ url: database.url, directory });
  let isSilent = false;
  await using relay = await silentAfter('to_regclass', Number(new URL(database.url).port), () => {
    isSilent = true;
  });
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const url = through(database.url, relay.port);
  const result = verify({ url, directory, statementTimeoutMs: 1000 }).catch((error: unknown) => error);
  while (!isSilent) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS);
  expect(await Promise.race([result, 'waiting'])).toBe('waiting');
  await vi.advanceTimersByTimeAsync(0.2 * ANSWER_LIMIT_MS);
  expect(await result).toMatchObject({ code: 'answer_timeout', message: expect.stringContaining('151 s') });
});

test('a monitor stops although the server is silent while it polls', async ({ database }) => {
  let isSilent = false;
  await using relay = await silentAfter('pg_blocking_pids', Number(new URL(database.url).port), () => {
    isSilent = true;
  });
  const target = parseDatabaseUrl(through(database.url, relay.port));
  const monitor = startMonitor(target, '0', () => undefined);
  monitor.pollFaster(100);
  await expect.poll(() => isSilent).toBe(true);
  await monitor.stop();
});

test('an interrupted run ends with a message if the server is silent', async ({ database }) => {
  const directory = await folderWith({
    'V1.up.sql': 'select pg_sleep(600);',
    'V1.down.sql': 'select 1;',
  });
  const port = Number(new URL(database.url).port);
  let isSilent = false;
  await using relay = await listen((near) => {
    const far = dial({ port, host: '127.0.0.1' });
    near.on('data', (bytes) => isSilent || far.write(bytes));
    far.on('data', (bytes) => isSilent || near.write(bytes));
    near.on('close', () => far.destroy());
  });
  const interrupt = new AbortController();
  const url = `${through(database.url, relay.port)}?connect_timeout=1`;
  const result = up({ url, directory, signal: interrupt.signal }).catch((error: unknown) => error);
  const sleeping = `select count(*)::integer from pg_stat_activity where datname = current_database() and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`;
  await expect.poll(() => database.value(sleeping)).toBeGreaterThan(0);
  isSilent = true;
  interrupt.abort();
  expect(await result).toMatchObject({ code: 'connection_timeout' });
});

test('an interrupted call ends if the server confirms the request and its answer is lost', {
  timeout: SLOW,
}, async ({ database }) => {
  await using cutting = await relay(Number(new URL(database.url).port));
  const interrupt = new AbortController();
  const url = through(database.url, cutting.port);
  const directory = await folderWith({ 'V1.up.sql': 'select pg_sleep(600);', 'V1.down.sql': 'select 1;' });
  const result = up({ url, directory, signal: interrupt.signal }).catch((error: unknown) => error);
  const sleeping = `select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  await expect.poll(() => database.value(sleeping)).toBeGreaterThan(0);
  cutting.cut();
  interrupt.abort();
  expect(await result).toMatchObject({ code: 'answer_timeout' });
  await expect.poll(() => database.value(sleeping)).toBe(0);
});

/** Relays to a port. The connection that sends a text is closed, with the answer to it, once the server has committed. */
function lostAfter(text: string, port: number, onCommit: () => Promise<void>): Promise<Listener> {
  return listen((near) => {
    const far = dial({ port, host: '127.0.0.1' });
    let isSent = false;
    let hasCommitted = false;
    near.on('data', (bytes) => {
      isSent ||= bytes.includes(text);
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (!isSent) near.write(bytes);
      if (!isSent || hasCommitted || !bytes.includes('COMMIT')) return;
      hasCommitted = true;
      void onCommit().then(() => near.destroy());
    });
    far.on('error', () => undefined);
    near.on('error', () => undefined);
    near.on('close', () => far.destroy());
  });
}

test.for([
  ['a run', false],
  ['an interrupted run', true],
] as const)('%s whose last answers are lost does not say that its files are rolled back', async ([
  ,
  isInterrupted,
], { database }) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table one (id integer);',
    'V1.down.sql': 'drop table one;',
    'V2.up.sql': 'create table two (id integer);',
    'V2.down.sql': 'drop table two;',
  });
  const interrupt = new AbortController();
  const isThere = "select to_regclass('two') is not null";
  await using relay = await lostAfter('create table one', Number(new URL(database.url).port), async () => {
    await expect.poll(() => database.value(isThere)).toBe(true);
    if (isInterrupted) interrupt.abort();
  });
  const url = through(database.url, relay.port);
  const error: unknown = await up({ url, directory, signal: interrupt.signal }).catch(
    (thrown: unknown) => thrown,
  );
  expect(await database.value(isThere)).toBe(true);
  expect(error).toMatchObject({
    code: 'connection_lost',
    message: expect.not.stringContaining('Nothing'),
    results: [{ status: 'unconfirmed' }, { status: 'unconfirmed' }],
  });
});

test('a server that sends one result for several statements breaks the protocol', async ({ database }) => {
  const connection = await connectWithLimit(parseDatabaseUrl(database.url));
  const error: unknown = await queryAll(connection.client, 'select 1').catch((thrown: unknown) => thrown);
  expect(explainLostConnection(error, connection)).toMatchObject({ code: 'protocol_violation' });
  await connection.close();
});

test('a connection that accompanies other work has a limit for its login with connect_timeout=0', async () => {
  await using silent = await listen(() => undefined);
  const target = parseDatabaseUrl(`postgresql://ann@127.0.0.1:${silent.port}/survey?connect_timeout=0`, {});
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const result = connectWithLimit(target).catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await result).toMatchObject({ code: 'connection_timeout' });
});

test('up whose second connection is refused while it reads the history rejects once, with the reason', async ({
  database,
}) => {
  const two = { ...files, 'V2.up.sql': 'select 2;', 'V2.down.sql': 'select 2;' };
  await up({ url: database.url, directory: await folderWith(files) });
  await up({ url: database.url, directory: await folderWith(two) });
  // As if that run had ended before it recorded a snapshot.
  await database.client.query(`update voicesurvey_migrations.history
    set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null where version = 2`);
  const directory = await folderWith({ ...two, 'V3.up.sql': 'select 3;', 'V3.down.sql': 'select 3;' });
  let connections = 0;
  await using relay = await listen((near) => {
    connections += 1;
    if (connections > 1) {
      near.destroy();
      return;
    }
    // Longer than a connection that is closed waits for its last answers.
    const later = (send: () => void): unknown => setTimeout(send, 1200);
    const far = dial({ port: Number(new URL(database.url).port), host: '127.0.0.1' });
    near.on('data', (bytes) => later(() => far.write(bytes)));
    far.on('data', (bytes) => later(() => near.write(bytes)));
    far.on('error', () => undefined);
    near.on('error', () => undefined);
    near.on('close', () => far.destroy());
  });
  const rejections: unknown[] = [];
  const listener = (reason: unknown): unknown => rejections.push(reason);
  process.on('unhandledRejection', listener);
  const error: unknown = await up({ url: through(database.url, relay.port), directory }).catch(
    (thrown: unknown) => thrown,
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  expect(error).toMatchObject({ code: expect.stringMatching(/^connection_/) });
  expect(rejections).toEqual([]);
});
