import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/postgres/errors/explained-error.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';

/** A part of every secret below. No error may contain it. */
const SECRET = 'hunter2';

function errorOf(url: string, environment: NodeJS.ProcessEnv = {}): UsageError {
  try {
    parseDatabaseUrl(url, { HOME: '/nonexistent/home', ...environment });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.exitCode).toBe(2);
    expect(error.remedy).toMatch(/\w.*\.$/);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
    return error;
  }
  throw new Error(`${url} was accepted.`);
}

describe('a text that is not a URL', () => {
  test.each(['', ' ', '\n'])('an empty URL is reported as empty_url: %j', (url) => {
    expect(errorOf(url)).toMatchObject({ code: 'empty_url', message: 'The database URL is empty.' });
  });

  test.each([
    `host=db dbname=survey password=${SECRET}`,
    `password = '${SECRET}' host=db`,
    'dbname=survey',
  ])('a keyword string is reported as keyword_string: %s', (url) => {
    expect(errorOf(url).code).toBe('keyword_string');
  });

  test.each([
    [`"postgresql://ann:${SECRET}@db/survey"`, /quotes/],
    [`'postgresql://ann:${SECRET}@db/survey'\n`, /quotes/],
    [`DATABASE_URL=postgresql://ann:${SECRET}@db/survey`, /variable/],
    [`psql postgresql://ann:${SECRET}@db/survey`, /psql/],
    [`jdbc:postgresql://db/survey?user=ann&password=${SECRET}`, /JDBC/],
    [`postgresql+asyncpg://ann:${SECRET}@db/survey`, /driver/],
    [`mysql://ann:${SECRET}@db/survey`, /mysql:\/\//],
    [`HTTP://ann:${SECRET}@db/survey`, /http:\/\//],
    [`postgresql:ann:${SECRET}@db/survey`, /postgresql:\/\//],
    [`POSTGRESQL://ann:${SECRET}@db/survey`, /lower case/],
    [`${SECRET}://ann@db/survey`, /does not begin with postgresql/],
    [`ann:${SECRET}@db/survey`, /does not begin with postgresql/],
    [SECRET, /does not begin with postgresql/],
    [`postgresql://ann:${SECRET} x@db/survey`, /white space/],
    [`postgresql://ann:${SECRET}@db/survey\npostgresql://x`, /white space/],
  ])('%s is reported as invalid_url with the mistake in it', (url, message) => {
    const error = errorOf(url);
    expect(error.code).toBe('invalid_url');
    expect(error.message).toMatch(message);
  });
});

describe('a password without percent-encoding', () => {
  test.each([
    `postgresql://ann:${SECRET}@x@db/survey`,
    `postgresql://ann:${SECRET}@x@y@db:5432/survey`,
    `postgresql://ann:${SECRET}/x@db/survey`,
    `postgresql://ann:/${SECRET}@db/survey`,
    `postgresql://ann:12/${SECRET}@db/survey`,
    `postgresql://ann:${SECRET}?x@db/survey`,
    `postgresql://ann:12?${SECRET}=@db/survey`,
    `postgresql://ann:${SECRET}%@db/survey`,
    `postgresql://ann:${SECRET}%zz@db/survey`,
    `postgresql://ann:${SECRET}%00@db/survey`,
    `postgresql://ann:${SECRET}%ff@db/survey`,
    `postgresql://db/survey?user=ann&password=x&${SECRET}=y`,
    `postgresql://db/survey?user=ann&password=x&${SECRET}`,
  ])('%s is reported with the encoding of special characters', (url) => {
    const error = errorOf(url);
    expect(error.code).toBe('invalid_url');
    expect(error.remedy).toMatch(/%40.*%2F/);
  });
});

describe('an invalid host or port', () => {
  test.each([
    'postgresql://ann@one,two/survey',
    'postgresql://ann@one:1,two:2/survey',
    'postgresql://ann@one%2Ctwo/survey',
    'postgresql:///survey?host=one,two',
    'postgresql:///survey?host=one&host=two',
    'postgresql://one/survey?port=1,2',
    'postgresql:///survey?hostaddr=10.0.0.1,10.0.0.2',
  ])('%s is rejected as naming several hosts', (url) => {
    expect(errorOf(url).message).toMatch(/several hosts/);
  });

  test.each([
    ['postgresql://db:abc/survey', /a port that is not a number/],
    ['postgresql://db:-1/survey', /a port that is not a number/],
    ['postgresql://db:5432x/survey', /a port that is not a number/],
    ['postgresql://::1/survey', /brackets/],
    ['postgresql://[::1/survey', /brackets/],
    ['postgresql://[]/survey', /brackets/],
    ['postgresql://one:1:2/survey', /brackets/],
    ['postgresql://db%20x/survey', /neither a name nor an IP address/],
    ['postgresql:///survey?host=var/run', /neither a name nor an IP address/],
    ['postgresql:///survey?hostaddr=db', /hostaddr/],
  ])('%s is rejected for its host or port', (url, message) => {
    expect(errorOf(url)).toMatchObject({ code: 'invalid_url', message: expect.stringMatching(message) });
  });

  test.each(['0', '65536', '99999999999999999999'])('the port %s is rejected as out of range', (port) => {
    expect(errorOf(`postgresql://db:${port}/survey`)).toMatchObject({
      code: 'invalid_parameter',
      remedy: expect.stringContaining('1 to 65535'),
    });
  });

  test('PGPORT is checked like a port in the URL', () => {
    expect(errorOf('postgresql://db/survey', { PGPORT: 'x' }).code).toBe('invalid_parameter');
  });
});
