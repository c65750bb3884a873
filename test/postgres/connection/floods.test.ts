import { describe, expect, test } from 'vitest';
import { SLOW } from '../../support/timeouts.js';
import { mangled, runHost } from './host-process.js';
import { COMPLETE, int16, message, type Peer, row, rowDescription } from './hostile-server.js';

const MEBIBYTE = 2 ** 20;

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
