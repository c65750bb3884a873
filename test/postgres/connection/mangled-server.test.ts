import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { accept } from '../../../src/inspect/accept.js';
import { baseline } from '../../../src/inspect/baseline.js';
import { countContents } from '../../../src/inspect/contents.js';
import { readCatalog } from '../../../src/inspect/generate.js';
import { repair } from '../../../src/inspect/repair.js';
import { down } from '../../../src/migrate/down.js';
import { redo } from '../../../src/migrate/redo.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { type Connection, connect } from '../../../src/postgres/connect.js';
import type { Target } from '../../../src/postgres/connection/target.js';
import { ConnectionError, ExplainedError } from '../../../src/postgres/errors/explained-error.js';
import { explainLostConnection } from '../../../src/postgres/lost-connection.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { folderWith } from '../../support/folder.js';
import { SLOW } from '../../support/timeouts.js';
import {
  answering,
  authentication,
  COMPLETE,
  type HostileServer,
  header,
  hostileServer,
  int16,
  int32,
  message,
  OK,
  type Peer,
  READY,
  row,
  rowDescription,
  SCRAM,
  SESSION,
  serverError,
} from './hostile-server.js';

const GIBIBYTE = 2 ** 30;
const MEBIBYTE = 2 ** 20;

function targetOf({ port }: Pick<HostileServer, 'port'>, connectTimeoutSeconds = 10): Target {
  const target = parseDatabaseUrl(`postgresql://ann:secret@127.0.0.1:${port}/survey?sslmode=disable`, {
    HOME: '/nonexistent',
  });
  return { ...target, connectTimeoutSeconds };
}

/** A server that logs everybody in, and answers the first query with a script. */
function mangled(script: (peer: Peer) => unknown): Promise<HostileServer> {
  return hostileServer(async (peer) => {
    await peer.receive();
    peer.send(OK, SESSION);
    await peer.receive();
    await script(peer);
  });
}

/** Waits for the error of a promise; the test fails if there is none. */
function failureOf(promise: Promise<unknown>): Promise<ConnectionError> {
  return promise.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error) => error,
  );
}

/** Checks that a connection has ended for a reason that is explained, and stays ended. */
async function expectEnded(connection: Connection, code: string): Promise<void> {
  const error = await failureOf(connection.client.query('select 2'));
  expect(explainLostConnection(error, connection)).toMatchObject({ code });
  expect(connection.disconnectError()).toMatchObject({ code });
  await connection.close();
}

const LENGTHS = [
  ['2 GiB', 2 * GIBIBYTE - 1],
  ['a negative length', -1],
  ['the most negative length', -2 * GIBIBYTE],
  ['less than its own four bytes', 3],
] as const;

describe.each([false, true])('an answer that claims an impossible length; pipeline: %s', (pipeline) => {
  test.each(
    LENGTHS.flatMap(([name, length]) =>
      ['D', 'T', 'E', 'N', 'C', 'S', 'Z', 'A', 'd'].map((type) => [type, name, length] as const),
    ),
  )('a message of the type %s that claims %s rejects the query', async (type, _name, length) => {
    await using server = await mangled(({ send }) => send(header(type, length)));
    const connection = await connect(targetOf(server), { pipeline });
    const queries = ['select 1', 'select 1'].map((sql) => failureOf(connection.client.query(sql)));
    for (const error of await Promise.all(pipeline ? queries : queries.slice(0, 1))) {
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ code: 'protocol_violation', message: expect.stringMatching(/length/) });
    }
    await expectEnded(connection, 'protocol_violation');
  });
});

const MALFORMED = [
  ['a row of more columns than announced', [rowDescription(['a']), row('1', '2')]],
  ['a row of fewer columns than announced', [rowDescription(['a', 'b']), row('1')]],
  ['a row that was not announced', [row('1')]],
  ['a value that is longer than its row', [rowDescription(['a']), message('D', int16(1), int32(100), 'x')]],
  ['a value of a negative length', [rowDescription(['a']), message('D', int16(1), int32(-2))]],
  ['a row of a negative number of columns', [rowDescription([]), message('D', int16(-1))]],
  ['a row without a number of columns', [rowDescription([]), message('D')]],
  ['a row with bytes after its values', [rowDescription([]), message('D', int16(0), 'x')]],
  ['a negative number of columns', [message('T', int16(-1))]],
  ['a column whose name does not end', [message('T', int16(1), 'abc')]],
  ['a column without a type', [message('T', int16(1), 'abc\0')]],
  ['an error that does not end', [message('E', 'SERROR')]],
  ['an error without an end', [message('E', 'SERROR\0')]],
  ['an empty error', [message('E')]],
  ['an error without fields', [message('E', '\0')]],
  ['an error without a SQLSTATE', [message('E', 'SERROR\0Mhello\0\0')]],
  ['an error without a message', [message('E', 'SERROR\0C22012\0\0')]],
  ['a notice without fields', [message('N', '\0')]],
  ['a notice that does not end', [message('N', 'SNOTICE')]],
  ['the end of a command that does not end', [message('C', 'SELECT 1')]],
  ['a setting without a value', [message('S', 'TimeZone\0')]],
  ['an unknown state of the transaction', [message('Z', 'X')]],
  ['readiness without a state', [message('Z')]],
  ['a notification without a channel', [message('A', int32(1))]],
  ['an unknown type', [message('?')]],
  ['a control character as type', [message('\x1b', 'x')]],
  ['a key in the middle of a session', [message('K', int32(1), int32(2))]],
  ['another protocol version', [message('v', int32(0), int32(0))]],
  ['a copy in both directions', [message('W', Buffer.alloc(3))]],
  ['a part of the rows', [rowDescription(['a']), row('1'), message('s')]],
  ['two requests for the data of a copy', [message('G', Buffer.alloc(3)), message('G', Buffer.alloc(3))]],
  ['a text of another protocol', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
] as const;

describe.each([false, true])('an answer that is malformed; pipeline: %s', (pipeline) => {
  test.each(MALFORMED)('%s rejects the query', async (_name, messages) => {
    await using server = await mangled(({ send }) => send(...messages, COMPLETE, READY));
    const connection = await connect(targetOf(server), { pipeline });
    const error = await failureOf(connection.client.query('select 1'));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.code).toBe('protocol_violation');
    expect(error.message).toMatch(/^[\x20-\x7e]+\.$/);
    await expectEnded(connection, 'protocol_violation');
  });

  test.each(MALFORMED)('%s in single bytes rejects the query', async (_name, messages) => {
    await using server = await mangled(async ({ stream }) => {
      for (const byte of Buffer.concat([...messages, COMPLETE, READY])) {
        stream.write(Buffer.of(byte));
        await pause(1);
      }
    });
    const connection = await connect(targetOf(server), { pipeline });
    const error = await failureOf(connection.client.query('select 1'));
    expect(error.code).toBe('protocol_violation');
    await expectEnded(connection, 'protocol_violation');
  });

  test.each([
    ['json', 114, '{"a":'],
    ['jsonb', 3802, 'no json'],
    ['integer array', 1007, '{1,2'],
    // A megabyte of digits would be parsed for half an hour.
    ['date', 1082, '1'.repeat(1_000_000)],
    ['timestamptz', 1184, `2026-01-01 00:00:00.${'0'.repeat(1_000_000)}`],
    ['timestamp array', 1115, `{2026-01-01,${'1'.repeat(1_000_000)}}`],
  ])('a value that the type %s does not have rejects the query', async (_name, type, value) => {
    await using server = await mangled(({ send }) =>
      send(rowDescription(['a'], type), row(value), COMPLETE, READY),
    );
    const connection = await connect(targetOf(server), { pipeline });
    const error = await failureOf(connection.client.query('select 1'));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.code).toBe('protocol_violation');
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(value);
    await connection.close();
  });
});

describe('messages that no query has asked for', () => {
  test.each([
    ['a row', [row('1')]],
    ['an announced row', [rowDescription(['a']), row('1')]],
    ['the end of a command', [COMPLETE]],
    ['a length of 2 GiB', [header('D', 2 * GIBIBYTE - 1)]],
    ['an unknown type', [message('?')]],
    ['a request for the password', [authentication(3)]],
  ])('%s ends an idle connection', async (_name, messages) => {
    await using server = await hostileServer(async ({ receive, send }) => {
      await receive();
      send(OK, SESSION);
      await pause(20);
      send(...messages);
    });
    const connection = await connect(targetOf(server));
    await expect.poll(() => connection.disconnectError()).toBeInstanceOf(Error);
    const error = await failureOf(connection.client.query('select 1'));
    expect(explainLostConnection(error, connection)).toBeInstanceOf(ConnectionError);
    await connection.close();
    expect(server.received()).not.toContain('secret');
  });

  test('endless notices, notifications and settings take no memory', { timeout: SLOW }, async () => {
    const noise = Buffer.concat([
      message('N', 'SNOTICE\0VNOTICE\0C00000\0Mhello\0\0'),
      message('A', int32(1), 'channel\0', 'payload\0'),
    ]);
    await using server = await mangled(async ({ send, stream }) => {
      for (let sent = 0, name = 0; sent < 100 * MEBIBYTE; ) {
        const settings = Array.from({ length: 200 }, () => message('S', `setting_${name++}\0`, 'x\0'));
        const bytes = Buffer.concat([...settings, ...Array.from({ length: 200 }, () => noise)]);
        sent += bytes.length;
        if (!stream.write(bytes)) await new Promise((resolve) => stream.once('drain', resolve));
      }
      send(COMPLETE, READY);
    });
    const connection = await connect(targetOf(server));
    const growth = await memoryGrowth(() => connection.client.query('select 1'));
    expect(growth).toBeLessThan(100 * MEBIBYTE);
    await connection.close();
  });
});

/** Runs something and returns by how much the memory of this process grew at most meanwhile, in bytes. */
async function memoryGrowth(run: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  await run();
  clearInterval(timer);
  return most - before;
}

describe('memory', () => {
  /** Sends a header, and then as many bytes as the client takes, up to 400 MiB. */
  const flood =
    (...beginning: readonly Buffer[]) =>
    async ({ stream, send }: Peer): Promise<void> => {
      send(...beginning);
      const chunk = Buffer.alloc(MEBIBYTE, 'x');
      for (let sent = 0; sent < 400 && !stream.destroyed; sent += 1) {
        if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
      }
    };

  test.each([
    'D',
    'T',
    'E',
    'N',
    'A',
  ])('a message of the type %s that claims 2 GB takes no memory, however much of it arrives', async (type) => {
    await using server = await mangled(flood(header(type, 2_000_000_000)));
    const connection = await connect(targetOf(server));
    const growth = await memoryGrowth(async () => {
      const error = await failureOf(connection.client.query('select 1'));
      expect(error.code).toBe('protocol_violation');
    });
    expect(growth).toBeLessThan(100 * MEBIBYTE);
    await connection.close();
  });

  test.each([
    'R',
    'E',
    'S',
    'N',
  ])('a message of the type %s that claims 2 GB during the login takes no memory', async (type) => {
    await using server = await hostileServer(async (peer) => {
      await peer.receive();
      await flood(...(type === 'R' || type === 'E' ? [] : [OK]), header(type, 2_000_000_000))(peer);
    });
    const growth = await memoryGrowth(async () => {
      const error = await failureOf(connect(targetOf(server)));
      expect(error.code).toMatch(/^(protocol_violation|not_postgresql)$/);
    });
    expect(growth).toBeLessThan(100 * MEBIBYTE);
  });

  test('a login that never ends takes no memory', async () => {
    await using server = await hostileServer(async ({ receive, send, stream }) => {
      await receive();
      send(OK);
      for (let name = 0; !stream.destroyed; ) {
        const settings = Array.from({ length: 1000 }, () => message('S', `setting_${name++}\0`, 'x\0'));
        if (!stream.write(Buffer.concat(settings))) {
          await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve));
        }
      }
    });
    const growth = await memoryGrowth(async () => {
      expect((await failureOf(connect(targetOf(server)))).code).toBe('protocol_violation');
    });
    expect(growth).toBeLessThan(100 * MEBIBYTE);
  });

  test.each(['E', 'N'])('a message of the type %s that claims 20 MB takes no memory', async (type) => {
    await using server = await mangled(flood(header(type, 20_000_000)));
    const connection = await connect(targetOf(server));
    const error = await failureOf(connection.client.query('select 1'));
    expect(error.code).toBe('protocol_violation');
    await connection.close();
  });

  test('a message that is larger than a result may be is refused before it arrives', async () => {
    await using server = await mangled(({ send }) =>
      send(rowDescription(['a']), header('D', 300 * MEBIBYTE)),
    );
    const connection = await connect(targetOf(server));
    expect(await failureOf(connection.client.query('select 1'))).toMatchObject({
      code: 'answer_too_large',
      message: expect.stringContaining('a message of 300 MiB, and the limit is 256 MiB'),
    });
    await expectEnded(connection, 'answer_too_large');
  });
});

describe('a server that is silent', () => {
  test.concurrent.each([
    ['in the middle of its first message', [Buffer.from('R')]],
    ['after an offer of SCRAM', [SCRAM]],
    ['after a request for the password', [authentication(3)]],
    ['after it has accepted the login', [OK]],
    ['in the middle of the settings', [OK, message('S', 'server_version\0', '15.4\0'), header('S', 20)]],
  ])('connect_timeout ends the wait for a server that is silent %s', async (_name, messages) => {
    await using server = await hostileServer(answering(...messages));
    expect(await failureOf(connect(targetOf(server, 1)))).toMatchObject({
      code: 'connection_timeout',
      message: expect.stringContaining('did not answer within 1 s'),
    });
  });

  test.concurrent('connect_timeout ends the wait for a server that trickles an endless login', async () => {
    await using server = await hostileServer(async ({ receive, send, stream }) => {
      await receive();
      send(OK);
      while (!stream.destroyed) {
        send(message('S', 'TimeZone\0', 'UTC\0'));
        await pause(50);
      }
    });
    expect((await failureOf(connect(targetOf(server, 1)))).code).toBe('connection_timeout');
  });

  test.concurrent('connect_timeout ends the wait for a server that agrees to TLS and is silent', async () => {
    await using server = await hostileServer(answering(Buffer.from('S')));
    const target = parseDatabaseUrl(`postgresql://ann@127.0.0.1:${server.port}/survey?sslmode=require`, {
      HOME: '/nonexistent',
    });
    expect((await failureOf(connect({ ...target, connectTimeoutSeconds: 1 }))).code).toBe(
      'connection_timeout',
    );
  });

  test.concurrent('close does not wait for a server that is silent in the middle of a query', async () => {
    await using server = await mangled(() => undefined);
    const connection = await connect(targetOf(server), { pipeline: true });
    const query = failureOf(connection.client.query('select 1'));
    const start = performance.now();
    await connection.close();
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(explainLostConnection(await query, connection)?.code).toBe('connection_lost');
  });
});

describe('a server that answers every query with one result without rows is no bug of this package:', () => {
  test.each<[string, (options: { url: string; directory: string }) => Promise<unknown>]>([
    ['status', status],
    ['up', up],
    ['down', down],
    ['redo', redo],
    ['accept', (options) => accept({ ...options, reason: 'why' })],
    ['repair', (options) => repair({ ...options, version: 'V1', reason: 'why' })],
    ['baseline', (options) => baseline({ ...options, version: 'V1' })],
    ['readCatalog', readCatalog],
    ['countContents', countContents],
  ])('%s', async (_name, call) => {
    await using server = await hostileServer(async ({ stream, receive, send }) => {
      await receive();
      stream.on('data', (bytes: Buffer) => {
        for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
          if (bytes[at] === 'Q'.charCodeAt(0)) send(rowDescription([]), COMPLETE, READY);
        }
      });
      send(OK, SESSION);
    });
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': 'select 1;' });
    const url = `postgresql://ann@127.0.0.1:${server.port}/survey?sslmode=disable`;
    expect(await failureOf(call({ url, directory }))).toBeInstanceOf(ExplainedError);
  });
});

test('an error of the server is reported although invalid bytes follow it', async () => {
  await using server = await mangled(({ send }) =>
    send(serverError('ERROR', '22012', 'division by zero'), message('?')),
  );
  const connection = await connect(targetOf(server));
  expect(await failureOf(connection.client.query('select 1/0'))).toMatchObject({ code: '22012' });
  await expectEnded(connection, 'protocol_violation');
});

test('the last words of a server that ends a session with the message after its login are the reason', async () => {
  const server = await hostileServer(async (peer) => {
    await peer.receive();
    peer.send(
      OK,
      SESSION,
      serverError('FATAL', '57P05', 'terminating connection due to idle-session timeout'),
    );
    peer.stream.end();
  });
  const connection = await connect(targetOf(server));
  const error = await failureOf(connection.client.query('select 1'));
  expect(explainLostConnection(error, connection)).toMatchObject({
    code: 'connection_lost',
    message: expect.stringMatching(/was lost: terminating connection due to idle-session timeout\.$/),
    remedy: expect.stringContaining('idle_session_timeout'),
  });
  await connection.close();
});
