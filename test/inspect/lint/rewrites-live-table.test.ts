import { expect } from 'vitest';
import { LIVE, lintFiles, test } from './lint-files.js';

test.for([
  ['a constant default', 'alter table a add column d integer default 5', 0],
  ['a stable default', 'alter table a add column d timestamptz default now()', 0],
  ['a volatile default', 'alter table a add column d uuid default gen_random_uuid()', 1],
  [
    'a volatile default that is set later',
    'alter table a add column d uuid; alter table a alter d set default gen_random_uuid()',
    0,
  ],
  ['an identity', 'alter table a add column d bigint generated always as identity', 1],
  ['a stored generated column', 'alter table a add column d integer generated always as (n + 1) stored', 1],
  ['a longer varchar', 'alter table a alter b type varchar(20)', 0],
  ['a varchar that becomes text', 'alter table a alter b type text', 0],
  ['a shorter varchar', 'alter table a alter b type varchar(5)', 1],
  ['an integer that becomes bigint', 'alter table a alter n type bigint', 1],
  ['a change with an expression', "alter table a alter c type text using c || ''", 1],
  ['a change in a block', "do $$ begin execute 'alter table a alter n type bigint'; end $$", 1],
  ['an unlogged table', 'alter table a set unlogged', 1],
  ['a truncation', 'truncate a', 0],
  ['a refresh', 'refresh materialized view m', 1],
  ['a concurrent refresh', 'create unique index u on m (n); refresh materialized view concurrently m', 0],
  [
    'a change of a collation, for which the index is built again',
    'alter table a alter c type text collate "C"',
    1,
  ],
  ['reindex', 'reindex table a', 1],
  ['a concurrent reindex', '-- migrate: no-transaction\nreindex table concurrently a', 0],
  ['an index that is dropped and created', 'drop index a_by_c; create index a_by_c on a (c)', 0],
  ['vacuum full', '-- migrate: no-transaction\nvacuum full a', 1],
] as const)('the rule rewrites-live-table judges %s', async ([, sql, count], { shared }) => {
  expect(await lintFiles(shared, /rewrites-live/, LIVE, sql)).toHaveLength(count);
  if (sql.startsWith('--')) return;
  const inNewTable = await lintFiles(shared, /rewrites-live/, LIVE + sql);
  expect(inNewTable, 'in the file that creates the table').toEqual([]);
});
