import { describe, expect, test } from 'vitest';
import { readMigrations } from '../../../src/migrate/files/read-folder.js';
import { folderWith } from '../../support/folder.js';

const read = async (...names: string[]): ReturnType<typeof readMigrations> =>
  readMigrations(await folderWith(Object.fromEntries(names.map((name) => [name, 'select 1;']))));

describe('a folder of migrations', () => {
  test('is read in the order of versions as integers (E18)', async () => {
    const migrations = await read(
      'V10.up.sql',
      'V10.down.sql',
      'V9.up.sql',
      'V9.down.sql',
      '0100.up.sql',
      '0100.down.sql',
    );
    expect(migrations.map(({ label }) => label)).toEqual(['V9', 'V10', '0100']);
  });

  test('is read with names in any supported form, and other files are ignored', async () => {
    const migrations = await read(
      ...['000001_init.up.sql', '000001_init.down.sql', 'V0002.WebAuthn.up.sql', 'V0002.WebAuthn.down.sql'],
      ...['README.md', 'dump.sql'],
    );
    expect(migrations.map(({ name }) => name)).toEqual(['000001_init', 'V0002.WebAuthn']);
  });

  test.for([
    [
      'two files with one version (E13)',
      ['V1.a.up.sql', 'V1.a.down.sql', '0001_b.up.sql'],
      'duplicate_version',
      /0001_b.up.sql and V1.a.up.sql/,
    ],
    [
      'an up without its down',
      ['V1.up.sql', 'V2.up.sql', 'V2.down.sql'],
      'down_missing',
      /V1.up.sql has no down file/,
    ],
    ['a down without its up', ['V1.up.sql', 'V1.down.sql', 'V2.down.sql'], 'up_missing', /V2.down.sql/],
    [
      'an up and a down with different names',
      ['V1.a.up.sql', 'V1.b.down.sql'],
      'names_differ',
      /V1.a.up.sql and V1.b.down.sql/,
    ],
    ['no migration', ['README.md'], 'no_migrations', /holds no migrations/],
  ] as const)('with %s is refused, and the error names the files', async ([, names, code, message]) => {
    await expect(read(...names)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      exitCode: 1,
    });
  });

  test('that does not exist is a usage error', async () => {
    await expect(readMigrations('/nowhere')).rejects.toMatchObject({ code: 'no_folder', exitCode: 2 });
  });

  test('may hold an up without a down that declares itself irreversible', async () => {
    const folder = await folderWith({ 'V1.up.sql': '-- migrate: irreversible rows are merged\nselect 1;' });
    expect(await readMigrations(folder)).toMatchObject([{ irreversible: 'rows are merged', down: null }]);
  });

  test('with a down for an irreversible up is refused', async () => {
    const folder = await folderWith({ 'V1.up.sql': '-- migrate: irreversible no\n', 'V1.down.sql': '' });
    await expect(readMigrations(folder)).rejects.toMatchObject({ code: 'irreversible_with_down' });
  });
});
