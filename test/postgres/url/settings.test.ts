import { describe, expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';

/** The error that the parameters are, or `accepted`. */
function judge(parameters: string, environment: NodeJS.ProcessEnv = {}): unknown {
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
    ['schema=public', 'schema', "Prisma's"],
    ['pgbouncer=true', 'pgbouncer', "Prisma's"],
    ['connection_limit=5', 'connection_limit', "Prisma's"],
    ['ssl=no-verify', 'ssl', "node-postgres's"],
    ['currentSchema=public', 'currentSchema', "JDBC's"],
  ])('%s is named, with the program that it is for', (parameters, name, whose) => {
    expect(judge(parameters)).toMatchObject({
      code: 'unknown_parameter',
      exitCode: 2,
      message: expect.stringMatching(new RegExp(`"${name}".*${whose}`)),
    });
  });

  test.each([
    'sslmod=require',
    'SSLMODE=require',
    'toString=x',
    '__proto__=x',
  ])('%s is named', (parameters) => {
    const [name] = parameters.split('=');
    expect(judge(parameters)).toMatchObject({
      code: 'unknown_parameter',
      message: expect.stringContaining(`"${name}"`),
      remedy: expect.stringContaining('Remove it'),
    });
  });

  test.each([
    '=x',
    '%20=x',
    `${'x'.repeat(50)}=y`,
  ])('a name that cannot be one, as in "%s", is not repeated', (p) => {
    expect(judge(p)).toMatchObject({
      code: 'unknown_parameter',
      message: 'The database URL has a parameter that PostgreSQL does not know.',
    });
  });
});

describe('a parameter of PostgreSQL', () => {
  test.each([
    'sslmode=verify-full&sslrootcert=system&sslnegotiation=direct&channel_binding=require',
    'ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.3&sslcertmode=disable&sslsni=1',
    'target_session_attrs=read-write&load_balance_hosts=random&gssencmode=prefer&krbsrvname=x&gsslib=x',
    'application_name=x&fallback_application_name=y&client_encoding=UTF8&tcp_user_timeout=1',
    'keepalives=1&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&sslcompression=0',
    'min_protocol_version=3.0&max_protocol_version=latest&servicefile=x&passfile=x&sslpassword=x',
    'sslcert=&service=&require_auth=',
    '&sslmode=require&&',
  ])('is taken: %s', (parameters) => {
    expect(judge(parameters)).toBe('accepted');
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
  ])('that would be ignored is refused: %s', (parameters) => {
    const [name] = parameters.split('=');
    expect(judge(parameters)).toMatchObject({
      code: 'unsupported_parameter',
      exitCode: 2,
      message: expect.stringContaining(`${name} `),
      remedy: expect.stringMatching(`^Remove ${name}`),
    });
  });

  test('that is refused may have values that are not', () => {
    expect(judge('service=x')).toMatchObject({ remedy: 'Remove service.' });
    expect(judge('gssencmode=require')).toMatchObject({
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
  ])('with a value that it cannot have is an error: %s', (parameters) => {
    const [name] = parameters.split('=');
    expect(judge(parameters)).toMatchObject({
      code: 'invalid_parameter',
      exitCode: 2,
      message: expect.stringContaining(`${name}`),
    });
  });

  test.each([
    'sslmode',
    'options=-csearch_path=x',
    'sslmode=require=x',
  ])('needs one equals sign: %s', (parameters) => {
    expect(judge(parameters)).toMatchObject({
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
  ])('is refused in the environment too, by the name of its variable: %s', (variable, value) => {
    expect(judge('', { [variable]: value })).toMatchObject({
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
  ])('%s', (parameters) => {
    expect(judge(parameters)).toMatchObject({ code: 'invalid_parameter', exitCode: 2 });
  });
});
