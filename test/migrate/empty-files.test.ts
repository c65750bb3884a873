import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { down } from '../../src/migrate/down.js';
import { newMigration } from '../../src/migrate/new.js';
import { redo } from '../../src/migrate/redo.js';
import { repair } from '../../src/migrate/repair.js';
import { up } from '../../src/migrate/up.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';
import { TWO_MIGRATIONS, tablesOf, versionsOf } from '../support/migrations.js';

const EMPTY = ['', ' \n\t\n', '-- later\n/* maybe */\n', ';', '-- migrate: no-transaction\n'] as const;

describe('up refuses a pending up file without a statement, before it applies anything:', () => {
  test.for(EMPTY)('%j', async (text, { database }) => {
    const { url } = database;
    const files = { ...TWO_MIGRATIONS, 'V3.notes.up.sql': text, 'V3.notes.down.sql': '' };
    const directory = await folderWith(files);
    const refusal = {
      code: 'up_empty',
      message: 'V3.notes.up.sql has no statement.',
      remedy: expect.stringContaining('write: select 1;'),
    };
    await expect(up({ url, directory })).rejects.toMatchObject(refusal);
    await expect(up({ url, directory, dryRun: true })).rejects.toMatchObject(refusal);
    expect(await tablesOf(database)).toEqual([]);
    expect(await up({ url, directory, to: 'V2' })).toMatchObject({ current: 'V2' });
    await addFiles(directory, { 'V3.notes.up.sql': 'select 1;' });
    expect(await up({ url, directory })).toMatchObject({ current: 'V3' });
  });

  test('a new file that is not written yet', async ({ database }) => {
    const directory = await folderWith();
    await newMigration({ directory, name: 'notes' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'up_empty' });
  });
});

test('up applies a file without a statement if the file allows it, and down rolls it back', async ({
  database,
}) => {
  const { url } = database;
  const directory = await folderWith({
    ...TWO_MIGRATIONS,
    'V3.up.sql': '-- check: allow empty-file a number that a branch has used\n',
    'V3.down.sql': '',
  });
  expect(await up({ url, directory })).toMatchObject({ current: 'V3' });
  expect(await down({ url, directory })).toMatchObject({ rolledBack: [{ version: 'V3' }], current: 'V2' });
});

describe('down refuses a down without a statement, before it rolls anything back:', () => {
  test.for(EMPTY)('%j', async (text, { database }) => {
    const { url } = database;
    const directory = await folderWith({ ...TWO_MIGRATIONS, 'V1.down.sql': text });
    await up({ url, directory });
    const refusal = {
      code: 'down_empty',
      message: 'The down of V1 has no statement, so a rollback would leave everything that V1.up.sql made.',
    };
    const lose = ['two'];
    await expect(down({ url, directory, to: '0', lose })).rejects.toMatchObject(refusal);
    await expect(down({ url, directory, to: '0', lose, dryRun: true })).rejects.toMatchObject(refusal);
    await expect(down({ url, directory, to: '0', lose, asFarAsPossible: true })).rejects.toMatchObject(
      refusal,
    );
    expect(await tablesOf(database)).toEqual(['one', 'two']);
  });

  test('a down that is only in the history', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith({ ...TWO_MIGRATIONS, 'V2.add_two.down.sql': '' });
    await up({ url, directory });
    await rm(join(directory, 'V2.add_two.up.sql'));
    await rm(join(directory, 'V2.add_two.down.sql'));
    await expect(down({ url, directory })).rejects.toMatchObject({ code: 'down_empty' });
    expect(await versionsOf(database)).toEqual([1, 2]);
  });

  test('a down of redo', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith({ ...TWO_MIGRATIONS, 'V2.add_two.down.sql': '' });
    await up({ url, directory });
    await expect(redo({ url, directory })).rejects.toMatchObject({ code: 'down_empty' });
    expect(await versionsOf(database)).toEqual([1, 2]);
  });
});

describe('after down has refused a down without a statement,', () => {
  const files = { ...TWO_MIGRATIONS, 'V1.down.sql': '' };

  test('a down file that is written and recorded rolls the migration back', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await up({ url, directory, to: 'V1' });
    await expect(down({ url, directory })).rejects.toMatchObject({
      remedy: expect.stringContaining('Write V1.down.sql'),
    });
    await addFiles(directory, { 'V1.down.sql': TWO_MIGRATIONS['V1.down.sql'] });
    await repair({ url, directory, version: 'V1', reason: 'it was empty' });
    await down({ url, directory });
    expect(await tablesOf(database)).toEqual([]);
  });

  test('a migration that is declared irreversible and recorded is reported as that', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await up({ url, directory, to: 'V1' });
    await addFiles(directory, {
      'V1.up.sql': `-- migrate: irreversible it is the first\n${TWO_MIGRATIONS['V1.up.sql']}`,
    });
    await rm(join(directory, 'V1.down.sql'));
    await repair({ url, directory, version: 'V1', reason: 'it was empty' });
    await expect(down({ url, directory })).rejects.toMatchObject({ code: 'irreversible' });
  });

  test('the newer migrations can be rolled back, as the remedy says', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    const lose = ['two'];
    await expect(down({ url, directory, to: '0', lose })).rejects.toMatchObject({
      remedy: expect.stringMatching(/To roll back only the newer migrations, use .*V1/),
    });
    expect(await down({ url, directory, to: 'V1', lose, backupFolder: await folderWith() })).toMatchObject({
      current: 'V1',
    });
  });
});
