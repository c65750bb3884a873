import { expect } from 'vitest';
import { lintFiles, test } from './lint-files.js';

test.for([
  ['a uuid', 'create table a (id uuid primary key)', false],
  ['a domain over uuid', 'create domain key as uuid; create table a (id key primary key)', false],
  ['a number', 'create table a (id bigint primary key)', true],
  ['two uuids', 'create table a (b uuid, c uuid, primary key (b, c))', true],
  ['missing', 'create table a (id uuid)', true],
  ['added later', 'create table a (id uuid); alter table a add primary key (id)', false],
  [
    'made of an index',
    'create table a (id uuid); create unique index i on a (id); alter table a add constraint k primary key using index i',
    false,
  ],
  [
    'copied from another table',
    'create table b (id uuid primary key); create table a (like b including all)',
    false,
  ],
  [
    'of a partitioned table, with the partition key',
    'create table a (id uuid, at date, primary key (id, at)) partition by range (at); create table p partition of a default',
    false,
  ],
  [
    'a number, in another schema',
    'create schema internal; create table internal.a (id bigint primary key)',
    false,
  ],
  ['missing, in a table made of a query', 'create table a as select 1', true],
] as const)('the rule table-without-uuid-key judges a primary key that is %s', async ([, sql, isFound], {
  shared,
}) => {
  expect(await lintFiles(shared, /uuid/, sql)).toHaveLength(isFound ? 1 : 0);
});

test('a table that a function creates is linted at the beginning of its file', async ({ shared }) => {
  const sql = "select 1; do $$ begin execute 'create table a (id bigint constraint k primary key)'; end $$";
  expect(await lintFiles(shared, /uuid/, 'select 1', sql)).toEqual(['V2:1:1 table-without-uuid-key']);
});
