import { readFile } from 'node:fs/promises';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import { ConnectionError } from '../../../src/postgres/errors/explained-error.js';
import { listen, type Pems } from '../../support/listeners.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { expectNoSecret, loginOutcome } from './attacked-client.js';
import {
  answering,
  authentication,
  CLEAR_TEXT,
  hostileServer,
  message,
  OK,
  READY,
  SESSION,
  saslOffer,
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

describe('bytes that arrive before TLS', () => {
  test.each([
    ['an error', serverError('FATAL', '28000', 'go to evil.example.com')],
    ['a notice', message('N', 'SNOTICE\0VNOTICE\0C00000\0Mgo to evil.example.com\0\0')],
    ['a request for the password', CLEAR_TEXT],
    ['the end of a login', Buffer.concat([OK, SESSION])],
  ])('%s in the packet that agrees to TLS ends the login', async (_name, injected) => {
    let received = '';
    await using attacker = await listen((socket) => {
      socket.on('data', (bytes: Buffer) => {
        if (received === '') socket.write(Buffer.concat([Buffer.from('S'), injected]));
        received += bytes.toString('latin1');
      });
    });
    for (const mode of ['require', 'prefer']) {
      received = '';
      const target = server.target('scrambled', `sslmode=${mode}`, '127.0.0.1');
      const error: unknown = await connect({ ...target, port: attacker.port }).catch((reason) => reason);
      expect(error).toMatchObject({ code: 'tls_injection' });
      expect(String(error)).not.toContain('evil');
      expect(received).not.toContain('scrambled');
    }
  });

  test('bytes in the packet after the one that agrees to TLS end the login', async () => {
    await using attacker = await listen((socket) => {
      socket.setNoDelay(true).once('data', () => {
        socket.write('S', () => setTimeout(() => socket.write(Buffer.concat([OK, SESSION])), 50));
      });
    });
    expect(await outcome(attacker, 'sslmode=require')).toBe('tls_failed');
  });

  test('an error in place of an answer about TLS is not shown', async () => {
    await using attacker = await listen((socket) =>
      socket.once('data', () => socket.write(serverError('FATAL', '28000', 'go to evil.example.com'))),
    );
    const target = server.target('scrambled', 'sslmode=prefer', '127.0.0.1');
    const error: unknown = await connect({ ...target, port: attacker.port }).catch((reason) => reason);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).not.toContain('evil');
  });

  test.each([
    'require',
    'verify-ca',
    'verify-full',
  ])('a refusal of TLS ends the login with sslmode=%s, and no name is sent', async (mode) => {
    await using attacker = await hostileServer(answering(Buffer.from('N'), CLEAR_TEXT));
    const root = `sslrootcert=${server.certificates.authority}`;
    expect(await outcome(attacker, `sslmode=${mode}&${root}`)).not.toBe('connected');
    expect(attacker.received()).not.toContain('scrambled');
    expect(attacker.connections()).toBe(1);
  });

  test('sslnegotiation=direct requires a server that speaks PostgreSQL inside TLS', async () => {
    await using attacker = await listen((socket) => {
      const inside = new TLSSocket(socket, { isServer: true, ...pems });
      inside.on('error', () => inside.destroy());
      inside.once('data', () => inside.write(CLEAR_TEXT));
    });
    expect(await outcome(attacker, 'sslmode=require&sslnegotiation=direct')).toBe('tls_failed');
  });
});

describe('a login that does not keep to the protocol', () => {
  test.each([
    ['a notice before the login', message('N', 'SNOTICE\0VNOTICE\0C00000\0Mhello\0\0')],
    ['a setting before the login', message('S', 'server_version\0', '15.4\0')],
    ['readiness before the login', READY],
    ['a row before the login', message('D', Buffer.alloc(2))],
    ['a request of a negative length', Buffer.from('52ffffffff00000003', 'hex')],
    ['a request for clear text that is too long', authentication(3, 'x')],
    ['a request for md5 without a salt', authentication(5)],
    ['an offer of SASL without an end', authentication(10, 'SCRAM-SHA-256')],
    ['an unknown request', authentication(99)],
    ['SASL data without SASL', authentication(11, 'r=x')],
    ['a proof without SASL', WRONG_PROOF],
  ])('%s ends the login', async (_name, bytes) => {
    await using attacker = await hostileServer(answering(bytes, OK, SESSION));
    expect(await outcome(attacker, 'sslmode=disable')).toMatch(
      /^(protocol_violation|login_tampered|not_postgresql)$/,
    );
    expectNoSecret(attacker);
  });

  test('an offer of only unknown SASL mechanisms is reported as login_method_unsupported', async () => {
    await using attacker = await hostileServer(answering(saslOffer('OAUTHBEARER')));
    const code = await outcome(attacker, 'sslmode=disable');
    expectNoSecret(attacker);
    expect(code).toBe('login_method_unsupported');
  });
});
