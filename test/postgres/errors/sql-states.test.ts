import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { isOfClass, UNDEFINED_TABLE, UNIQUE_VIOLATION } from '../../../src/postgres/errors/sql-states.js';

/** A string of five characters with a digit at its beginning, as most SQLSTATEs have it. */
const SQL_STATE = /['"][0-9][0-9A-Z]{4}['"]/;

test('only sql-states.ts writes a SQLSTATE of PostgreSQL as five characters', async () => {
  const source = new URL('../../../src/', import.meta.url);
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('sql-states.ts'),
  );
  const texts = await Promise.all(
    files.map(async (file) => ({ file, text: await readFile(new URL(file, source), 'utf8') })),
  );
  expect(texts.filter(({ text }) => SQL_STATE.test(text)).map(({ file }) => file)).toEqual([]);
});

test('isOfClass compares the first two characters of a SQLSTATE', () => {
  expect(isOfClass('integrityConstraintViolation', UNIQUE_VIOLATION)).toBe(true);
  expect(isOfClass('integrityConstraintViolation', UNDEFINED_TABLE)).toBe(false);
});
