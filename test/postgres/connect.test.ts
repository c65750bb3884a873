import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { type Connection, type ConnectOptions, connect } from '../../src/postgres/connect.js';
import { packageVersion } from '../../src/postgres/connection/application-name.js';
import type { Target } from '../../src/postgres/connection/target.js';
import { streamOf } from '../../src/postgres/driver/pg-internals.js';
import { explainLostConnection } from '../../src/postgres/lost-connection.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { listen, relay, relayFromSocket, trickle } from '../support/listeners.js';
import { SLOW } from '../support/timeouts.js';
import { PASSWORD, startTlsServer, type TlsServer } from '../support/tls-server.js';

let server: TlsServer;
beforeAll(async () => {
  server = await startTlsServer();
}, SLOW);
afterAll(() => server?.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Connects, passes the connection on, and closes it. */
async function withConnection<T>(
  target: Target,
  use: (connection: Connection) => Promise<T>,
  options?: ConnectOptions,
): Promise<T> {
  const connection = await connect(target, options);
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

async function show(target: Target, setting: string): Promise<unknown> {
  return withConnection(target, async ({ client }) => {
    const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [setting]);
    return rows[0]?.value;
  });
}

describe('connect', () => {
  test('connect reports the version of the server', async () => {
    await withConnection(parseDatabaseUrl(inject('serverUrl')), async ({ client, serverVersion }) => {
      const { rows } = await client.query('show server_version_num');
      expect(serverVersion.number).toBe(Number(rows[0].server_version_num));
      expect(serverVersion.text).toMatch(/^\d+[.\w]+$/);
    });
  });

  test.each([
    '',
    'application_name=theirs',
    'fallback_application_name=theirs',
  ])('connect sets application_name to the name and version of the package, even with "%s"', async (parameters) => {
    vi.stubEnv('PGAPPNAME', 'theirs');
    expect(await show(server.target('trusted', parameters), 'application_name')).toBe(
      `voicesurvey-db ${packageVersion}`,
    );
    expect(packageVersion).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('connect applies the session settings in the URL', async () => {
    const target = server.target('trusted', 'options=-c%20lock_timeout%3D7s%20-c%20work_mem%3D1MB');
    expect(await show(target, 'lock_timeout')).toBe('7s');
    expect(await show(target, 'work_mem')).toBe('1MB');
  });

  test('connect ignores variables of the environment that its target does not contain', async () => {
    vi.stubEnv('PGOPTIONS', '-c lock_timeout=7s');
    vi.stubEnv('PGREPLICATION', 'database');
    vi.stubEnv('PGSSLMODE', 'verify-full');
    vi.stubEnv('PGSSLNEGOTIATION', 'direct');
    vi.stubEnv('PGPASSWORD', 'theirs');
    expect(await show(server.target('scrambled'), 'lock_timeout')).toBe('0');
  });

  test('connect uses UTF-8 with a database of another encoding, even after reset all', async () => {
    await server.sql(
      "create database latin template template0 encoding 'LATIN1' locale_provider libc locale 'C'",
    );
    await withConnection({ ...server.target('trusted'), database: 'latin' }, async ({ client }) => {
      await client.query('reset all');
      const { rows } = await client.query("select 'ä' as letter, length('ä') as characters");
      expect(rows[0]).toEqual({ letter: 'ä', characters: 1 });
    });
  });

  test('connect opens a pipeline if the option is set', async () => {
    const target = server.target('trusted');
    await withConnection(
      target,
      async ({ client }) => {
        expect(client.pipeline).toBe(true);
        const results = await Promise.all([client.query('select 1 as n'), client.query('select 2 as n')]);
        expect(results.map(({ rows }) => rows[0].n)).toEqual([1, 2]);
      },
      { pipeline: true },
    );
    await withConnection(target, async ({ client }) => expect(client.pipeline).toBe(false));
  });

  test('connect uses a Unix socket without TLS, whatever the sslmode', async () => {
    await using _relay = await relayFromSocket(server.home, server.port);
    const target = parseDatabaseUrl(
      `postgresql://trusted@/postgres?host=${server.home}&sslmode=verify-full`,
      {
        HOME: server.home,
      },
    );
    await withConnection(target, async ({ client }) => {
      const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      expect(rows[0].ssl).toBe(false);
    });
  });

  test('connect works over a network that delivers single bytes', async () => {
    await using slow = await trickle(server.port);
    await withConnection(
      { ...server.target('scrambled', '', '127.0.0.1'), port: slow.port },
      async ({ serverVersion }) => {
        expect(serverVersion.number).toBeGreaterThan(150000);
      },
    );
  });

  test('a printed connection shows no password', async () => {
    for (const parameters of ['sslmode=disable', 'sslmode=require']) {
      for (const role of ['scrambled', 'clear', 'hashed']) {
        await withConnection(server.target(role, parameters), async (connection) => {
          expect(inspect(connection, { depth: 12 })).not.toContain(PASSWORD);
        });
      }
    }
  });

  test.runIf(process.platform === 'linux')('connect enables TCP keepalive as the URL says', async () => {
    const timer = (parameters: string): Promise<string | undefined> =>
      withConnection(server.target('trusted', parameters, '127.0.0.1'), keepAliveTimer);
    expect(await timer('')).toBe('keepalive within 30 s');
    expect(await timer('keepalives_idle=100')).toBe('keepalive within 100 s');
    expect(await timer('keepalives=0')).toBe('none');
  });
});

/** Reads the timer of a connection from the kernel's table of sockets. */
async function keepAliveTimer({ client }: Connection): Promise<string | undefined> {
  const { localPort, remotePort } = streamOf(client) as Socket;
  // Compare both ends: recently closed connections are in the table too, and ports are reused.
  const [local, remote] = [localPort, remotePort].map(
    (port = 0) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`,
  );
  const table = await readFile('/proc/net/tcp', { encoding: 'utf8' });
  const sockets = table.split('\n').map((line) => line.trim().split(/\s+/));
  const socket = sockets.find(([, here, there]) => here === local && there === remote);
  const [kind, hundredths = ''] = socket?.[5]?.split(':') ?? [];
  if (kind === '00') return 'none';
  // The timer counts down, so round it up to tens of seconds.
  return kind === '02'
    ? `keepalive within ${10 * Math.ceil(Number.parseInt(hundredths, 16) / 1000)} s`
    : kind;
}

describe('target_session_attrs', () => {
  beforeAll(() => server.sql('alter role hashed set default_transaction_read_only = on'));
  afterAll(() => server.sql('alter role hashed reset all'));

  test.each([
    ['trusted', 'read-write', 'connected'],
    ['trusted', 'primary', 'connected'],
    ['hashed', 'any', 'connected'],
    ['hashed', 'prefer-standby', 'connected'],
    ['hashed', 'primary', 'connected'],
    ['hashed', 'read-write', 'server_read_only'],
  ])('target_session_attrs as the role "%s": %s results in %s', async (role, attributes, expected) => {
    const target = server.target(role, `target_session_attrs=${attributes}`);
    const outcome = withConnection(target, async () => 'connected').catch((error) => error.code);
    expect(await outcome).toBe(expected);
  });
});

describe('a lost connection', () => {
  test('a connection lost while idle rejects the next query and does not end the process', async () => {
    const connection = await connect(server.target('trusted'));
    await kill(connection);
    await expect.poll(() => connection.disconnectError()).toMatchObject({ code: '57P01' });
    const error: unknown = await connection.client.query('select 1').catch((reason) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(explainLostConnection(error, connection)).toMatchObject({
      code: 'connection_lost',
      message: expect.stringMatching(
        /^The connection to postgresql:\/\/trusted@.* was lost: terminating connection/,
      ),
      cause: { code: '57P01' },
    });
    await connection.close();
  });

  test.each([
    false,
    true,
  ])('a connection lost during a query rejects the query; pipeline: %s', async (pipeline) => {
    const connection = await connect(server.target('trusted'), { pipeline });
    const query = connection.client.query('select pg_sleep(60)').catch((reason) => reason);
    await kill(connection);
    const error: unknown = await query;
    expect(explainLostConnection(error, connection)?.code).toBe('connection_lost');
    await connection.close();
  });

  test('a connection that a proxy drops rejects the query in flight', async () => {
    const between = await relay(server.port);
    const connection = await connect({ ...server.target('trusted', '', '127.0.0.1'), port: between.port });
    const query = connection.client.query('select pg_sleep(60)').catch((reason) => reason);
    await between[Symbol.asyncDispose]();
    expect(explainLostConnection(await query, connection)?.code).toBe('connection_lost');
    await connection.close();
  });

  test.each([
    ['57P01', 'FATAL', true],
    ['25P03', 'FATAL', true],
    ['08P01', 'FATAL', true],
    ['08P01', 'ERROR', false],
    ['57014', 'ERROR', false],
    ['57P03', 'FATAL', false],
  ])('SQLSTATE %s with severity %s means a lost connection: %s', (code, severity, lost) => {
    const error = Object.assign(new pg.DatabaseError('said', 0, 'error'), { code, severity });
    const connection = { target: server.target('trusted'), disconnectError: () => undefined };
    expect(explainLostConnection(error, connection)?.code).toBe(lost ? 'connection_lost' : undefined);
  });

  test('a query that failed by itself is not a lost connection', async () => {
    await withConnection(server.target('trusted'), async (connection) => {
      const error: unknown = await connection.client.query('select 1/0').catch((reason) => reason);
      expect(explainLostConnection(error, connection)).toBeUndefined();
      expect(connection.disconnectError()).toBeUndefined();
    });
  });

  /** Terminates the server process of a connection. */
  async function kill({ reportedPid }: Connection): Promise<void> {
    await server.sql(`select pg_terminate_backend(${reportedPid})`);
  }
});

describe('close', () => {
  test('close ends the connection and may be called again', async () => {
    const connection = await connect(server.target('trusted'));
    await Promise.all([connection.close(), connection.close()]);
    await connection.close();
    expect(streamOf(connection.client).destroyed).toBe(true);
    await expect(connection.client.query('select 1')).rejects.toThrow('closed');
  });

  test('close waits for the queries in flight in a pipeline', async () => {
    const connection = await connect(server.target('trusted'), { pipeline: true });
    const query = connection.client.query('select pg_sleep(0.1), 1 as n');
    await connection.close();
    expect((await query).rows[0].n).toBe(1);
  });

  test('close does not wait for a server that no longer answers', async () => {
    await using between = await relay(server.port);
    const connection = await connect({ ...server.target('trusted', '', '127.0.0.1'), port: between.port });
    between.cut();
    // The timeout of close can never expire.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await connection.close();
    expect(streamOf(connection.client).destroyed).toBe(true);
  });
});

describe('connect_timeout', () => {
  /** A target with a timeout of one second, shorter than a URL can express. */
  const impatient = (parameters: string, port: number, connectTimeoutSeconds = 1): Target => ({
    ...server.target('scrambled', parameters, '127.0.0.1'),
    port,
    connectTimeoutSeconds,
  });

  test.concurrent.each([
    'sslmode=disable',
    'sslmode=require',
    'sslmode=prefer',
    'sslmode=require&sslnegotiation=direct',
  ])('connect_timeout ends the wait for a silent server, with %s', async (parameters) => {
    await using silence = await listen(() => {});
    await expect(connect(impatient(parameters, silence.port))).rejects.toMatchObject({
      code: 'connection_timeout',
      message: expect.stringContaining('did not answer within 1 s'),
    });
  });

  test.concurrent('connect_timeout limits all attempts together', async () => {
    await using slow = await listen((socket) => {
      // Answers after a while that it does not support TLS, and does not answer the plain attempt that follows.
      socket.once('data', async (request) => {
        await pause(3900);
        if (request.length === 8) socket.write('N');
      });
    });
    const start = performance.now();
    await expect(connect(impatient('sslmode=prefer', slow.port, 4))).rejects.toMatchObject({
      code: 'connection_timeout',
    });
    // Less than twice the limit, even on a slow machine.
    expect(performance.now() - start).toBeLessThan(7500);
  });

  test('connect_timeout=0 is no limit', async () => {
    await withConnection(server.target('trusted', 'connect_timeout=0'), async ({ target }) => {
      expect(target.connectTimeoutSeconds).toBe(0);
    });
  });

  test.concurrent('connect_timeout does not end an open connection', async () => {
    await withConnection({ ...server.target('trusted'), connectTimeoutSeconds: 4 }, async ({ client }) => {
      await client.query('select pg_sleep(4.1)');
    });
  });
});
