import { setTimeout as pause } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { withAnswerLimit } from '../../src/postgres/answer-limit.js';
import { connect } from '../../src/postgres/connect.js';
import { explainLostConnection } from '../../src/postgres/lost-connection.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import {
  header,
  hostileServer,
  message,
  OK,
  type Peer,
  row,
  rowDescription,
  SESSION,
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
