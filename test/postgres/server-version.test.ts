import { describe, expect, test } from 'vitest';
import { ConnectionError } from '../../src/postgres/errors.js';
import { acceptServerVersion, parseServerVersion } from '../../src/postgres/server-version.js';

describe('what a server reports', () => {
  test.each([
    ['15.18', 150018, '15.18'],
    ['18.4 (Debian 18.4-1.pgdg12+1)', 180004, '18.4'],
    ['16beta1', 160000, '16beta1'],
    ['17devel', 170000, '17devel'],
    ['18rc1 (Ubuntu 18~rc1)', 180000, '18rc1'],
    ['9.6.24', 90624, '9.6.24'],
    ['15.4.1', 150004, '15.4.1'],
  ])('%s is %i', (reported, number, text) => {
    expect(parseServerVersion(reported)).toEqual({ number, major: Math.floor(number / 10_000), text });
  });

  test.each(['', 'unknown', 'v15'])('"%s" is no version', (reported) => {
    expect(parseServerVersion(reported)).toBeUndefined();
  });
});

describe('a server', () => {
  const where = 'postgresql://ann@db:5432/survey';

  test.each([
    '15.0',
    '15.18',
    '16beta1',
    '18.4 (Debian 18.4-1)',
    '19devel',
  ])('of version %s is taken', (reported) => {
    expect(acceptServerVersion(reported, where).number).toBeGreaterThanOrEqual(150000);
  });

  test.each(['14.99', '9.6.24', '8.0.2'])('of version %s is too old', (reported) => {
    const judge = (): unknown => acceptServerVersion(reported, where);
    expect(judge).toThrow(ConnectionError);
    expect(judge).toThrow(
      expect.objectContaining({
        code: 'server_too_old',
        exitCode: 1,
        message: `${where} runs PostgreSQL ${reported}, and 15 is the oldest that is supported.`,
        remedy: expect.stringContaining('PostgreSQL 15 or newer'),
      }),
    );
  });

  test.each([undefined, 'unknown', '1.18.0/bouncer'])('that reports %s is none of PostgreSQL', (reported) => {
    expect(() => acceptServerVersion(reported, where)).toThrow(
      expect.objectContaining({ code: 'not_postgresql' }),
    );
  });
});
