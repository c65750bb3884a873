import { describe, expect, test } from 'vitest';
import { extractLabel, parseFileName, parseVersion } from '../../../src/migrate/files/file-name.js';

describe('the name of a migration file', () => {
  test.for([
    ['V0001.up.sql', 1n, 'V0001', 'V0001', 'up'],
    ['000001_init.down.sql', 1n, '000001', '000001_init', 'down'],
    ['V0002.WebAuthn.up.sql', 2n, 'V0002', 'V0002.WebAuthn', 'up'],
    ['V3__add_a.b_index.up.sql', 3n, 'V3', 'V3__add_a.b_index', 'up'],
    ['20240131123000123_x.up.sql', 20240131123000123n, '20240131123000123', '20240131123000123_x', 'up'],
  ] as const)('%s is parsed', ([fileName, version, label, stem, direction]) => {
    expect(parseFileName(fileName)).toEqual({ version, label, stem, direction });
  });

  test.for([
    'README.md',
    'V0001.sql',
    'seed.sql',
    'up.sql',
    '._V0001.up.sql',
    '.#V0001.up.sql',
    '.V0001.up.sql.swp',
    'V0001.up.sql~',
    '#V0001.up.sql#',
    '.up.sql',
  ])('%s is not a migration', (fileName) => {
    expect(parseFileName(fileName)).toBeNull();
  });

  test.for([
    'init.up.sql',
    '0001-init.up.sql',
    'V0001.UP.SQL',
    'V.up.sql',
  ])('%s is refused, because to ignore it would skip a migration', (fileName) => {
    expect(() => parseFileName(fileName)).toThrow(expect.objectContaining({ code: 'bad_file_name' }));
  });

  test('a version that the history cannot store is refused', () => {
    expect(parseFileName('9223372036854775807.up.sql')?.version).toBe(9223372036854775807n);
    expect(() => parseFileName('9223372036854775808.up.sql')).toThrow(/larger than/);
  });
});

test('3, 0003 and V0003 are parsed as one version', () => {
  expect(['3', '0003', 'V0003', 'v3'].map(parseVersion)).toEqual([3n, 3n, 3n, 3n]);
  expect(['', 'V', 'three', '-1', '1.5'].map(parseVersion)).toEqual([null, null, null, null, null]);
});

test('the label of a migration retains its V and its leading zeros', () => {
  expect(['V0002.WebAuthn', '000001_init', 'V0001'].map(extractLabel)).toEqual(['V0002', '000001', 'V0001']);
});
