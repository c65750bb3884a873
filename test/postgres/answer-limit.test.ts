import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { ANSWER_LIMIT_MS, withAnswerLimit, withStatementLimit } from '../../src/postgres/answer-limit.js';
import { connect } from '../../src/postgres/connect.js';
import { streamOf } from '../../src/postgres/driver/pg-internals.js';
import { explainLostConnection } from '../../src/postgres/lost-connection.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { until } from '../support/until.js';
import {
  COMPLETE,
  header,
  hostileServer,
  message,
  OK,
  type Peer,
  READY,
  row,
  rowDescription,
  SESSION,
  serverError,
} from './connection/hostile-server.js';

const SILENCES: readonly (readonly [string, (peer: Peer) => unknown])[] = [
  ['is silent', () => undefined],
  ['stops in the middle of a message', ({ send }) => send(rowDescription(['a']), header('D', 100))],
  ['stops in the middle of a result', ({ send }) => send(rowDescription(['a']), row('1'))],
  [
    'sends nothing but notices',
    async ({ send, stream }) => {
      while (!stream.destroyed) {
        send(message('N', 'SNOTICE\0VNOTICE\0C00000\0Mwait\0\0'));
        await pause(20);
      }
    },
  ],
];

test.for(
  SILENCES.flatMap(([name, script]) => [false, true].map((pipeline) => [name, pipeline, script] as const)),
)('withAnswerLimit ends a connection to a server that %s; pipeline: %s', async ([, pipeline, script]) => {
  await using server = await hostileServer(async (peer) => {
    await peer.receive();
    peer.send(OK, SESSION);
    await peer.receive();
    await script(peer);
  });
  const target = parseDatabaseUrl(`postgresql://ann@127.0.0.1:${server.port}/survey?sslmode=disable`, {});
  const connection = await connect(target, { pipeline });
  const error: unknown = await withAnswerLimit(
    connection,
    () => connection.client.query('select 1'),
    200,
  ).catch((reason) => reason);
  expect(error).toMatchObject({
    code: 'answer_timeout',
    message: `postgresql://ann@127.0.0.1:${server.port}/survey did not answer a query within 0.2 s.`,
  });
  const next: unknown = await connection.client.query('select 1').catch((reason) => reason);
  expect(explainLostConnection(next, connection)).toBe(error);
  await connection.close();
});

test('withAnswerLimit leaves a connection open if the work ends in time, also with an error', async () => {
  const connection = await connect(parseDatabaseUrl(inject('serverUrl')));
  const { client } = connection;
  const { rows } = await withAnswerLimit(connection, () => client.query('select 1 as n'), 1500);
  expect(rows).toEqual([{ n: 1 }]);
  await expect(withAnswerLimit(connection, () => client.query('select 1/0'), 1500)).rejects.toMatchObject({
    code: '22012',
  });
  await pause(1600);
  await client.query('select 1');
  expect(connection.disconnectError()).toBeUndefined();
  await connection.close();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets the answer limit pass some times, with time for the network in between. */
async function passLimits(times: number): Promise<void> {
  // Otherwise loaded meanwhile, which takes turns of its own.
  await import('../../src/postgres/login-errors.js');
  for (let limit = 0; limit < times; limit += 1) {
    await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A script whose first session does not answer its query, and whose later sessions do something else. */
function firstIsSilent(later: (peer: Peer) => Promise<void>): (peer: Peer) => Promise<void> {
  let sessions = 0;
  return async (peer) => {
    sessions += 1;
    await peer.receive();
    if (sessions > 1) return later(peer);
    peer.send(OK, SESSION);
  };
}

const targetOf = (port: number): ReturnType<typeof parseDatabaseUrl> =>
  parseDatabaseUrl(`postgresql://ann@127.0.0.1:${port}/survey?sslmode=disable`, {});

test('a query ends with a message if the server is silent in four sessions in a row', async () => {
  await using server = await hostileServer(firstIsSilent(async () => undefined));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const hanging = await connect(targetOf(server.port));
  const result = hanging.client.query('select 1').catch((error: unknown) => error);
  await passLimits(3);
  expect(await Promise.race([result, 'waiting'])).toBe('waiting');
  await passLimits(12);
  expect(await result).toMatchObject({ code: 'answer_timeout', message: expect.stringContaining('600 s') });
  expect(server.connections()).toBe(5);
  await hanging.close();
});

test('the question whether a server still answers ends with the connection', async () => {
  const open = new Set<unknown>();
  await using server = await hostileServer(
    firstIsSilent(async ({ stream }) => {
      open.add(stream);
      stream.once('end', () => open.delete(stream));
    }),
  );
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const hanging = await connect(targetOf(server.port));
  const result = hanging.client.query('select 1').catch((error: unknown) => error);
  await passLimits(2);
  expect(open.size).toBe(1);
  streamOf(hanging.client).destroy();
  await result;
  vi.useRealTimers();
  await until(() => open.size === 0);
});

test.for([
  ['answers', [OK, SESSION, message('T', Buffer.from([0, 0])), COMPLETE, READY]],
  ['has no connection left for', [serverError('FATAL', '53300', 'too many connections')]],
  ['closes', []],
] as const)('a query waits for ever for a server that %s other sessions', async ([, answer]) => {
  await using server = await hostileServer(
    firstIsSilent(async ({ send, stream }) => {
      send(...answer);
      if (answer.length < 2) stream.end();
    }),
  );
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const connection = await connect(targetOf(server.port));
  const result = connection.client.query('select 1').catch((error: unknown) => error);
  await passLimits(20);
  expect(await Promise.race([result, 'waiting'])).toBe('waiting');
  expect(server.connections()).toBeGreaterThan(10);
  expect(connection.disconnectError()).toBeUndefined();
  vi.useRealTimers();
  await connection.close();
});

test('withStatementLimit ends a connection to a silent server although the server answers other sessions', async () => {
  await using server = await hostileServer(
    firstIsSilent(async ({ send }) => send(OK, SESSION, message('T', Buffer.from([0, 0])), COMPLETE, READY)),
  );
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const connection = await connect(targetOf(server.port));
  const result = withStatementLimit(connection, ANSWER_LIMIT_MS, () =>
    connection.client.query('select 1'),
  ).catch((error: unknown) => error);
  await passLimits(1);
  expect(await Promise.race([result, 'waiting'])).toBe('waiting');
  await passLimits(2);
  expect(await result).toMatchObject({ code: 'answer_timeout' });
  await connection.close();
});
