import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SLOW } from '../../support/timeouts.js';
import { mangled, runHost } from './host-process.js';
import {
  CLEAR_TEXT,
  COMPLETE,
  header,
  hostileServer,
  int16,
  message,
  OK,
  type Peer,
  READY,
  row,
  rowDescription,
  serverError,
} from './hostile-server.js';

const ENDS: readonly (readonly [string, (peer: Peer) => unknown])[] = [
  ['closes the connection', ({ stream }) => stream.end()],
  ['resets the connection', ({ stream }) => (stream as Socket).resetAndDestroy()],
  ['closes in the middle of a message', ({ send, stream }) => [send(header('D', 100)), stream.end()]],
  [
    'closes in the middle of a result',
    ({ send, stream }) => [send(rowDescription(['a']), row('1')), stream.end()],
  ],
  ['claims a length of 2 GB', ({ send }) => send(header('D', 2 ** 31 - 1))],
  ['sends another protocol', ({ send }) => send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  [
    'sends a malformed row',
    ({ send }) => send(rowDescription(['a']), message('D', int16(9)), COMPLETE, READY),
  ],
  ['sends a malformed value', ({ send }) => send(rowDescription(['a'], 114), row('{'), COMPLETE, READY)],
  [
    'sends two errors',
    ({ send }) => send(serverError('FATAL', '57P01', 'x'), serverError('FATAL', '57P01', 'y')),
  ],
  ['requests the password again', ({ send }) => send(CLEAR_TEXT)],
];

describe('a process that uses the library', { timeout: SLOW }, () => {
  test.each(ENDS)('gets a rejection and nothing else if a server %s', async (_name, script) => {
    await using server = await mangled(script);
    const { codes } = await runHost(server);
    for (const code of codes) expect(code).toMatch(/^[a-z_]+$/);
    expect(server.received()).not.toContain('secret');
  });

  test.each([
    ['before its first message', []],
    ['in the middle of its first message', [Buffer.from('R\0\0')]],
    ['after it has accepted the login', [OK]],
    ['in the middle of the settings', [OK, header('S', 20)]],
  ])('gets a rejection and nothing else if a server closes the connection %s', async (_name, messages) => {
    await using server = await hostileServer(async ({ receive, send, stream }) => {
      await receive();
      send(...messages);
      stream.end();
    });
    const { codes } = await runHost(server);
    expect(codes).toEqual(['connection_closed', 'connection_closed', 'connection_closed']);
  });
});
