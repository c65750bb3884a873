import { readFile } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import { listen, type Pems } from '../../support/listeners.js';
import { PASSWORD, startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { expectNoSecret, loginOutcome } from './attacked-client.js';
import {
  answering,
  authentication,
  CLEAR_TEXT,
  challenge,
  hostileServer,
  MD5,
  OK,
  type Peer,
  SCRAM,
  SCRAM_PLUS,
  SESSION,
  serverError,
  WRONG_PROOF,
} from './hostile-server.js';

let server: TlsServer;
let pems: Pems;
beforeAll(async () => {
  server = await startTlsServer();
  const { expired, serverKey } = server.certificates;
  pems = { cert: await readFile(expired), key: await readFile(serverKey) };
});
afterAll(() => server?.stop());

/** Connects to a hostile server; returns the code of the error, or `connected`. */
const outcome = (listener: { readonly port: number }, parameters: string): Promise<string> =>
  loginOutcome(server, listener, parameters);

const REQUESTS = [
  ['clear text', CLEAR_TEXT],
  ['md5', MD5],
  ['SASL again', SCRAM_PLUS],
  ['SASL without channel binding', SCRAM],
] as const;

describe.each([
  'require',
  'prefer',
  'disable',
])('a server that offers SCRAM and then requests something else, with channel_binding=%s', (binding) => {
  const parameters = `sslmode=require&channel_binding=${binding}`;

  test.each(REQUESTS)('a request for %s in the same packet gets no secret', async (_name, request) => {
    await using attacker = await hostileServer(answering(SCRAM_PLUS, request), pems);
    const code = await outcome(attacker, parameters);
    expectNoSecret(attacker);
    expect(code).toBe('login_tampered');
  });

  test.each(REQUESTS)('a request for %s after the first answer gets no secret', async (_name, request) => {
    const script = async ({ receive, send }: Peer): Promise<void> => {
      await receive();
      send(SCRAM_PLUS);
      await receive();
      send(request);
    };
    await using attacker = await hostileServer(script, pems);
    const code = await outcome(attacker, parameters);
    expectNoSecret(attacker);
    expect(code).toBe('login_tampered');
  });

  test.each(REQUESTS)('a request for %s after the challenge gets no password', async (_name, request) => {
    const script = async ({ receive, send }: Peer): Promise<void> => {
      await receive();
      send(SCRAM_PLUS);
      send(challenge(await receive()), request);
    };
    await using attacker = await hostileServer(script, pems);
    const code = await outcome(attacker, parameters);
    expectNoSecret(attacker);
    expect(code).toBe('login_tampered');
  });
});

describe('channel_binding=require', () => {
  const parameters = 'sslmode=require&channel_binding=require';

  test.each([
    ['clear text', CLEAR_TEXT],
    ['md5', MD5],
    ['SCRAM without channel binding', SCRAM],
    ['no login at all', Buffer.concat([OK, SESSION])],
    ['Kerberos', authentication(7)],
  ])('channel_binding=require answers nothing to a request for %s', async (_name, request) => {
    await using attacker = await hostileServer(answering(request), pems);
    const code = await outcome(attacker, parameters);
    expectNoSecret(attacker);
    expect(code).toBe('channel_binding_unavailable');
    expect(attacker.received(), 'an answer to the request').not.toContain('SCRAM-SHA-256');
  });

  test.each([
    'prefer',
    'allow',
    'disable',
  ])('channel_binding=require is not deceived by an offer of channel binding without TLS, with sslmode=%s', async (mode) => {
    const script = async ({ receive, send }: Peer): Promise<void> => {
      if ((await receive()).length === 8) {
        send(Buffer.from('N'));
        return;
      }
      send(SCRAM_PLUS);
      send(challenge(await receive()));
    };
    await using attacker = await hostileServer(script);
    expect(await outcome(attacker, `sslmode=${mode}&channel_binding=require`)).toBe(
      'channel_binding_unavailable',
    );
    expectNoSecret(attacker);
    expect(attacker.received(), 'an answer to the offer').not.toContain('SCRAM-SHA-256');
  });

  test('channel_binding=require does not relay a login over a plain connection that offers channel binding', async () => {
    await using relay = await listen((near) => {
      const far = dial({ port: server.port, host: '127.0.0.1' });
      far.on('data', (bytes: Buffer) => near.write(bytes.includes('SCRAM-SHA-256\0') ? SCRAM_PLUS : bytes));
      near.on('data', (bytes: Buffer) => far.write(bytes));
      near.on('close', () => far.destroy());
    });
    expect(await outcome(relay, 'sslmode=disable&channel_binding=require')).toBe(
      'channel_binding_unavailable',
    );
  });
});

describe('a server that does not prove that it knows the password', () => {
  const startOfScram = async ({ receive, send }: Peer): Promise<void> => {
    await receive();
    send(SCRAM_PLUS);
    send(challenge(await receive()));
    await receive();
  };

  test.each([
    'require',
    'prefer',
    'disable',
  ])('a login that ends without the proof of the server fails, with channel_binding=%s', async (binding) => {
    const script = async (peer: Peer): Promise<void> => {
      await startOfScram(peer);
      peer.send(OK, SESSION);
    };
    await using attacker = await hostileServer(script, pems);
    expect(await outcome(attacker, `sslmode=require&channel_binding=${binding}`)).toBe('server_unproven');
  });

  test.each([
    ['without the challenge', [OK, SESSION]],
    ['with a proof and without the challenge', [WRONG_PROOF, OK, SESSION]],
  ])('a login that ends %s fails', async (_name, end) => {
    const script = async ({ receive, send }: Peer): Promise<void> => {
      await receive();
      send(SCRAM_PLUS);
      await receive();
      send(...end);
    };
    await using attacker = await hostileServer(script, pems);
    expect(await outcome(attacker, 'sslmode=require')).toMatch(/^(server_unproven|login_tampered)$/);
    expectNoSecret(attacker);
  });

  test.each([
    ['in the same packet', [OK, SESSION]],
    ['with the offer repeated', [SCRAM_PLUS]],
    ['and silence', []],
  ])('a wrong proof fails, followed by the rest %s', async (_name, rest) => {
    const script = async (peer: Peer): Promise<void> => {
      await startOfScram(peer);
      peer.send(WRONG_PROOF, ...rest);
    };
    await using attacker = await hostileServer(script, pems);
    expect(await outcome(attacker, 'sslmode=require')).toMatch(/^(server_unproven|login_tampered)$/);
  });

  test('a challenge, a proof and the end of the login in one packet fail', async () => {
    const script = async ({ receive, send }: Peer): Promise<void> => {
      await receive();
      send(SCRAM_PLUS);
      send(challenge(await receive()), WRONG_PROOF, OK, SESSION);
    };
    await using attacker = await hostileServer(script, pems);
    expect(await outcome(attacker, 'sslmode=require')).toBe('login_tampered');
  });

  test('two challenges fail', async () => {
    const script = async (peer: Peer): Promise<void> => {
      await peer.receive();
      peer.send(SCRAM_PLUS);
      const first = await peer.receive();
      peer.send(challenge(first));
      await peer.receive();
      peer.send(challenge(first));
    };
    await using attacker = await hostileServer(script, pems);
    expect(await outcome(attacker, 'sslmode=require')).toBe('login_tampered');
  });
});

describe('a server that requests the password more than once', () => {
  test.each([
    ['clear text', 'md5', [CLEAR_TEXT, MD5]],
    ['md5', 'clear text', [MD5, CLEAR_TEXT]],
    ['clear text', 'SCRAM', [CLEAR_TEXT, SCRAM_PLUS]],
  ])('%s and then %s in the same packet fail, and nothing is sent', async (_first, _second, requests) => {
    await using attacker = await hostileServer(answering(...requests), pems);
    const code = await outcome(attacker, 'sslmode=require');
    expectNoSecret(attacker);
    expect(code).toBe('login_tampered');
  });

  test('md5 and then clear text fails, and sends only the hash', async () => {
    const script = async ({ receive, send }: Peer): Promise<void> => {
      await receive();
      send(MD5);
      await receive();
      send(CLEAR_TEXT);
    };
    await using attacker = await hostileServer(script, pems);
    expect(await outcome(attacker, 'sslmode=require')).toBe('login_tampered');
    expect(attacker.received()).toMatch(/md5[0-9a-f]{32}/);
    expect(attacker.received()).not.toContain(Buffer.from(PASSWORD).toString('latin1'));
  });

  test.each([
    ['clear text', CLEAR_TEXT, 'login_tampered'],
    ['md5', MD5, 'login_tampered'],
    ['SCRAM', SCRAM_PLUS, 'server_unproven'],
  ])('a request for %s with the end of the login gets nothing', async (_name, request, expected) => {
    await using attacker = await hostileServer(answering(request, OK, SESSION), pems);
    const code = await outcome(attacker, 'sslmode=require');
    expectNoSecret(attacker);
    expect(code).toBe(expected);
  });

  test.each([
    ['clear text', CLEAR_TEXT],
    ['md5', MD5],
    ['SCRAM', SCRAM],
  ])('a request for %s in place of an answer to a query gets nothing', async (_name, request) => {
    let received = '';
    await using relay = await listen((near) => {
      const far = dial({ port: server.port, host: '127.0.0.1' });
      near.on('data', (bytes: Buffer) => {
        received += bytes.toString('latin1');
        if (bytes.includes('select 1')) near.write(request);
        else far.write(bytes);
      });
      far.on('data', (bytes: Buffer) => near.write(bytes));
      near.on('close', () => far.destroy());
    });
    const target = { ...server.target('scrambled', 'sslmode=disable', '127.0.0.1'), port: relay.port };
    const connection = await connect(target);
    const loginBytes = received.length;
    await expect(connection.client.query('select 1')).rejects.toMatchObject({ code: 'login_tampered' });
    await connection.close();
    expect(received.slice(loginBytes)).not.toMatch(/p\0/);
    expect(received).not.toContain(Buffer.from(PASSWORD).toString('latin1'));
  });

  test('a plain second attempt after an offer of SCRAM over TLS sends no password in clear text or as md5', async () => {
    for (const request of [CLEAR_TEXT, MD5]) {
      let received = '';
      await using attacker = await listen((socket) => {
        socket.once('data', (first: Buffer) => {
          received += first.toString('latin1');
          if (first.length > 8) {
            socket.on('data', (bytes: Buffer) => {
              received += bytes.toString('latin1');
            });
            socket.write(request);
            return;
          }
          socket.write('S');
          const inside = new TLSSocket(socket, { isServer: true, ...pems });
          inside.on('error', () => inside.destroy());
          inside.once('data', () => {
            inside.write(SCRAM_PLUS);
            inside.once('data', () =>
              inside.write(serverError('FATAL', '28P01', 'password authentication failed')),
            );
          });
        });
      });
      expect(await outcome(attacker, 'sslmode=prefer')).toBe('wrong_password');
      expectNoSecret({ received: () => received });
    }
  });
});
