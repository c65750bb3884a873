import { cp, readdir, readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { check } from '../../src/inspect/check.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { addProductRows } from '../../src/seed/product-rows.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';

/** A file's path in a line of its own, and its SQL. */
const EXAMPLE = /^`src\/storage\/sql\/(?<name>[\w.]+)`\n\n```sql\n(?<sql>.*?)^```$/gms;

test('check finds nothing wrong with the example migration of CONTRIBUTING.md', { timeout: SLOW }, async ({
  database,
}) => {
  const page = await readFile(new URL('../../CONTRIBUTING.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(EXAMPLE)].map(({ groups = {} }) => groups);
  expect(examples).toHaveLength(2);
  const directory = await folderWith();
  await cp(migrationsDirectory, directory, { recursive: true });
  for (const { name = '', sql = '' } of examples) await addFiles(directory, { [name]: sql });
  // The migrations before it are checked elsewhere.
  const newest = (await readdir(migrationsDirectory)).sort().at(-1);
  const from = newest?.slice(0, newest.indexOf('.'));
  const { findings } = await check({ url: database.url, directory, from, rows: addProductRows });
  expect(findings).toEqual([]);
});
