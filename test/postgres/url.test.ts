import { userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../src/postgres/url.js';

const HOME = '/nonexistent/home';

function parse(url: string, environment: NodeJS.ProcessEnv = {}) {
  return parseDatabaseUrl(url, { HOME, ...environment });
}

describe('the parts of a URL', () => {
  test('a full URL sets user, password, host, port and database', () => {
    expect(parse('postgresql://ann:secret@db.example.com:6543/survey')).toMatchObject({
      user: 'ann',
      password: 'secret',
      host: 'db.example.com',
      port: 6543,
      database: 'survey',
    });
  });

  test('postgres:// has the same meaning as postgresql://', () => {
    expect(parse('postgres://ann@db/survey')).toMatchObject({ user: 'ann', host: 'db', database: 'survey' });
  });

  test('postgresql:// alone means localhost, the user of the process, and a database with the name of that user', () => {
    const name = userInfo().username;
    expect(parse('postgresql://')).toMatchObject({
      host: 'localhost',
      port: 5432,
      user: name,
      password: undefined,
      database: name,
    });
  });

  test('the database defaults to the user of the URL', () => {
    expect(parse('postgresql://ann@db').database).toBe('ann');
  });

  test('percent-encoded characters are decoded, and a plus sign remains a plus sign', () => {
    const target = parse('postgresql://a%40b:p%25%2F%3F%23%C3%A4+@db/my%20survey');
    expect(target).toMatchObject({ user: 'a@b', password: 'p%/?#ä+', database: 'my survey' });
  });

  test('a number sign in a password needs no encoding, as in psql', () => {
    expect(parse('postgresql://ann:p#w@db/survey')).toMatchObject({ password: 'p#w', host: 'db' });
  });

  test('a colon in a password needs no encoding', () => {
    expect(parse('postgresql://ann:p:w@db/survey')).toMatchObject({ password: 'p:w', host: 'db' });
  });

  test.each([
    'myURL=x',
    '"quoted"',
    'mysql+x',
    'host=db',
  ])('a password may look like a mistake in a URL: %s', (password) => {
    expect(parse(`postgresql://ann:${password}@db/survey`)).toMatchObject({ password, host: 'db' });
  });

  test('a URL may end in a quote, since a password may', () => {
    expect(parse("postgresql://db/survey?password=it's'").password).toBe("it's'");
  });

  test('an IPv6 address is written in brackets', () => {
    expect(parse('postgresql://ann@[::1]:5433/survey')).toMatchObject({ host: '::1', port: 5433 });
  });

  test('a Unix socket is a parameter or a percent-encoded host', () => {
    expect(parse('postgresql:///survey?host=/var/run/postgresql').host).toBe('/var/run/postgresql');
    expect(parse('postgresql://%2Fvar%2Frun%2Fpostgresql/survey').host).toBe('/var/run/postgresql');
  });

  test('a parameter overrides the part of the URL before it', () => {
    expect(
      parse('postgresql://ann:a@localhost/x?host=/cloudsql/db&user=bob&password=b&dbname=y'),
    ).toMatchObject({
      host: '/cloudsql/db',
      user: 'bob',
      password: 'b',
      database: 'y',
    });
  });

  test('white space around a URL is ignored', () => {
    expect(parse(' \tpostgresql://ann@db/survey\r\n').database).toBe('survey');
  });
});

describe('environment variables of libpq', () => {
  const environment = {
    PGHOST: 'env-host',
    PGPORT: '7000',
    PGUSER: 'env-user',
    PGPASSWORD: 'env-password',
    PGDATABASE: 'env-database',
    PGOPTIONS: '-c work_mem=1MB',
    PGCONNECT_TIMEOUT: '3',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: '/env/root',
    PGSSLCERT: '/env/cert',
    PGSSLKEY: '/env/key',
  };

  test('the environment sets what the URL omits', () => {
    expect(parse('postgresql://', environment)).toMatchObject({
      host: 'env-host',
      port: 7000,
      user: 'env-user',
      password: 'env-password',
      database: 'env-database',
      options: '-c work_mem=1MB',
      connectTimeoutSeconds: 3,
      tls: { mode: 'verify-full', rootCertificate: '/env/root', certificate: '/env/cert', key: '/env/key' },
    });
  });

  test('the URL overrides the environment', () => {
    const url =
      'postgresql://ann:secret@db:1/survey?options=-c%20a.b%3D1&connect_timeout=7&sslmode=require&sslrootcert=/r&sslcert=/c&sslkey=/k';
    expect(parse(url, environment)).toMatchObject({
      host: 'db',
      port: 1,
      user: 'ann',
      password: 'secret',
      database: 'survey',
      options: '-c a.b=1',
      connectTimeoutSeconds: 7,
      tls: { mode: 'require', rootCertificate: '/r', certificate: '/c', key: '/k' },
    });
  });

  test('an empty environment variable counts as not set', () => {
    expect(parse('postgresql://ann@/survey', { PGHOST: '', PGPORT: '', PGSSLMODE: '' })).toMatchObject({
      host: 'localhost',
      port: 5432,
    });
  });

  test('HOME is the folder of the password file and the TLS files', () => {
    expect(parse('postgresql://db', { HOME: '/home/ann' })).toMatchObject({
      passwordFile: '/home/ann/.pgpass',
      tls: {
        rootCertificate: '/home/ann/.postgresql/root.crt',
        revocationList: '/home/ann/.postgresql/root.crl',
        certificate: '/home/ann/.postgresql/postgresql.crt',
        key: '/home/ann/.postgresql/postgresql.key',
      },
    });
  });
});

describe('timeout and keepalive', () => {
  test.each([
    ['', 10],
    ['connect_timeout=30', 30],
    ['connect_timeout=1', 2],
    ['connect_timeout=0', 0],
    ['connect_timeout=-1', 0],
  ])('the limit for connecting with "%s" is %i s, where 0 is no limit', (parameter, seconds) => {
    expect(parse(`postgresql://db?${parameter}`).connectTimeoutSeconds).toBe(seconds);
  });

  test.each([
    ['', 30],
    ['keepalives_idle=5', 5],
    ['keepalives_idle=0', 0],
    ['keepalives=1', 30],
    ['keepalives=0', undefined],
    ['keepalives=0&keepalives_idle=5', undefined],
  ])('with "%s" TCP keepalive begins after %s idle seconds', (parameter, seconds) => {
    expect(parse(`postgresql://db?${parameter}`).keepAliveIdleSeconds).toBe(seconds);
  });
});

describe('the default of sslmode', () => {
  test.each([
    'db.example.com',
    '10.0.0.1',
    '[fe80::1]',
    '127.0.0.1.example.com',
    'x.127.0.0.1',
  ])('sslmode is prefer by default for %s', (host) => {
    expect(parse(`postgresql://${host}/survey`).tls.mode).toBe('prefer');
  });

  test.each([
    'localhost',
    '127.0.0.1',
    '127.1.2.3',
    '[::1]',
    '',
  ])('sslmode is allow by default for the loopback "%s"', (host) => {
    expect(parse(`postgresql://${host}/survey`).tls.mode).toBe('allow');
  });

  test('sslmode is allow by default if hostaddr is a loopback address', () => {
    expect(parse('postgresql://db/survey?hostaddr=127.0.0.1').tls.mode).toBe('allow');
  });

  test('sslmode is prefer by default with channel_binding=require, which needs TLS', () => {
    expect(parse('postgresql://localhost/survey?channel_binding=require').tls.mode).toBe('prefer');
  });

  test('sslmode is verify-full by default with sslrootcert=system', () => {
    expect(parse('postgresql://localhost/survey?sslrootcert=system').tls.mode).toBe('verify-full');
  });

  test('ssl=true, as in JDBC, means sslmode=require', () => {
    expect(parse('postgresql://localhost/survey?ssl=true').tls.mode).toBe('require');
  });
});
