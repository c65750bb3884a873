import { expect } from 'vitest';
import { LIVE, lintFiles, test } from './lint-files.js';

test.for([
  ['an update after a new column', 'alter table a add column d text; update a set d = c', 1],
  ['an update before a new column', "update a set c = ''; alter table a add column d text", 0],
  ['an update of another table', 'alter table a add column d text; update big set n = 2', 1],
  ['an update in a block', 'alter table a add column d text; do $$ begin update a set d = c; end $$', 1],
  ['a delete after a lock', 'lock table a; delete from big', 1],
  [
    'a copy into a new table',
    'alter table a add column d text; create table z (n integer); insert into z select n from big',
    1,
  ],
  ['rows without a query', 'alter table a add column d integer; insert into big values (1)', 0],
  [
    'an update of a new table',
    'alter table a add column d text; create table z as values (1); update z set column1 = 2',
    0,
  ],
  [
    'an update after a trigger, which blocks writers',
    'create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger g before update on a for each row execute function f(); update a set n = 1',
    1,
  ],
  ['an update after a comment', "comment on table a is 'A.'; update a set n = 1", 0],
  [
    'an update in a no-transaction file',
    '-- migrate: no-transaction\nalter table a add column d text; update a set d = c',
    0,
  ],
] as const)('the rule data-change-under-lock judges %s', async ([, sql, count], { shared }) => {
  expect(await lintFiles(shared, /data-change/, LIVE, sql)).toHaveLength(count);
});
