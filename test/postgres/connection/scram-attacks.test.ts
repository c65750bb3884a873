import { describe, expect, test } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import { ConnectionError } from '../../../src/postgres/errors/explained-error.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import {
  authentication,
  CLEAR_TEXT,
  hostileServer,
  OK,
  type Peer,
  SCRAM,
  SESSION,
  saslOffer,
} from './hostile-server.js';

/** Connects without TLS; returns the error. */
async function failureAt(
  { port }: { readonly port: number },
  parameters = 'sslmode=disable',
): Promise<ConnectionError> {
  const url = `postgresql://ann:secret@127.0.0.1:${port}/survey?${parameters}`;
  const target = parseDatabaseUrl(url, { HOME: '/nonexistent' });
  try {
    await (await connect({ ...target, connectTimeoutSeconds: 5 })).close();
  } catch (error) {
    if (error instanceof ConnectionError) return error;
    throw error;
  }
  throw new Error('It connected.');
}

/** Answers the first message of SCRAM with a challenge that is made from the client's nonce. */
const challengeWith =
  (make: (nonce: string) => string) =>
  async ({ receive, send }: Peer): Promise<void> => {
    await receive();
    send(SCRAM);
    const nonce = /r=([^,\0]+)/.exec((await receive()).toString('latin1'))?.[1] ?? '';
    send(authentication(11, make(nonce)));
    await receive();
    send(authentication(12, 'v=AAAA'), OK, SESSION);
  };

const SALT = Buffer.from('salt').toString('base64');

describe('a challenge that no server sends', () => {
  test.each<[string, (nonce: string) => string]>([
    ['four thousand million iterations', (nonce) => `r=${nonce}S,s=${SALT},i=4294967295`],
    ['a number of iterations with 300 digits', (nonce) => `r=${nonce}S,s=${SALT},i=1${'0'.repeat(300)}`],
    ['no iteration', (nonce) => `r=${nonce}S,s=${SALT},i=0`],
    ['a negative number of iterations', (nonce) => `r=${nonce}S,s=${SALT},i=-1`],
    ['iterations that are not a number', (nonce) => `r=${nonce}S,s=${SALT},i=1e3`],
    ['no number of iterations', (nonce) => `r=${nonce}S,s=${SALT}`],
    ['no salt', (nonce) => `r=${nonce}S,i=4096`],
    ['a salt that is not base64', (nonce) => `r=${nonce}S,s=*,i=4096`],
    ["only the client's nonce", (nonce) => `r=${nonce},s=${SALT},i=4096`],
    ['another nonce', () => `r=SERVER,s=${SALT},i=4096`],
    ["the client's nonce in the middle", (nonce) => `r=S${nonce}S,s=${SALT},i=4096`],
    ['an error', () => 'e=other-error'],
    ['nothing', () => ''],
    ['a line break', (nonce) => `r=${nonce}S,s=${SALT},i=4096\n`],
    ['a control character', (nonce) => `r=${nonce}\x1b[31m,s=${SALT},i=4096`],
  ])('%s gets no proof', async (_name, make) => {
    await using attacker = await hostileServer(challengeWith(make));
    const started = performance.now();
    const error = await failureAt(attacker);
    expect(attacker.received()).not.toContain(',p=');
    expect(attacker.received()).not.toContain('secret');
    // The error repeats nothing that could change a terminal.
    expect(error.message).toMatch(/^[\x20-\x7e]+$/);
    expect(error.code).toMatch(/^(protocol_violation|login_method_unsupported)$/);
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

test('a server with more iterations of SCRAM than this package computes is named as such, with the setting to change', async () => {
  await using server = await hostileServer(challengeWith((nonce) => `r=${nonce}S,s=${SALT},i=200000`));
  expect(await failureAt(server)).toMatchObject({
    code: 'login_method_unsupported',
    message: expect.stringContaining('more than 100,000 iterations of SCRAM'),
    remedy: expect.stringContaining('scram_iterations'),
  });
});

describe('an offer that no server sends', () => {
  test.each([
    ['no mechanism', saslOffer()],
    ['mechanisms in small letters', saslOffer('scram-sha-256', 'scram-sha-256-plus')],
    ['a password in clear text as a mechanism', saslOffer('PLAIN', 'LOGIN')],
    ['a name with a space', saslOffer('SCRAM-SHA-256 ')],
    ['five hundred mechanisms', saslOffer(...Array.from({ length: 500 }, () => 'X'))],
    ['an end in the middle', authentication(10, 'SCRAM-SHA-256\0\0PLAIN\0\0')],
    ['no end', authentication(10, 'SCRAM-SHA-256\0')],
  ])('%s gets no secret', async (_name, offer) => {
    await using attacker = await hostileServer(async ({ receive, send }) => {
      await receive();
      send(offer);
      await receive();
      send(CLEAR_TEXT);
      await receive();
    });
    const error = await failureAt(attacker);
    expect(error.code).toMatch(/^(protocol_violation|login_method_unsupported)$/);
    expect(attacker.received()).not.toContain('secret');
    expect(attacker.received()).not.toContain('n=*,r=');
  });
});

describe('a server that refuses TLS', () => {
  test.each([
    'prefer',
    'require',
  ])('and sends more in the same packet gets no name, with sslmode=%s', async (mode) => {
    await using attacker = await hostileServer(async ({ receive, send }) => {
      await receive();
      send(Buffer.from('N'), CLEAR_TEXT);
    });
    await failureAt(attacker, `sslmode=${mode}`);
    expect(attacker.received()).not.toContain('ann');
  });

  test('and then wants the password with sslmode=prefer and channel_binding=require gets none', async () => {
    await using attacker = await hostileServer(async ({ receive, send }) => {
      const first = await receive();
      if (first.length !== 8) return send(CLEAR_TEXT);
      send(Buffer.from('N'));
    });
    const error = await failureAt(attacker, 'sslmode=prefer&channel_binding=require');
    expect(error.code).toBe('channel_binding_unavailable');
    expect(attacker.received()).not.toContain('secret');
  });

  test.each(['G', 'X', '\0', 'E'])('a single byte %j in place of an answer gets no name', async (byte) => {
    await using attacker = await hostileServer(async ({ receive, send }) => {
      await receive();
      send(Buffer.from(byte));
    });
    await failureAt(attacker, 'sslmode=prefer');
    expect(attacker.received()).not.toContain('ann');
  });
});

test('a login that succeeds twice fails', async () => {
  await using attacker = await hostileServer(async ({ receive, send }) => {
    await receive();
    send(OK, OK, SESSION);
  });
  expect((await failureAt(attacker)).code).toBe('login_tampered');
});
