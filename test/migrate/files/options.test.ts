import { describe, expect, test } from 'vitest';
import { fileOptions } from '../../../src/migrate/files/options.js';

const options = (text: string): ReturnType<typeof fileOptions> =>
  fileOptions({ path: 'V1.up.sql', text, checksum: '' });

describe('the options at the top of a file', () => {
  test('are read among comments and empty lines', () => {
    expect(
      options('-- What it does.\n\n--migrate: no-transaction\n  -- migrate: lock-timeout 2min\nselect 1;'),
    ).toEqual({ transaction: false, lockTimeoutMs: 120_000, irreversible: undefined });
    expect(options('-- migrate: irreversible the rows are gone')).toMatchObject({
      irreversible: 'the rows are gone',
    });
    expect(options('select 1;')).toEqual({
      transaction: true,
      lockTimeoutMs: undefined,
      irreversible: undefined,
    });
  });

  test.for([
    ['an unknown option', '-- migrate: no-transation\nselect 1;', 1],
    ['an option without its value', '\n-- migrate: irreversible\n', 2],
    ['a duration without unit', '-- migrate: lock-timeout 10\n', 1],
    ['a duration of nothing', '-- migrate: lock-timeout 0s\n', 1],
    ['a value that is not expected', '-- migrate: no-transaction please\n', 1],
    ['an option below the first statement', 'select 1;\n-- migrate: no-transaction\n', 2],
  ] as const)('%s is refused with its place', ([, text, line]) => {
    expect(() => options(text)).toThrow(
      expect.objectContaining({ code: 'bad_option', location: expect.objectContaining({ line }) }),
    );
  });
});
