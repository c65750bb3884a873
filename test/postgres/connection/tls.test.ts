import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import type { Target } from '../../../src/postgres/connection/target.js';
import { ConnectionError } from '../../../src/postgres/errors/explained-error.js';
import { eavesdrop, listen, listenWithTls, type Pems } from '../../support/listeners.js';
import { SLOW } from '../../support/timeouts.js';
import { KEY_PASSWORD } from '../../support/tls-certificates.js';
import { PASSWORD, startTlsServer, type TlsServer } from '../../support/tls-server.js';

let server: TlsServer;
beforeAll(async () => {
  server = await startTlsServer();
}, SLOW);
afterAll(() => server?.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Connects and returns `plain`, `tls`, or the code of the error. */
async function outcome(target: Target): Promise<string> {
  try {
    const connection = await connect(target);
    const { rows } = await connection.client.query<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    );
    await connection.close();
    return rows[0]?.ssl ? 'tls' : 'plain';
  } catch (error) {
    if (error instanceof ConnectionError) return error.code;
    throw error;
  }
}

const authority = (): string => `sslrootcert=${server.certificates.authority}`;
const stranger = (): string => `sslrootcert=${server.certificates.stranger}`;
const ownCertificate = (): string =>
  `sslcert=${server.certificates.client}&sslkey=${server.certificates.clientKey}`;

// Compared with psql 15 for every role, mode and authority: 1344 combinations, no difference.
describe('sslmode on a server with and without TLS', () => {
  test.each([
    ['disable', 'scrambled', 'plain'],
    ['disable', 'encrypted_only', 'connection_not_allowed'],
    ['allow', 'scrambled', 'plain'],
    ['allow', 'encrypted_only', 'tls'],
    ['allow', 'rejected', 'connection_not_allowed'],
    ['prefer', 'scrambled', 'tls'],
    ['prefer', 'plain_only', 'plain'],
    ['prefer', 'unmentioned', 'connection_not_allowed'],
    ['require', 'scrambled', 'tls'],
    ['require', 'plain_only', 'connection_not_allowed'],
    ['verify-ca', 'scrambled', 'tls_root_certificate_missing'],
    ['verify-full', 'scrambled', 'tls_root_certificate_missing'],
  ])('sslmode=%s as the role "%s" results in %s', async (mode, role, expected) => {
    expect(await outcome(server.target(role, `sslmode=${mode}`))).toBe(expected);
  });

  test.each([
    ['scrambled', 'plain'],
    ['encrypted_only', 'tls'],
  ])('without sslmode, a connection to localhost as the role "%s" is %s', async (role, expected) => {
    expect(await outcome(server.target(role))).toBe(expected);
  });

  test('sslmode=prefer tries a plain connection after a wrong password over TLS', async () => {
    const target = { ...server.target('split', 'sslmode=prefer'), password: 'wrong' };
    expect(await outcome(target)).toBe('plain');
  });

  test('a wrong password is reported rather than the refusal of the other kind of connection', async () => {
    for (const role of ['plain_only', 'encrypted_only']) {
      for (const mode of ['allow', 'prefer']) {
        const target = { ...server.target(role, `sslmode=${mode}`), password: 'wrong' };
        expect(await outcome(target), `${role} ${mode}`).toBe('wrong_password');
      }
    }
  });
});

describe('the second attempt of sslmode=prefer', () => {
  test('sslmode=prefer does not try again if the client has no password', async () => {
    const target = { ...server.target('split', 'sslmode=prefer'), password: undefined };
    expect(await outcome(target)).toBe('password_missing');
  });

  test('sslmode=prefer does not try again if the server closes the connection during the login over TLS', async () => {
    let connections = 0;
    await using listener = await listenWithTls(await otherPems(), (inside) => {
      connections += 1;
      // Asks for SCRAM, which begins a login, and hangs up.
      inside.once('data', () =>
        inside.end(Buffer.from('52000000170000000a534352414d2d5348412d3235360000', 'hex')),
      );
    });
    const target = server.target('scrambled', 'sslmode=prefer', '127.0.0.1');
    expect(await outcome({ ...target, port: listener.port })).toBe('connection_closed');
    expect(connections).toBe(1);
  });

  test('sslmode=prefer does not try again if the server answers nothing', async () => {
    let connections = 0;
    await using listener = await listen((socket) => {
      connections += 1;
      socket.destroy();
    });
    const target = server.target('scrambled', 'sslmode=prefer', '127.0.0.1');
    expect(await outcome({ ...target, port: listener.port })).toBe('connection_closed');
    expect(connections).toBe(1);
  });
});

/** A certificate that the server does not have. */
async function otherPems(): Promise<Pems> {
  const { expired, serverKey } = server.certificates;
  return { cert: await readFile(expired), key: await readFile(serverKey) };
}

describe('the verification of a server', () => {
  test.each([
    ['require', 'the authority of the server', 'localhost', 'tls', authority],
    ['require', 'another authority', 'localhost', 'tls_untrusted', stranger],
    ['prefer', 'the authority of the server', 'localhost', 'tls', authority],
    ['prefer', 'another authority', 'localhost', 'plain', stranger],
    ['verify-ca', 'the authority of the server', 'localhost', 'tls', authority],
    ['verify-ca', 'the authority of the server', '127.0.0.1', 'tls', authority],
    ['verify-ca', 'another authority', 'localhost', 'tls_untrusted', stranger],
    ['verify-full', 'the authority of the server', 'localhost', 'tls', authority],
    ['verify-full', 'the authority of the server', '127.0.0.1', 'tls_wrong_host', authority],
    ['verify-full', 'another authority', 'localhost', 'tls_untrusted', stranger],
    [
      'verify-full',
      'the authorities of the system',
      'localhost',
      'tls_untrusted',
      () => 'sslrootcert=system',
    ],
    ['require', 'a missing file', 'localhost', 'tls', () => 'sslrootcert=/nonexistent/root.crt'],
    [
      'verify-full',
      'a missing file',
      'localhost',
      'tls_root_certificate_missing',
      () => 'sslrootcert=/nonexistent/root.crt',
    ],
  ])('sslmode=%s with %s as sslrootcert and the host %s results in %s', async (mode, _, host, expected, root) => {
    expect(await outcome(server.target('scrambled', `sslmode=${mode}&${root()}`, host))).toBe(expected);
  });

  test('every sslmode that encrypts verifies with ~/.postgresql/root.crt and root.crl if they exist', async () => {
    const folder = join(server.home, '.postgresql');
    await mkdir(folder);
    try {
      await copyFile(server.certificates.stranger, join(folder, 'root.crt'));
      expect(await outcome(server.target('scrambled', 'sslmode=require'))).toBe('tls_untrusted');
      await copyFile(server.certificates.authority, join(folder, 'root.crt'));
      expect(await outcome(server.target('scrambled', 'sslmode=verify-full'))).toBe('tls');
      await copyFile(server.certificates.revocations, join(folder, 'root.crl'));
      expect(await outcome(server.target('scrambled', 'sslmode=require'))).toBe('tls_revoked');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a root.crt that is not a PEM file is an error, after which sslmode=prefer connects without TLS', async () => {
    const nonsense = join(server.home, 'nonsense.crt');
    await writeFile(nonsense, 'no PEM');
    for (const [mode, expected] of [
      ['require', 'tls_files_unusable'],
      ['prefer', 'plain'],
    ]) {
      const target = server.target('scrambled', `sslmode=${mode}&sslrootcert=${nonsense}`);
      expect(await outcome(target)).toBe(expected);
    }
  });

  test('sslrootcert=system trusts the authorities in SSL_CERT_FILE and NODE_EXTRA_CA_CERTS', async () => {
    const target = server.target('scrambled', 'sslrootcert=system');
    vi.stubEnv('SSL_CERT_FILE', server.certificates.authority);
    expect(await outcome(target)).toBe('tls');
    vi.stubEnv('SSL_CERT_FILE', server.certificates.stranger);
    expect(await outcome(target)).toBe('tls_untrusted');
    vi.stubEnv('NODE_EXTRA_CA_CERTS', server.certificates.authority);
    expect(await outcome(target)).toBe('tls');
  });

  test('the host name is verified, not hostaddr', async () => {
    const at = (host: string): Target =>
      server.target('scrambled', `sslmode=verify-full&${authority()}&hostaddr=127.0.0.1`, host);
    expect(await outcome(at('localhost'))).toBe('tls');
    expect(await outcome(at('db.example.com'))).toBe('tls_wrong_host');
  });

  test('TLS sends the host name to the server (SNI), even with hostaddr, but never an IP address', async () => {
    const { server: certificate, serverKey } = server.certificates;
    const pems = { cert: await readFile(certificate), key: await readFile(serverKey) };
    const names: (string | false | undefined)[] = [];
    const listener = createServer({ ...pems, ALPNProtocols: ['postgresql'] }, (socket) => {
      names.push('servername' in socket ? (socket.servername as string | false) : undefined);
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    for (const [host, address] of [
      ['localhost', ''],
      ['db.example.com', '127.0.0.1'],
      ['127.0.0.1', ''],
    ]) {
      const parameters = `sslmode=require&sslnegotiation=direct&hostaddr=${address}`;
      await outcome({ ...server.target('scrambled', parameters, host), port });
    }
    expect(names).toEqual(['localhost', 'db.example.com', false]);
    listener.close();
  });

  test('a certificate in sslcrl is rejected as revoked', async () => {
    const parameters = `sslmode=verify-ca&${authority()}&sslcrl=${server.certificates.revocations}`;
    expect(await outcome(server.target('scrambled', parameters))).toBe('tls_revoked');
  });

  test('an expired certificate is rejected, and a common name counts if there are no alternative names', async () => {
    const verified = (host: string): Target =>
      server.target('scrambled', `sslmode=verify-full&${authority()}`, host);
    try {
      await server.configure({ ssl_cert_file: 'expired.crt' });
      expect(await outcome(verified('localhost'))).toBe('tls_expired');
      await server.configure({ ssl_cert_file: 'named.crt' });
      expect(await outcome(verified('127.0.0.1'))).toBe('tls');
      expect(await outcome(verified('localhost'))).toBe('tls_wrong_host');
    } finally {
      await server.configure({ ssl_cert_file: 'server.crt' });
    }
  });

  test('a certificate for another host is rejected with the names in it', async () => {
    const target = server.target('scrambled', `sslmode=verify-full&${authority()}`, '127.0.0.1');
    await expect(connect(target)).rejects.toMatchObject({
      message: `postgresql://scrambled@127.0.0.1:${server.port}/postgres presented a certificate for DNS:localhost, not for 127.0.0.1.`,
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });
});

describe('a client certificate', () => {
  test('a client certificate logs its role in', async () => {
    expect(await outcome(server.target('certified', `sslmode=require&${ownCertificate()}`))).toBe('tls');
    expect(await outcome(server.target('certified', 'sslmode=require'))).toBe('connection_not_allowed');
  });

  test('sslcertmode=disable sends no client certificate', async () => {
    const parameters = `sslmode=require&sslcertmode=disable&${ownCertificate()}`;
    expect(await outcome(server.target('certified', parameters))).toBe('connection_not_allowed');
  });

  test('sslpassword decrypts the key of a client certificate', async () => {
    const { client, encryptedKey } = server.certificates;
    const parameters = `sslmode=require&sslcert=${client}&sslkey=${encryptedKey}`;
    expect(await outcome(server.target('certified', `${parameters}&sslpassword=${KEY_PASSWORD}`))).toBe(
      'tls',
    );
    expect(await outcome(server.target('certified', `${parameters}&sslpassword=wrong`))).toBe(
      'tls_files_unusable',
    );
    expect(await outcome(server.target('certified', parameters))).toBe('tls_files_unusable');
  });

  test('a client certificate without its own readable key is an error', async () => {
    const { client, serverKey } = server.certificates;
    const nonsense = join(server.home, 'nonsense.pem');
    await writeFile(nonsense, 'no PEM', { mode: 0o600 });
    for (const key of ['/nonexistent/key', serverKey, nonsense, server.home]) {
      const target = server.target('certified', `sslmode=require&sslcert=${client}&sslkey=${key}`);
      expect(await outcome(target), key).toBe('tls_files_unusable');
    }
  });
});

describe('channel binding', () => {
  test('channel_binding=require connects over TLS to a server that supports it', async () => {
    expect(await outcome(server.target('scrambled', 'sslmode=require&channel_binding=require'))).toBe('tls');
    expect(await outcome(server.target('scrambled', 'channel_binding=require'))).toBe('tls');
  });

  test.each([
    ['scrambled', 'sslmode=disable'],
    ['clear', 'sslmode=require'],
    ['hashed', 'sslmode=require'],
    ['trusted', 'sslmode=require'],
  ])('channel_binding=require fails as "%s" with %s', async (role, parameters) => {
    const target = server.target(role, `${parameters}&channel_binding=require`);
    expect(await outcome(target)).toBe('channel_binding_unavailable');
  });

  test('channel_binding=disable connects without it', async () => {
    expect(await outcome(server.target('scrambled', 'sslmode=require&channel_binding=disable'))).toBe('tls');
  });

  test('channel binding detects a proxy that decrypts, although sslmode=require verifies nothing', async () => {
    await using between = await eavesdrop(await otherPems(), server.port);
    const through = (parameters: string): Target => ({
      ...server.target('scrambled', `sslmode=require${parameters}`, '127.0.0.1'),
      port: between.port,
    });
    expect(await outcome(through(''))).toBe('channel_binding_failed');
    expect(await outcome(through('&channel_binding=require'))).toBe('channel_binding_failed');
    expect(await outcome(through('&channel_binding=disable'))).toBe('tls');
  });

  test('channel_binding=require sends no password to a server that asks for clear text', async () => {
    let received = '';
    await using thief = await listen((socket) => {
      socket.once('data', () => socket.write(Buffer.from('520000000800000003', 'hex')));
      socket.on('data', (bytes) => {
        received += bytes.toString();
      });
    });
    const target = server.target('clear', 'sslmode=disable&channel_binding=require', '127.0.0.1');
    expect(await outcome({ ...target, port: thief.port })).toBe('channel_binding_unavailable');
    expect(received).toContain('clear');
    expect(received).not.toContain(PASSWORD);
  });
});

describe('TLS versions and negotiation', () => {
  test('sslnegotiation=direct starts with TLS', async () => {
    expect(await outcome(server.target('scrambled', 'sslmode=require&sslnegotiation=direct'))).toBe('tls');
  });

  test('two sides without a common TLS version fail with tls_failed, or connect in plain with sslmode=prefer', async () => {
    try {
      await server.configure({ ssl_min_protocol_version: 'TLSv1.3' });
      const older = 'ssl_max_protocol_version=TLSv1.2';
      expect(await outcome(server.target('scrambled', `sslmode=require&${older}`))).toBe('tls_failed');
      expect(await outcome(server.target('scrambled', `sslmode=prefer&${older}`))).toBe('plain');
    } finally {
      await server.configure({ ssl_min_protocol_version: 'TLSv1.2' });
    }
  });
});

describe('sslmode on a server without TLS', () => {
  beforeAll(() => server.configure({ ssl: 'off' }));
  afterAll(() => server.configure({ ssl: 'on' }));

  test.each([
    ['disable', 'plain'],
    ['allow', 'plain'],
    ['prefer', 'plain'],
    ['require', 'tls_not_supported'],
    ['verify-ca', 'tls_not_supported'],
    ['verify-full', 'tls_not_supported'],
  ])('sslmode=%s results in %s on a server without TLS', async (mode, expected) => {
    expect(await outcome(server.target('scrambled', `sslmode=${mode}&${authority()}`))).toBe(expected);
  });

  test('a wrong password is reported rather than the missing TLS', async () => {
    for (const mode of ['allow', 'prefer']) {
      const target = { ...server.target('scrambled', `sslmode=${mode}`), password: 'wrong' };
      expect(await outcome(target), mode).toBe('wrong_password');
    }
  });

  test('channel_binding=require fails on a server without TLS', async () => {
    expect(await outcome(server.target('scrambled', 'channel_binding=require'))).toBe(
      'channel_binding_unavailable',
    );
  });
});
