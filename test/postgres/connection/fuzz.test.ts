import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import pg from '../../../src/postgres/driver/pg.js';
import { ExplainedError } from '../../../src/postgres/errors/explained-error.js';
import { explainLostConnection } from '../../../src/postgres/lost-connection.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { SLOW } from '../../support/timeouts.js';
import {
  CLEAR_TEXT,
  COMPLETE,
  hostileServer,
  message,
  OK,
  READY,
  row,
  rowDescription,
  SESSION,
  serverError,
} from './hostile-server.js';

type Message = readonly [type: string, content: Buffer];

/** Takes messages apart, so that a mutated content gets a header with its length. */
function split(bytes: Buffer): readonly Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    messages.push([bytes.toString('latin1', at, at + 1), bytes.subarray(at + 5, end)]);
    at = end;
  }
  return messages;
}

const LOGIN = Buffer.concat([OK, SESSION]);
const ANSWERS = [
  Buffer.concat([rowDescription(['a', 'b']), row('1', 'x'), row('2', 'y'), COMPLETE, READY]),
  Buffer.concat([rowDescription(['a'], 3802), row('{"b": [1]}'), COMPLETE, READY]),
  Buffer.concat([serverError('ERROR', '22012', 'division by zero'), READY]),
  Buffer.concat([message('H', Buffer.alloc(3)), message('d', 'abc\n'), message('c'), COMPLETE, READY]),
  Buffer.concat([
    message('N', 'SNOTICE\0VNOTICE\0C00000\0Mhello\0\0'),
    message('S', 'TimeZone\0', 'UTC\0'),
    COMPLETE,
    READY,
  ]),
];

/** A place in a list of some length, without a preference for its ends. */
const place = fc.noBias(fc.nat({ max: 999 })).map((thousandths) => thousandths / 1000);
/** A change of the bytes as such, of a content whose header then fits, or of the order of messages. */
const mutation = fc.record({
  kind: fc.constantFrom('bytes', 'content', 'order'),
  place,
  inside: place,
  inserted: fc.noBias(fc.uint8Array({ maxLength: 4 })).map((some) => Buffer.from(some)),
  isOverwritten: fc.boolean(),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never;

function change(some: Buffer, at: number, { inserted, isOverwritten }: Mutation): Buffer {
  const rest = some.subarray(at + (isOverwritten ? inserted.length : 0));
  return Buffer.concat([some.subarray(0, at), inserted, rest]);
}

function mutate(some: Buffer, mutations: readonly Mutation[]): Buffer {
  let messages = [...split(some)];
  const at = (fraction: number, length: number): number => Math.floor(fraction * length);
  for (const one of mutations.filter(({ kind }) => kind === 'content')) {
    messages = messages.map(([type, content], index) =>
      index === at(one.place, messages.length)
        ? [type, change(content, at(one.inside, content.length + 1), one)]
        : [type, content],
    );
  }
  for (const one of mutations.filter(({ kind }) => kind === 'order')) {
    const [moved] = messages.splice(at(one.place, messages.length), one.isOverwritten ? 1 : 0);
    messages.splice(at(one.inside, messages.length), 0, moved ?? ['D', one.inserted]);
  }
  const whole = Buffer.concat(messages.map(([type, content]) => message(type, content)));
  return mutations
    .filter(({ kind }) => kind === 'bytes')
    .reduce<Buffer>((changed, one) => change(changed, at(one.place, changed.length), one), whole);
}

/** Logs in, sends a query and closes; returns what failed, or undefined. */
async function use(port: number, pipeline: boolean): Promise<unknown> {
  const target = parseDatabaseUrl(`postgresql://ann:secret@127.0.0.1:${port}/survey?sslmode=disable`, {});
  try {
    const connection = await connect({ ...target, connectTimeoutSeconds: 5 }, { pipeline });
    try {
      await connection.client.query('select 1');
      return undefined;
    } catch (error) {
      return explainLostConnection(error, connection) ?? error;
    } finally {
      await connection.close();
    }
  } catch (error) {
    return error;
  }
}

test('a server that sends mangled bytes causes an explained error, or none', { timeout: SLOW }, async () => {
  const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
  // A failure prints its seed.
  const seed = process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(LOGIN, Buffer.concat([CLEAR_TEXT])),
      fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(mutation, { maxLength: 2 })),
      fc.constantFrom(...ANSWERS),
      fc.array(mutation, { maxLength: 3 }),
      fc.boolean(),
      async (login, loginMutations, answer, answerMutations, pipeline) => {
        await using server = await hostileServer(async ({ receive, send, stream }) => {
          await receive();
          send(mutate(login, loginMutations));
          const second = await receive();
          if (login !== LOGIN && second.toString('latin1').startsWith('p')) {
            send(LOGIN);
            await receive();
          }
          send(mutate(answer, answerMutations));
          // A server that is silent is another test.
          stream.end();
        });
        // Ends a login that waits for the rest of a message.
        const closing = setTimeout(() => void server[Symbol.asyncDispose](), 300);
        const error = await use(server.port, pipeline);
        clearTimeout(closing);
        if (error === undefined || error instanceof pg.DatabaseError) return;
        expect(error).toBeInstanceOf(ExplainedError);
      },
    ),
    { numRuns, ...seed },
  );
});
