import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'libpg-query';
import { expect, test } from 'vitest';
import { readSource } from '../../src/migrate/files/source.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { repository } from '../support/cli.js';

test('the build keeps, for each migration of the product, what the parser says to it', async () => {
  const names = await readdir(migrationsDirectory);
  const folder = join(repository, 'dist/parsed');
  expect(await readdir(folder)).toHaveLength(names.length);
  for (const name of names) {
    const { text, checksum } = await readSource(join(migrationsDirectory, name));
    const kept = await readFile(join(folder, `${checksum}.json`), 'utf8');
    expect(JSON.parse(kept), name).toEqual((await parse(text)).stmts);
  }
});
