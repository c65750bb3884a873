import { expect } from 'vitest';
import { lintFiles, test } from './lint-files.js';

test.for([
  ['a primary key', 'create table a (id uuid primary key)', true],
  [
    'a foreign key',
    'create table c (id uuid constraint k primary key); create table a (b uuid references c)',
    true,
  ],
  ['a check of the table', 'create table a (b text, check (b is null))', true],
  ['an exclusion constraint', 'create table a (b text, exclude (b with =))', true],
  ['an index', 'create table a (b text); create index on a (b)', true],
  ['an index of an expression', 'create table a (b text); create index on a (lower(b))', true],
  ['not null, which needs no name', 'create table a (b text not null)', false],
  ['a named constraint in a quoted table', 'create table "A b" (b text constraint c unique)', false],
  ['a constraint in a quoted table', 'create table "A b" (b text unique)', true],
  [
    'a constraint that is renamed later',
    'create table a (b text unique); alter table a rename constraint a_b_key to u',
    false,
  ],
  [
    'an index that is renamed later',
    'create table a (b text); create index on a (b); alter index a_b_idx rename to i',
    false,
  ],
] as const)('the rule without-name judges %s', async ([, sql, isFound], { shared }) => {
  expect(await lintFiles(shared, /without-name/, sql)).toHaveLength(isFound ? 1 : 0);
});
