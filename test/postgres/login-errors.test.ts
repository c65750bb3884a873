import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/postgres/connect.js';
import type { Target } from '../../src/postgres/connection/target.js';
import { ConnectionError } from '../../src/postgres/errors/explained-error.js';
import { explainLoginFailures } from '../../src/postgres/login-errors.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { answerWith, listen, unusedPort } from '../support/listeners.js';
import { SLOW } from '../support/timeouts.js';
import { PASSWORD, startTlsServer, type TlsServer } from '../support/tls-server.js';

let server: TlsServer;
beforeAll(async () => {
  server = await startTlsServer();
}, SLOW);
afterAll(() => server?.stop());

/** Connects and returns the error, after checking what every such error must have. */
async function failure(target: Target): Promise<ConnectionError> {
  const error: unknown = await connect(target).then(
    async (connection) => {
      await connection.close();
      return new Error('It connected.');
    },
    (reason) => reason,
  );
  if (!(error instanceof ConnectionError)) throw error;
  expect(error.exitCode).toBe(1);
  expect(error.message).toMatch(/postgresql:\/\/.*[^.]\.$/);
  expect(error.message).not.toContain('\n');
  expect(error.remedy).toMatch(/^[A-Z].*[.;]$/);
  const everything = inspect(error, { depth: 9, showHidden: true });
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'wr0ng'])
    expect(everything).not.toContain(secret);
  return error;
}

function at(address: string, parameters = ''): Target {
  return parseDatabaseUrl(`postgresql://ann:wr0ng@${address}/survey?${parameters}`, { HOME: server.home });
}

describe('a server that cannot be reached', () => {
  test('a port without a server is reported as connection_refused', async () => {
    const port = await unusedPort();
    for (const host of ['localhost', '127.0.0.1']) {
      const error = await failure(at(`${host}:${port}`));
      expect(error).toMatchObject({ code: 'connection_refused', cause: { code: 'ECONNREFUSED' } });
      expect(error.message).toBe(
        `postgresql://ann@${host}:${port}/survey refuses connections: no server listens on this host and port.`,
      );
    }
  });

  test('an unknown host name is reported as host_not_found', async () => {
    expect(await failure(at('no-such-host.invalid'))).toMatchObject({
      code: 'host_not_found',
      message: expect.stringContaining('the host name no-such-host.invalid does not resolve to an address'),
    });
  });

  test('a missing Unix socket is reported as connection_refused', async () => {
    const error = await failure(at('', `host=${server.home}`));
    expect(error.code).toBe('connection_refused');
    expect(error.message).toContain(`no server listens on the socket ${server.home}/.s.PGSQL.5432`);
    expect((await failure(at('', `host=${server.home}/none`))).code).toBe('connection_refused');
  });

  test.each([
    ['sslmode=disable', /^Check/],
    ['sslmode=require', /^Check/],
    ['sslmode=prefer', /^Check/],
    ['sslmode=require&sslnegotiation=direct', /older than PostgreSQL 17/],
  ])('a server that closes the connection is reported as connection_closed, with %s', async (parameters, remedy) => {
    await using listener = await listen((socket) => socket.once('data', () => socket.destroy()));
    expect(await failure(at(`127.0.0.1:${listener.port}`, parameters))).toMatchObject({
      code: 'connection_closed',
      remedy: expect.stringMatching(remedy),
    });
  });
});

describe('a server that is not PostgreSQL', () => {
  test.each([
    'sslmode=disable',
    'sslmode=require',
    'sslmode=prefer',
  ])('an HTTP server is reported as not_postgresql, with %s', async (parameters) => {
    const http = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    const { port } = http.address() as AddressInfo;
    const error = await failure(at(`127.0.0.1:${port}`, parameters));
    expect(error).toMatchObject({
      code: 'not_postgresql',
      remedy: expect.stringMatching(/^It speaks HTTP\./),
    });
    http.close();
  });

  test.each([
    ['SSH-2.0-OpenSSH_9\r\n', /SSH/],
    [Buffer.from('15030100020228', 'hex'), /TLS from the first byte/],
    ['-ERR unknown command\r\n', /^Check host and port/],
    ['J\0\0\0\x0a5.7.1\0', /^Check host and port/],
  ])('a server that sends %j is reported as not_postgresql', async (bytes, remedy) => {
    await using listener = await answerWith(bytes);
    for (const parameters of ['sslmode=disable', 'sslmode=require', 'sslmode=prefer']) {
      const error = await failure(at(`127.0.0.1:${listener.port}`, parameters));
      expect(error).toMatchObject({ code: 'not_postgresql', remedy: expect.stringMatching(remedy) });
    }
  });

  test('a message that pg cannot parse ends the login and not the process', async () => {
    await using listener = await answerWith(Buffer.from('520000000500', 'hex'));
    expect((await failure(at(`127.0.0.1:${listener.port}`, 'sslmode=disable'))).code).toBe(
      'protocol_violation',
    );
  });
});

describe('a login that is refused', () => {
  test.each([
    'scrambled',
    'hashed',
    'clear',
  ])('a wrong password is reported as wrong_password, as the role "%s"', async (role) => {
    const error = await failure({ ...server.target(role), password: 'wr0ng' });
    expect(error).toMatchObject({ code: 'wrong_password', cause: { code: '28P01' } });
    expect(error.message).toContain(`password authentication failed for user "${role}"`);
    expect(error.remedy).toContain('percent-encoded');
  });

  test.each([
    'scrambled',
    'hashed',
    'clear',
  ])('a missing password is reported as password_missing, as the role "%s"', async (role) => {
    const error = await failure({ ...server.target(role), password: undefined });
    expect(error.code).toBe('password_missing');
    expect(error.remedy).toMatch(/PGPASSWORD.*\.pgpass/);
  });

  test('a wrong password in a password file is reported with the name of the file', async () => {
    const passwordFile = join(server.home, 'wrong.pgpass');
    await writeFile(passwordFile, '*:*:*:*:wr0ng', { mode: 0o600 });
    const error = await failure({ ...server.target('scrambled'), password: undefined, passwordFile });
    expect(error).toMatchObject({ code: 'wrong_password', remedy: expect.stringContaining(passwordFile) });
  });

  test.each([
    ['nobody_at_all', /role "nobody_at_all" does not exist/],
    ['unable', /role "unable" is not permitted to log in/],
  ])('the role "%s" is reported as role_refused', async (role, message) => {
    expect(await failure(server.target(role))).toMatchObject({
      code: 'role_refused',
      message: expect.stringMatching(message),
    });
  });

  test('a rule of pg_hba.conf is reported as connection_not_allowed, with sslmode=require as remedy if TLS was not tried', async () => {
    const error = await failure(server.target('encrypted_only', 'sslmode=disable'));
    expect(error).toMatchObject({ code: 'connection_not_allowed', cause: { code: '28000' } });
    expect(error.remedy).toMatch(/^Add sslmode=require/);
    expect((await failure(server.target('rejected'))).remedy).toMatch(/^Ask an administrator/);
  });

  test('a request for Kerberos is reported as login_method_unsupported', async () => {
    await using listener = await answerWith(Buffer.from('520000000800000007', 'hex'));
    expect((await failure(at(`127.0.0.1:${listener.port}`, 'sslmode=disable'))).code).toBe(
      'login_method_unsupported',
    );
  });
});

describe('a database that refuses the session', () => {
  test('a missing database is reported as database_missing, with up({ create: true }) as remedy', async () => {
    const error = await failure({ ...server.target('trusted'), database: 'none' });
    expect(error).toMatchObject({ code: 'database_missing', cause: { code: '3D000' } });
    expect(error.remedy).toContain('`up({ create: true })`');
  });

  test('a missing right to connect is reported as database_forbidden, with the grant as remedy', async () => {
    await server.sql('create database closed', 'revoke connect on database closed from public');
    const error = await failure({ ...server.target('trusted'), database: 'closed' });
    expect(error).toMatchObject({ code: 'database_forbidden', cause: { code: '42501' } });
    expect(error.remedy).toContain('grant connect on database "closed" to "trusted";');
  });

  test('a reached connection limit is reported as too_many_connections', async () => {
    await server.sql('alter role clear connection limit 0');
    expect(await failure(server.target('clear'))).toMatchObject({
      code: 'too_many_connections',
      message: expect.stringContaining('too many connections for role "clear"'),
    });
    await server.sql('alter role clear connection limit -1');
  });

  test.each([
    '-c%20no_such_setting%3D1',
    '-c%20work_mem%3Dx',
    '-c%20session_replication_role%3Dreplica',
  ])('the invalid options %s are reported as session_options_refused', async (options) => {
    const error = await failure(server.target('trusted', `options=${options}`));
    expect(error).toMatchObject({
      code: 'session_options_refused',
      remedy: expect.stringMatching(/"options"/),
    });
  });

  test('any other refusal is reported with the message and the SQLSTATE of the server', async () => {
    await server.sql('create database shut allow_connections false');
    const error = await failure({ ...server.target('trusted'), database: 'shut' });
    expect(error.code).toBe('connection_failed');
    expect(error.message).toMatch(/"shut" is not currently accepting connections \(SQLSTATE 55000\)/);
  });
});

describe('a password file', () => {
  test('a password file in the home directory or in passfile replaces the password in the URL', async () => {
    const line = `localhost:${server.port}:*:scrambled:${PASSWORD.replaceAll(/[:\\]/g, '\\$&')}\n`;
    const withoutPassword = `postgresql://scrambled@localhost:${server.port}/postgres`;
    const home = join(server.home, 'with-file');
    await mkdir(home);
    await writeFile(join(home, '.pgpass'), line, { mode: 0o600 });
    await (await connect(parseDatabaseUrl(withoutPassword, { HOME: home }))).close();
    const elsewhere = `${withoutPassword}?passfile=${home}/.pgpass`;
    await (await connect(parseDatabaseUrl(elsewhere, { HOME: server.home }))).close();
    await chmod(join(home, '.pgpass'), 0o644);
    expect((await failure(parseDatabaseUrl(withoutPassword, { HOME: home }))).code).toBe('password_missing');
    await rm(home, { recursive: true });
  });
});

// The messages of PgBouncer 1.18, all with the SQLSTATE 08P01 and without a routine.
describe('a PgBouncer', () => {
  test.each([
    ['unsupported startup parameter: options', 'pooler_refuses_options', /ignore_startup_parameters/],
    ['no such database: survey', 'pooler_database_missing', /\[databases\]/],
    ['SASL authentication failed', 'wrong_password', /auth_file/],
    ['password authentication failed', 'wrong_password', /auth_file/],
    ['SSL required', 'connection_not_allowed', /sslmode=require/],
    ['no more connections allowed (max_client_conn)', 'too_many_connections', /max_client_conn/],
    ['query_wait_timeout', 'server_not_ready', /PgBouncer's log/],
    ['something new', 'connection_failed', /log/],
  ])('the PgBouncer message "%s" is reported as %s', (message, code, remedy) => {
    const error = new pg.DatabaseError(message, 0, 'error');
    error.code = '08P01';
    const explained = explainLoginFailures(
      [{ error, mayTryOther: false, hasOfferedSasl: false }],
      at('bouncer'),
    );
    expect(explained).toMatchObject({ code, remedy: expect.stringMatching(remedy), cause: error });
  });
});

// Stops the server, so it must be the last test.
test('a server that is shutting down is reported as server_not_ready without waiting for it', async () => {
  const connection = await connect(server.target('trusted'));
  process.kill(server.pid, 'SIGTERM');
  await expect
    .poll(() => failure(server.target('trusted')))
    .toMatchObject({ code: 'server_not_ready', cause: { code: '57P03' }, message: /shutting down/ });
  await connection.close();
});
