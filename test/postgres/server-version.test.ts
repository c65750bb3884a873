import { describe, expect, test } from 'vitest';
import { ConnectionError } from '../../src/postgres/errors/explained-error.js';
import { checkServerVersion, parseServerVersion } from '../../src/postgres/server-version.js';

describe('parseServerVersion', () => {
  test.each([
    ['15.18', 150018, '15.18'],
    ['18.4 (Debian 18.4-1.pgdg12+1)', 180004, '18.4'],
    ['16beta1', 160000, '16beta1'],
    ['17devel', 170000, '17devel'],
    ['18rc1 (Ubuntu 18~rc1)', 180000, '18rc1'],
    ['9.6.24', 90624, '9.6.24'],
    ['15.4.1', 150004, '15.4.1'],
  ])('parseServerVersion reads %s as %i', (reported, number, text) => {
    expect(parseServerVersion(reported)).toEqual({ number, major: Math.floor(number / 10_000), text });
  });

  test.each(['', 'unknown', 'v15'])('parseServerVersion finds no version in "%s"', (reported) => {
    expect(parseServerVersion(reported)).toBeUndefined();
  });
});

describe('checkServerVersion', () => {
  const where = 'postgresql://ann@db:5432/survey';

  test.each([
    '15.0',
    '15.18',
    '16beta1',
    '18.4 (Debian 18.4-1)',
    '19devel',
  ])('checkServerVersion accepts %s', (reported) => {
    expect(checkServerVersion(reported, where).number).toBeGreaterThanOrEqual(150000);
  });

  test.each(['14.99', '9.6.24', '8.0.2'])('checkServerVersion rejects %s as too old', (reported) => {
    const check = (): unknown => checkServerVersion(reported, where);
    expect(check).toThrow(ConnectionError);
    expect(check).toThrow(
      expect.objectContaining({
        code: 'server_too_old',
        exitCode: 1,
        message: `${where} runs PostgreSQL ${reported}. The oldest supported version is 15.`,
        remedy: expect.stringContaining('PostgreSQL 15 or newer'),
      }),
    );
  });

  test.each([
    undefined,
    'unknown',
    '1.18.0/bouncer',
  ])('checkServerVersion rejects a server that reports %s as not PostgreSQL', (reported) => {
    expect(() => checkServerVersion(reported, where)).toThrow(
      expect.objectContaining({ code: 'not_postgresql' }),
    );
  });
});
