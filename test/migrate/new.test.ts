import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newMigration } from '../../src/migrate/new.js';
import { up } from '../../src/migrate/up.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

test.for([
  [[], 'V0001'],
  [['V0001'], 'V0002'],
  [['V9', 'V10'], 'V11'],
  [['000009_init'], '000010'],
  [['V0999.last'], 'V1000'],
] as const)('the next version after %j is %s', async ([stems, version]) => {
  const files = stems.flatMap((stem) => [`${stem}.up.sql`, `${stem}.down.sql`]);
  const directory = await folderWith(Object.fromEntries(files.map((file) => [file, ''])));
  expect(await newMigration({ directory, name: 'Add opening hours!' })).toEqual({
    version,
    up: join(directory, `${version}.add_opening_hours.up.sql`),
    down: join(directory, `${version}.add_opening_hours.down.sql`),
  });
  expect((await readdir(directory)).length).toBe(files.length + 2);
});

test('the new files are a migration that up applies once its statements are written', async ({
  database,
}) => {
  const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': 'select 1;' });
  const { up: file } = await newMigration({ directory, name: 'add hours' });
  expect(await readFile(file, 'utf8')).toMatch(/^-- V2: add hours\.\n/);
  await appendFile(file, 'create table public.hours ();\n');
  expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
});

test.for(['', ' . ', '/', 'x'.repeat(81)])('a new migration with the name %j is refused', async (name) => {
  const directory = await folderWith();
  await expect(newMigration({ directory, name })).rejects.toMatchObject({ code: 'bad_name', exitCode: 2 });
  expect(await readdir(directory)).toEqual([]);
});

test('a new migration in a folder that does not exist is refused', async () => {
  await expect(newMigration({ directory: '/not/there', name: 'x' })).rejects.toMatchObject({
    code: 'no_folder',
  });
});
