import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { TWO_MIGRATIONS } from '../../support/migrations.js';

describe('up refuses', () => {
  test('a migration that is older than the newest applied one, unless allowOutOfOrder is set (E12)', async ({
    database,
  }) => {
    const directory = await folderWith({
      'V1.up.sql': TWO_MIGRATIONS['V1.up.sql'],
      'V1.down.sql': 'drop table one',
      'V3.up.sql': 'select 1;',
      'V3.down.sql': 'select 1;',
    });
    await up({ url: database.url, directory });
    await addFiles(directory, { 'V2.up.sql': 'create table two ();', 'V2.down.sql': 'drop table two;' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'out_of_order',
      message: expect.stringMatching(/V2 is older than V3/),
    });
    expect(await up({ url: database.url, directory, allowOutOfOrder: true })).toMatchObject({
      applied: [{ version: 'V2' }],
      current: 'V3',
    });
  });

  test('a file that was changed after it was applied, and accepts changed line ends (E14)', async ({
    database,
  }) => {
    const directory = await folderWith(TWO_MIGRATIONS);
    await up({ url: database.url, directory });
    await addFiles(directory, { 'V1.up.sql': TWO_MIGRATIONS['V1.up.sql'].replaceAll('\n', '\r\n') });
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [] });
    await addFiles(directory, { 'V1.up.sql': 'create table one (id bigint);' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'file_changed',
      message: expect.stringContaining('V1.up.sql'),
      remedy: expect.stringContaining('repair'),
    });
  });

  test('a database with an applied migration whose file is missing in the folder', async ({ database }) => {
    const directory = await folderWith(TWO_MIGRATIONS);
    await up({ url: database.url, directory });
    await rm(join(directory, 'V2.add_two.up.sql'));
    await rm(join(directory, 'V2.add_two.down.sql'));
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'file_missing',
      message: expect.stringContaining('V2.add_two'),
      remedy: expect.stringMatching(
        /newer than this release.* name the right folder with option `directory`, /,
      ),
    });
  });

  test('a folder of another database, which also lacks files of this one', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(TWO_MIGRATIONS) });
    const directory = await folderWith({
      'V2.pets.up.sql': 'create table pets ();',
      'V2.pets.down.sql': 'drop table pets;',
    });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'other_folder',
      remedy: expect.stringMatching(/name the folder that it is migrated from with /),
    });
  });
});
