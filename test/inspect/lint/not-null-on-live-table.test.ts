import { expect } from 'vitest';
import { LIVE, lintFiles, test } from './lint-files.js';

test.for([
  ['alone', ['alter table a alter n set not null'], true],
  ['as a constraint', ['alter table a alter id set not null'], false],
  [
    'after a validated check',
    [
      'alter table a add constraint c check (n is not null) not valid',
      'alter table a validate constraint c',
      'alter table a alter n set not null; alter table a drop constraint c',
    ],
    false,
  ],
  [
    'after a check with more conditions',
    [
      'alter table a add constraint c check (n is not null and b is not null) not valid',
      'alter table a validate constraint c',
      'alter table a alter b set not null',
    ],
    false,
  ],
  [
    'after a check that is validated in the same file',
    [
      'alter table a add constraint c check (n is not null) not valid',
      'alter table a validate constraint c; alter table a alter n set not null',
    ],
    false,
  ],
  [
    'after a check that is not validated',
    ['alter table a add constraint c check (n is not null) not valid', 'alter table a alter n set not null'],
    true,
  ],
  [
    'after a check of another column',
    [
      'alter table a add constraint c check (b is not null) not valid',
      'alter table a validate constraint c',
      'alter table a alter n set not null',
    ],
    true,
  ],
  [
    'after a check with an alternative',
    [
      'alter table a add constraint c check (n is not null or b is null) not valid',
      'alter table a validate constraint c',
      'alter table a alter n set not null',
    ],
    true,
  ],
  [
    'of a column of the same file',
    ["alter table a add column d text default 'x'; alter table a alter d set not null"],
    true,
  ],
  ['in the definition of a new column', ["alter table a add column d text not null default 'x'"], false],
  ['of a new table', ['create table z (n integer); alter table z alter n set not null'], false],
] as const)('the rule not-null-on-live-table judges a set not null %s', async ([, files, isFound], {
  shared,
}) => {
  expect(await lintFiles(shared, /not-null-on-live/, LIVE, ...files)).toHaveLength(isFound ? 1 : 0);
});
