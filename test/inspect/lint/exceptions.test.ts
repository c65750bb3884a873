import { expect } from 'vitest';
import { lintRuleNames } from '../../../src/inspect/lint.js';
import { folderWith } from '../../support/folder.js';
import { lintFiles, lintInEmptied, test } from './lint-files.js';

test('a comment that only begins like an exception is ignored', async ({ shared }) => {
  expect(await lintFiles(shared, /exception/, '-- check: the names are unique\nselect 1')).toEqual([]);
});

test.for([
  ['above the first of two tables', ['exception', 'a', 'b'], ['V1:6:9 without-name']],
  ['above the second of two tables', ['a', 'exception', 'b'], ['V1:2:9 without-name']],
  ['after the only table', ['a', 'exception'], ['V1:2:9 without-name', 'V1:4:1 exception']],
] as const)('an exception %s applies only to the statement below it', async ([, parts, expected], {
  shared,
}) => {
  const sql = parts.map((part) =>
    part === 'exception'
      ? '-- check: allow without-name a reason\n'
      : `create table ${part} (\n${'id uuid primary key\n'});\n`,
  );
  expect(await lintFiles(shared, /name|exception/, sql.join(''))).toEqual(expected);
});

test('an exception in a statement applies to that statement', async ({ shared }) => {
  const sql = 'create table a (\n  -- check: allow without-name a reason\n  id uuid primary key\n);';
  expect(await lintFiles(shared, /name|exception/, sql)).toEqual([]);
});

test.for([
  '-- check: allow',
  '-- check: allow without-names a reason',
])('an exception without a known rule is a finding that lists the rules: %s', async (comment, { shared }) => {
  const folder = await folderWith({ 'V1.up.sql': `${comment}\nselect 1`, 'V1.down.sql': '' });
  const [finding] = await lintInEmptied(shared, folder);
  expect(finding).toMatchObject({ rule: 'exception', line: 1, column: 1 });
  expect(finding?.remedy).toContain(lintRuleNames.join(', '));
});
