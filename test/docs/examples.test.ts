import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { check } from '../../src/inspect/check.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';

/** A file's name in a line of its own, and its SQL. */
const EXAMPLE = /^`(?<name>V\d+\.\w+\.(?:up|down)\.sql)`\n\n```sql\n(?<sql>.*?)^```$/gms;

test('check finds nothing wrong with the example migrations of docs/migrations.md', {
  timeout: SLOW,
}, async ({ database }) => {
  const page = await readFile(new URL('../../docs/migrations.md', import.meta.url), 'utf8');
  const files = Object.fromEntries(
    [...page.matchAll(EXAMPLE)].map(({ groups }) => [groups?.name ?? '', groups?.sql ?? '']),
  );
  expect(Object.keys(files)).toHaveLength(18);
  const { findings } = await check({ url: database.url, directory: await folderWith(files) });
  expect(findings).toEqual([]);
});
