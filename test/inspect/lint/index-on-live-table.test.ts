import { expect } from 'vitest';
import { lintFiles, TABLE, test } from './lint-files.js';

test.for([
  ['in the file that creates the table', [`${TABLE} create index i on a (b)`], []],
  ['in a later file', [TABLE, 'create index i on a (b)'], ['V2:1:1 index-on-live-table']],
  [
    'in a later file that creates the table if it does not exist',
    [TABLE, `${TABLE} create index i on a (b)`],
    ['V2:1:82 index-on-live-table'],
  ],
  ['concurrently', [TABLE, '-- migrate: no-transaction\ncreate index concurrently i on a (b)'], []],
  [
    'on the partitioned table only',
    ['create table a (b text) partition by list (b)', 'create index i on only a (b)'],
    [],
  ],
  ['on a temporary table', [TABLE, 'create temp table t (b text); create index i on t (b)'], []],
  [
    'on a table that the file drops and creates',
    [TABLE, `drop table a; ${TABLE} create index i on a (b)`],
    [],
  ],
  [
    'on a table that the file creates under another name',
    [
      TABLE,
      'create table n (b text); alter table a rename to o; alter table n rename to a; create index i on a (b)',
    ],
    [],
  ],
  [
    'in a block',
    [TABLE, 'do $$ begin\n  -- ü\n  create index i on a (b); end $$'],
    ['V2:3:3 index-on-live-table'],
  ],
  [
    'in a function, which the file does not call',
    [TABLE, 'create function f() returns void language plpgsql as $$ begin create index i on a (b); end $$'],
    [],
  ],
] as const)('the rule index-on-live-table judges an index %s', async ([, files, expected], { shared }) => {
  expect(await lintFiles(shared, /index-on-live/, ...files)).toEqual(expected);
});
