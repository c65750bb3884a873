import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { repository, runProgram } from '../../support/cli.js';
import { SLOW } from '../../support/timeouts.js';
import {
  CLEAR_TEXT,
  COMPLETE,
  type HostileServer,
  header,
  hostileServer,
  int16,
  message,
  OK,
  type Peer,
  READY,
  row,
  rowDescription,
  SESSION,
  serverError,
} from './hostile-server.js';

const MEBIBYTE = 2 ** 20;

/** What happened in a process that used the library. */
interface HostReport {
  /** The code of each error, in the order of the calls. */
  readonly codes: readonly string[];
  /** The most memory that the process had, in bytes. */
  readonly memory: number;
}

/** A program that uses the library as a service does, and still runs when every call has failed. */
const HOST = `
  const { status, up, seed, migrationsDirectory: directory } = await import(process.argv[1]);
  const url = process.argv[2];
  const calls = process.argv[3] === 'seed' ? [seed({ url })] : [status({ url, directory }), up({ url, directory }), seed({ url })];
  const results = await Promise.allSettled(calls);
  const codes = results.map(({ reason }) => reason?.code ?? String(reason));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const memory = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ codes, memory }));
`;

/** Runs the library in a child process, which must end by itself and print no message of an unhandled error. */
async function runHost({ port }: HostileServer, calls: 'all' | 'seed' = 'all'): Promise<HostReport> {
  const url = `postgresql://ann:secret@127.0.0.1:${port}/survey?sslmode=disable&connect_timeout=20`;
  const args = ['--input-type=module', '--eval', HOST, `${repository}/dist/index.js`, url, calls];
  const { code, stdout, stderr } = await runProgram(process.execPath, args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** A server that logs everybody in, and answers the first query of every connection with a script. */
const mangled = (script: (peer: Peer) => unknown): Promise<HostileServer> =>
  hostileServer(async (peer) => {
    await peer.receive();
    peer.send(OK, SESSION);
    await peer.receive();
    await script(peer);
  });

/** Sends copies of some bytes, as many as the client takes, up to a total length. */
async function flood(
  { stream }: Peer,
  bytes: Buffer,
  before: readonly Buffer[] = [],
  total = 600 * MEBIBYTE,
): Promise<void> {
  stream.setMaxListeners(0);
  stream.write(Buffer.concat(before));
  const chunk = Buffer.concat(Array.from({ length: Math.ceil(MEBIBYTE / bytes.length) }, () => bytes));
  for (let sent = 0; sent < total && !stream.destroyed; sent += chunk.length) {
    if (!stream.write(chunk)) {
      await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve));
    }
  }
}

const columns = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`);

describe('a flood of', () => {
  test.each([
    [
      'rows of one short value',
      'answer_too_large',
      (peer: Peer) => flood(peer, row('ab'), [rowDescription(['a'])]),
    ],
    [
      'rows of many short values',
      'answer_too_large',
      (peer: Peer) => flood(peer, row(...columns(1000).map(() => 'ab')), [rowDescription(columns(1000))]),
    ],
    [
      'rows without a column',
      'answer_too_large',
      (peer: Peer) => flood(peer, message('D', int16(0)), [rowDescription([])]),
    ],
    [
      'JSON of many small parts',
      'answer_too_large',
      (peer: Peer) => flood(peer, row(`[${'[],'.repeat(MEBIBYTE)}[]]`), [rowDescription(['a'], 3802)]),
    ],
    [
      'arrays of many small parts',
      'answer_too_large',
      (peer: Peer) => flood(peer, row(`{${'a,'.repeat(MEBIBYTE)}a}`), [rowDescription(['a'], 1009)]),
    ],
    ['results without rows', 'answer_too_large', (peer: Peer) => flood(peer, COMPLETE)],
    [
      'results of many columns',
      'answer_too_large',
      (peer: Peer) => flood(peer, Buffer.concat([rowDescription(columns(1000)), COMPLETE])),
    ],
    [
      'requests for the next rows',
      'protocol_violation',
      (peer: Peer) => flood(peer, message('s'), [], 100 * MEBIBYTE),
    ],
    [
      'requests for data of a copy',
      'protocol_violation',
      (peer: Peer) => flood(peer, message('G', Buffer.alloc(3)), [], 100 * MEBIBYTE),
    ],
    [
      'data of a copy',
      'connection_lost',
      (peer: Peer) => flood(peer, message('d', Buffer.alloc(1000)), [], 100 * MEBIBYTE),
    ],
    [
      'notices',
      'connection_lost',
      (peer: Peer) => flood(peer, message('N', 'SNOTICE\0VNOTICE\0C00000\0Mhello\0\0'), [], 100 * MEBIBYTE),
    ],
  ])(
    '%s takes limited memory and does not end the process',
    async (_name, code, script) => {
      await using server = await mangled(async (peer) => {
        await script(peer);
        peer.stream.end();
      });
      const { codes, memory } = await runHost(server, 'seed');
      expect(codes).toEqual([code]);
      expect(memory).toBeLessThan(900 * MEBIBYTE);
    },
    SLOW,
  );
});

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
