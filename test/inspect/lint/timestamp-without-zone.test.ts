import { expect } from 'vitest';
import { lintFiles, test } from './lint-files.js';

test.for([
  ['timestamp', true],
  ['timestamp(3) without time zone', true],
  ['timestamp[]', true],
  ['moment', true],
  ['timestamptz', false],
  ['timestamp with time zone', false],
  ['time', false],
] as const)('the rule timestamp-without-zone judges a column of type %s', async ([type, isFound], {
  shared,
}) => {
  const sql = `create domain moment as timestamp; create table a (t ${type})`;
  expect(await lintFiles(shared, /timestamp/, sql)).toHaveLength(isFound ? 1 : 0);
});

test('the rule timestamp-without-zone judges the type that a later file has set', async ({ shared }) => {
  const corrected = ['create table a (t timestamp)', 'alter table a\n alter t type timestamptz'];
  expect(await lintFiles(shared, /timestamp/, ...corrected)).toEqual([]);
  const broken = ['create table a (t timestamptz)', 'alter table a\n alter t type timestamp'];
  expect(await lintFiles(shared, /timestamp/, ...broken)).toEqual(['V2:2:15 timestamp-without-zone']);
});
