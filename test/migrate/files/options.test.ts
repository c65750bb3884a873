import { describe, expect, test } from 'vitest';
import { readOptions } from '../../../src/migrate/files/options.js';

const options = (text: string): ReturnType<typeof readOptions> =>
  readOptions({ path: 'V1.up.sql', text, checksum: '' });

describe('the options of a file', () => {
  test('are read from the comments at its top', () => {
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
    ['a duration without a unit', '-- migrate: lock-timeout 10\n', 1],
    ['a duration of zero', '-- migrate: lock-timeout 0s\n', 1],
    ['a value for no-transaction', '-- migrate: no-transaction please\n', 1],
    ['an option after a statement', 'select 1;\n-- migrate: no-transaction\n', 2],
  ] as const)('are refused with their location: %s', ([, text, line]) => {
    expect(() => options(text)).toThrow(
      expect.objectContaining({ code: 'bad_option', location: expect.objectContaining({ line }) }),
    );
  });
});
