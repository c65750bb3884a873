import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import {
  isClientWithoutConnection,
  isServerProofWrong,
  isServerWithoutTls,
  listenToCopyData,
  listenToLogin,
  listenToServerTexts,
  onCopyIn,
  onStatementCompleted,
  reportedPidOf,
  sendOneByOne,
  sendTogether,
  setStartupParameters,
  streamOf,
} from '../../../src/postgres/driver/pg-internals.js';
import { SLOW } from '../../support/timeouts.js';
import { PASSWORD, startTlsServer, type TlsServer } from '../../support/tls-server.js';

let server: TlsServer;
beforeAll(async () => {
  server = await startTlsServer();
}, SLOW);
afterAll(() => server?.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A client of `pg` alone, without anything of this package. */
function newClient(config: pg.ClientConfig = {}): pg.Client {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'scrambled',
    password: PASSWORD,
    database: 'postgres',
    ...config,
  });
  client.on('error', () => {});
  onTestFinished(async () => {
    if (!streamOf(client).destroyed) await client.end();
  });
  return client;
}

async function failureOf(result: Promise<unknown>): Promise<Error> {
  return result.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );
}

async function connected(config?: pg.ClientConfig): Promise<pg.Client> {
  const client = newClient(config);
  await client.connect();
  return client;
}

test('pg replaces the stream of a client when TLS starts', async () => {
  const client = newClient({ ssl: { rejectUnauthorized: false } });
  const before = streamOf(client);
  expect(before).toBeInstanceOf(Socket);
  expect(before).not.toBeInstanceOf(TLSSocket);
  await client.connect();
  expect(streamOf(client)).toBeInstanceOf(TLSSocket);
});

test('pg throws inside the data listener of its stream when it cannot parse a message', async () => {
  const client = await connected();
  // A request to authenticate by a method that does not exist.
  const unknownMethod = Buffer.from('520000000800000063', 'hex');
  expect(() => streamOf(client).emit('data', unknownMethod)).toThrow('Unknown authenticationOk message type');
});

test('a client in pipeline mode sends one query at a time after sendOneByOne, and ends after the last', async () => {
  const client = await connected({ pipeline: true });
  sendOneByOne(client);
  const write = vi.spyOn(streamOf(client), 'write');
  const queries = ['select 1 as a', 'select 1/0', 'select 3 as a'].map((sql) => client.query(sql));
  expect(write).toHaveBeenCalledTimes(1);
  const ended = client.end();
  const results = await Promise.allSettled(queries);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value.rows : 'failed'))).toEqual([
    [{ a: 1 }],
    'failed',
    [{ a: 3 }],
  ]);
  await ended;
});

test('pg has the process id that the server reported', async () => {
  const client = newClient();
  expect(reportedPidOf(client)).toBe(0);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  expect(reportedPidOf(client)).toBe(rows[0]?.pid);
});

test('pg takes the startup parameters from getStartupConf alone', async () => {
  vi.stubEnv('PGOPTIONS', '-c lock_timeout=7s');
  const client = newClient();
  setStartupParameters(client, { user: 'scrambled', database: 'template1', application_name: 'ours' });
  await client.connect();
  const { rows } = await client.query(
    "select current_database() as database, current_setting('application_name') as name, current_setting('lock_timeout') as timeout",
  );
  expect(rows).toEqual([{ database: 'template1', name: 'ours', timeout: '0' }]);
});

test('pg starts TLS and sends the answers of a login through the methods that we listen to', async () => {
  const events: string[] = [];
  const listen = (client: pg.Client): void =>
    listenToLogin(client, {
      tlsStarted: () => events.push(`TLS, stream replaced: ${streamOf(client) instanceof TLSSocket}`),
      passwordSent: () => events.push('password'),
      mechanismSent: (mechanism) => events.push(mechanism),
      proofSent: () => events.push('proof'),
    });
  const bound = newClient({ ssl: { rejectUnauthorized: false }, enableChannelBinding: true });
  listen(bound);
  await bound.connect();
  expect(events.splice(0)).toEqual(['TLS, stream replaced: true', 'SCRAM-SHA-256-PLUS', 'proof']);
  for (const user of ['clear', 'hashed']) {
    const client = newClient({ user });
    listen(client);
    await client.connect();
    expect(events.splice(0)).toEqual(['password']);
  }
});

test.each([
  ['clear', 'passwordSent', 0],
  ['hashed', 'passwordSent', 0],
  ['scrambled', 'mechanismSent', 0],
  ['scrambled', 'proofSent', 1],
])('pg sends nothing more as the role "%s" if %s throws', async (user, name, answersBefore) => {
  const client = newClient({ user, password: () => PASSWORD });
  const forbid = vi.fn(() => {
    throw new Error('forbidden');
  });
  const allow = {
    tlsStarted: () => {},
    passwordSent: () => {},
    mechanismSent: () => {},
    proofSent: () => {},
  };
  listenToLogin(client, { ...allow, [name]: forbid });
  let answers = 0;
  const stream = streamOf(client);
  stream.once('connect', () => {
    const write = stream.write.bind(stream) as (bytes: Buffer) => boolean;
    stream.write = (bytes: Buffer) => {
      if (bytes[0] === 'p'.charCodeAt(0)) answers += 1;
      return write(bytes);
    };
  });
  const failure = failureOf(client.connect());
  await expect.poll(() => forbid.mock.calls.length).toBe(1);
  stream.destroy();
  await failure;
  expect(answers).toBe(answersBefore);
});

test('pg reports a wrong proof of a server in the words that isServerProofWrong expects', async () => {
  const client = newClient();
  const { connection } = client as unknown as { readonly connection: EventEmitter };
  const failure = failureOf(client.connect());
  connection.prependListener('authenticationSASLFinal', (message: { data: string }) => {
    message.data = `v=${Buffer.alloc(32).toString('base64')}`;
  });
  expect(isServerProofWrong(await failure)).toBe(true);
  streamOf(client).destroy();
});

test('pg in pipeline mode writes a query before query() returns, so that a corked stream holds it back', async () => {
  const client = await connected({ pipeline: true });
  const [answers, held] = sendTogether(client, () => {
    const queries = ['select 1 as n', 'select 1/0', 'select 3 as n'].map((sql) => client.query(sql));
    return [Promise.allSettled(queries), streamOf(client).writableLength] as const;
  });
  // Each is a message of type Q: five bytes in front, and a zero at the end.
  expect(held).toBe('select 1 as n'.length + 'select 1/0'.length + 'select 3 as n'.length + 3 * 6);
  expect(streamOf(client).writableCorked).toBe(0);
  expect(await answers).toMatchObject([
    { status: 'fulfilled', value: { rows: [{ n: 1 }] } },
    { status: 'rejected', reason: { code: '22012' } },
    { status: 'fulfilled', value: { rows: [{ n: 3 }] } },
  ]);
});

test('pg in pipeline mode waits in end() for the queries in flight', async () => {
  const client = await connected({ pipeline: true });
  const query = client.query('select pg_sleep(0.1), 1 as n');
  await client.end();
  expect((await query).rows).toMatchObject([{ n: 1 }]);
});

test('pg calls handleCommandComplete for each completed statement of a query', async () => {
  const client = await connected();
  let completed = 0;
  const failure = new Promise((resolve) => {
    const query = new pg.Query("select 1; set lock_timeout = '1s'; select 1/0; select 2", resolve);
    onStatementCompleted(query, () => {
      completed += 1;
    });
    client.query(query);
  });
  expect(await failure).toMatchObject({ code: '22012' });
  expect(completed).toBe(2);
});

test('pg emits the chunks of a copy, and the server waits while the stream is paused', async () => {
  const [client, observer] = [await connected(), await connected()];
  let rows = 0;
  const stopListening = listenToCopyData(client, (chunk) => {
    if (rows === 0) streamOf(client).pause();
    rows += chunk.toString().split('\n').length - 1;
  });
  const copy = client.query('copy (select i from generate_series(1, 1000000) i) to stdout');
  await expect
    .poll(
      async () => {
        const sql = 'select wait_event from pg_stat_activity where pid = $1';
        return (await observer.query(sql, [reportedPidOf(client)])).rows[0].wait_event;
      },
      { timeout: 20_000 },
    )
    .toBe('ClientWrite');
  expect(rows).toBeLessThan(1_000_000);
  streamOf(client).resume();
  await copy;
  expect(rows).toBe(1_000_000);
  stopListening();
  await client.query('copy (select 1) to stdout');
  expect(rows).toBe(1_000_000);
});

test('pg passes the data of a copy from stdin on, and the server discards all of it after a failure', async () => {
  const client = await connected({ pipeline: true });
  await client.query('create temporary table t (note text)');
  const copy = (...chunks: readonly string[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const query = new pg.Query('copy t from stdin', (error) => (error ? reject(error) : resolve(null)));
      onCopyIn(query, ({ write, end, fail }) => {
        for (const chunk of chunks) write(Buffer.from(chunk));
        if (chunks.length === 1) fail('the reason');
        else end();
      });
      client.query(query);
    });
  await copy('one\nt', 'wo\n');
  await expect(copy('three\n')).rejects.toThrow('the reason');
  const { rows } = await client.query('select note from t');
  expect(rows).toEqual([{ note: 'one' }, { note: 'two' }]);
});

test('pg reports a server without TLS in the words that isServerWithoutTls expects', async () => {
  const { hostname, port } = new URL(inject('serverUrl'));
  const client = newClient({ host: hostname, port: Number(port), ssl: { rejectUnauthorized: false } });
  expect(isServerWithoutTls(await failureOf(client.connect()))).toBe(true);
});

test('pg reports a lost or closed connection in the words that isClientWithoutConnection expects', async () => {
  const [lost, closed] = [await connected(), await connected()];
  const inFlight = failureOf(lost.query('select pg_sleep(60)'));
  streamOf(lost).destroy();
  await closed.end();
  const failures = [
    await inFlight,
    await failureOf(lost.query('select 1')),
    await failureOf(closed.query('select 1')),
  ];
  expect(failures.filter(isClientWithoutConnection)).toEqual(failures);
});

test('listenToServerTexts passes on the last words of the server, which the second query in flight does not get', async () => {
  const client = await connected({ pipeline: true } as pg.ClientConfig);
  const words: string[] = [];
  listenToServerTexts(client, {
    error: ({ severity, code }) => words.push(`${severity} ${code}`),
    notice: () => undefined,
  });
  const ended = failureOf(client.query('select pg_terminate_backend(pg_backend_pid())'));
  expect(isClientWithoutConnection(await failureOf(client.query('select 1')))).toBe(true);
  await ended;
  expect(words).toEqual(['FATAL 57P01']);
});
