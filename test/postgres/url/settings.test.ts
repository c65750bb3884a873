import { describe, expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';

/** Parses a URL with these parameters; returns the error, or `accepted`. */
function outcome(parameters: string, environment: NodeJS.ProcessEnv = {}): unknown {
  try {
    parseDatabaseUrl(`postgresql://ann@db/survey?${parameters}`, {
      HOME: '/nonexistent/home',
      ...environment,
    });
    return 'accepted';
  } catch (error) {
    return error;
  }
}

describe('a parameter that PostgreSQL does not know', () => {
  test.each([
    ['schema=public', 'schema', 'Prisma'],
    ['pgbouncer=true', 'pgbouncer', 'Prisma'],
    ['connection_limit=5', 'connection_limit', 'Prisma'],
    ['ssl=no-verify', 'ssl', 'node-postgres'],
    ['currentSchema=public', 'currentSchema', 'JDBC'],
  ])('the unknown parameter in %s is reported with the program that uses it', (parameters, name, program) => {
    expect(outcome(parameters)).toMatchObject({
      code: 'unknown_parameter',
      exitCode: 2,
      message: expect.stringMatching(new RegExp(`"${name}".*${program}`)),
    });
  });

  test.each([
    'sslmod=require',
    'SSLMODE=require',
    'toString=x',
    '__proto__=x',
  ])('the unknown parameter in %s is reported by name', (parameters) => {
    const [name] = parameters.split('=');
    expect(outcome(parameters)).toMatchObject({
      code: 'unknown_parameter',
      message: expect.stringContaining(`"${name}"`),
      remedy: expect.stringContaining('Remove the parameter'),
    });
  });

  test.each([
    '=x',
    '%20=x',
    `${'x'.repeat(50)}=y`,
  ])('an unknown parameter that may be part of a password is reported without its name: %s', (p) => {
    expect(outcome(p)).toMatchObject({
      code: 'unknown_parameter',
      message: 'The database URL has a parameter that PostgreSQL does not know.',
    });
  });
});

describe('a parameter of libpq', () => {
  test.each([
    'sslmode=verify-full&sslrootcert=system&sslnegotiation=direct&channel_binding=require',
    'ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3&sslcertmode=disable&sslsni=1',
    'target_session_attrs=read-write&load_balance_hosts=random&gssencmode=prefer&krbsrvname=x&gsslib=x',
    'application_name=x&fallback_application_name=y&client_encoding=UTF8&tcp_user_timeout=1',
    'keepalives=1&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&sslcompression=0',
    'min_protocol_version=3.0&max_protocol_version=latest&servicefile=x&passfile=x&sslpassword=x',
    'sslcert=&service=&require_auth=',
    '&sslmode=require&&',
  ])('supported parameters are accepted: %s', (parameters) => {
    expect(outcome(parameters)).toBe('accepted');
  });

  test.each([
    'service=x',
    'require_auth=scram-sha-256',
    'requirepeer=postgres',
    'replication=database',
    'gssencmode=require',
    'target_session_attrs=standby',
    'target_session_attrs=read-only',
    'client_encoding=LATIN1',
    'sslcertmode=require',
    'sslcrldir=/x',
    'sslsni=0',
    'sslkeylogfile=/x',
    'min_protocol_version=3.2',
    'scram_client_key=x',
    'scram_server_key=x',
    'oauth_issuer=x',
    'oauth_client_id=x',
    'oauth_client_secret=x',
    'oauth_scope=x',
  ])('an unsupported parameter is rejected: %s', (parameters) => {
    const [name] = parameters.split('=');
    expect(outcome(parameters)).toMatchObject({
      code: 'unsupported_parameter',
      exitCode: 2,
      message: expect.stringContaining(`${name} `),
      remedy: expect.stringMatching(`^Remove ${name}`),
    });
  });

  test('the remedy for an unsupported value lists the supported ones', () => {
    expect(outcome('service=x')).toMatchObject({ remedy: 'Remove service.' });
    expect(outcome('gssencmode=require')).toMatchObject({
      remedy: 'Remove gssencmode, or set it to one of: disable, prefer.',
    });
  });

  test.each([
    'sslmode=no-verify',
    'sslmode=REQUIRE',
    'sslnegotiation=maybe',
    'channel_binding=yes',
    'keepalives=2',
    'ssl_min_protocol_version=TLSv2',
    'connect_timeout=soon',
    'connect_timeout=1.5',
    'port=5432x',
    'keepalives_idle=x',
  ])('an invalid value is rejected: %s', (parameters) => {
    const [name] = parameters.split('=');
    expect(outcome(parameters)).toMatchObject({
      code: 'invalid_parameter',
      exitCode: 2,
      message: expect.stringContaining(`${name}`),
    });
  });

  test.each([
    'sslmode',
    'options=-csearch_path=x',
    'sslmode=require=x',
  ])('a parameter without exactly one equals sign is rejected: %s', (parameters) => {
    expect(outcome(parameters)).toMatchObject({
      code: 'invalid_url',
      message: expect.stringMatching(/"(sslmode|options)" without an equals sign, or with more than one/),
      remedy: expect.stringContaining('%3D'),
    });
  });

  test.each([
    ['PGSERVICE', 'x'],
    ['PGREQUIREAUTH', 'none'],
    ['PGTARGETSESSIONATTRS', 'standby'],
    ['PGGSSENCMODE', 'require'],
    ['PGCLIENTENCODING', 'LATIN1'],
  ])('an unsupported value in the environment is rejected with the name of the variable: %s', (variable, value) => {
    expect(outcome('', { [variable]: value })).toMatchObject({
      code: 'unsupported_parameter',
      message: expect.stringContaining(variable),
      remedy: expect.stringMatching(`^Remove ${variable}`),
    });
  });
});

describe('settings that contradict each other', () => {
  test.each([
    'sslmode=require&sslrootcert=system',
    'sslmode=verify-ca&sslrootcert=system',
    'sslmode=prefer&sslnegotiation=direct',
    'sslnegotiation=direct',
    'ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2',
    'ssl_max_protocol_version=TLSv1.1',
  ])('contradicting settings are rejected: %s', (parameters) => {
    expect(outcome(parameters)).toMatchObject({ code: 'invalid_parameter', exitCode: 2 });
  });
});
