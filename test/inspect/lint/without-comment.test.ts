import { expect } from 'vitest';
import { lintFiles, test } from './lint-files.js';

const COMMENTS = "comment on table a is 'A.'; comment on column a.id is 'I.'; comment on column a.b is 'B.'";

test.for([
  ['no file', [], ['V1:1:1 without-comment', 'V1:1:17 without-comment']],
  ['a later file', [COMMENTS], []],
  [
    'a later file, which removes one',
    [`${COMMENTS}; comment on column a.b is null`],
    ['V1:1:26 without-comment'],
  ],
  [
    'a later file, which renames the table and a column',
    [`${COMMENTS}; alter table a rename b to c; alter table a rename to z`],
    [],
  ],
] as const)('the rule without-comment judges a table with comments in %s', async ([, files, expected], {
  shared,
}) => {
  const table = 'create table a (id uuid, b text)';
  expect(await lintFiles(shared, /comment/, table, ...files)).toEqual(expected);
});

test('the rule without-comment follows an enum through a rename', async ({ shared }) => {
  const files = ["create type m as enum ('x')", 'alter type m rename to n'];
  expect(await lintFiles(shared, /comment/, ...files)).toEqual(['V1:1:1 without-comment']);
  expect(await lintFiles(shared, /comment/, ...files, "comment on type n is 'N.'")).toEqual([]);
});
