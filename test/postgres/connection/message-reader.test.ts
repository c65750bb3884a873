import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeMessageReader } from '../../../src/postgres/connection/message-reader.js';
import { beginProtocol } from '../../../src/postgres/connection/server-protocol.js';
import { COMPLETE, header, message, OK, READY, row, rowDescription, SESSION } from './hostile-server.js';

const MEBIBYTE = 2 ** 20;
const ANY = { checkHeader: () => {}, checkContent: () => {} };

const messages = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom('D', 'N', 'Z'), content: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ type: fc.constant('d'), content: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
  ),
  { maxLength: 12 },
);

/** Splits bytes at places, each a fraction of their length. */
function split(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

/** Lists the messages in some bytes as text, with the pieces of data of a copy joined. */
function list(bytes: Buffer): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = String.fromCharCode(bytes[at] as number);
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const content = bytes.toString('hex', at + 5, end);
    if (type === 'd' && found.at(-1)?.startsWith('d')) found[found.length - 1] += content;
    else found.push(`${type}${content}`);
    at = end;
  }
  return found;
}

test('a message reader delivers the same messages, however the bytes are split', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (sent, places) => {
      const bytes = Buffer.concat(sent.map(({ type, content }) => message(type, Buffer.from(content))));
      const delivered: Buffer[] = [];
      const read = makeMessageReader(ANY, (some) => delivered.push(Buffer.from(some)));
      for (const piece of split(bytes, places)) read(piece);
      expect(list(Buffer.concat(delivered))).toEqual(list(bytes));
      for (const some of delivered) expect(() => list(some)).not.toThrow();
    }),
    { numRuns: 2000 },
  );
});

test('a message reader retains no data of a copy', () => {
  const piece = Buffer.alloc(64 * 1024);
  const delivered: number[] = [];
  const read = makeMessageReader(ANY, (some) => delivered.push(some.length));
  const before = process.memoryUsage();
  read(header('d', 1000 * MEBIBYTE + 4));
  for (let sent = 0; sent < 1000 * MEBIBYTE; sent += piece.length) read(piece);
  const after = process.memoryUsage();
  expect(delivered.every((length) => length === piece.length + 5)).toBe(true);
  expect(delivered).toHaveLength((1000 * MEBIBYTE) / piece.length);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(200 * MEBIBYTE);
  read(READY);
  expect(delivered.at(-1)).toBe(READY.length);
});

test('the protocol refuses a result whose rows together are larger than the limit', () => {
  const policy = {
    where: 'postgresql://ann@db:5432/survey',
    isEncrypted: false,
    requiresChannelBinding: false,
    hasOfferedSasl: false,
  };
  const read = makeMessageReader(beginProtocol(policy), () => {});
  read(Buffer.concat([OK, SESSION, rowDescription(['a'])]));
  const large = row('x'.repeat(MEBIBYTE));
  for (let sent = 0; sent < 511; sent += 1) read(large);
  // The next query begins from 0.
  read(Buffer.concat([COMPLETE, READY, rowDescription(['a'])]));
  for (let sent = 0; sent < 511; sent += 1) read(large);
  expect(() => read(large)).toThrow(
    'sent a result that takes more than 512 MiB of memory, which is the limit.',
  );
});
