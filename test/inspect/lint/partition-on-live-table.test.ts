import { expect } from 'vitest';
import { folderWith } from '../../support/folder.js';
import { lintFiles, lintInEmptied, test } from './lint-files.js';

const PARTED = `create table log (day integer not null) partition by range (day);
create table rest partition of log default;
create table bare (day integer not null) partition by range (day);
create table old (day integer not null);
create table checked (day integer not null, constraint c check (day >= 1 and day < 2));
create table unsure (day integer not null, constraint c check (day >= 1 and day < 9));`;

const PROVEN = 'alter table rest add constraint p check (day >= 100)';

test.for([
  ['an existing table', [], 'alter table bare attach partition old for values from (1) to (2)', ['old']],
  [
    'an existing table with a check of the bounds',
    [],
    'alter table bare attach partition checked for values from (1) to (2)',
    [],
  ],
  [
    'an existing table with a wider check',
    [],
    'alter table bare attach partition unsure for values from (1) to (2)',
    ['unsure'],
  ],
  [
    'an existing table whose check is not validated',
    ['alter table old add constraint c check (day >= 1 and day < 2) not valid'],
    'alter table bare attach partition old for values from (1) to (2)',
    ['old'],
  ],
  [
    'an existing table whose check an earlier file validates',
    [
      'alter table old add constraint c check (day >= 1 and day < 2) not valid',
      'alter table old validate constraint c',
    ],
    'alter table bare attach partition old for values from (1) to (2)',
    [],
  ],
  [
    'a new table',
    [],
    'create table new (like old); alter table bare attach partition new for values from (1) to (2)',
    [],
  ],
  [
    'a table with a default partition beside it',
    [],
    'alter table log attach partition checked for values from (1) to (2)',
    ['rest'],
  ],
  [
    'a table with a default partition whose check excludes it',
    [PROVEN],
    'alter table log attach partition checked for values from (1) to (2)',
    [],
  ],
  ['both', [], 'alter table log attach partition old for values from (1) to (2)', ['old', 'rest']],
  [
    'an existing table, in a do block',
    [],
    'do $$ begin alter table bare attach partition old for values from (1) to (2); end $$',
    ['old'],
  ],
  ['the only partition, as the default', [], 'alter table bare attach partition old default', []],
  [
    'a default partition beside another one',
    ['create table bare_1 partition of bare for values from (1) to (2)'],
    'alter table bare attach partition old default',
    ['old'],
  ],
  [
    'a table that is created as a partition, beside a default partition',
    [],
    'create table new partition of log for values from (1) to (2)',
    ['rest'],
  ],
  [
    'a table that is created as a partition, beside a default partition whose check excludes it',
    [PROVEN],
    'create table new partition of log for values from (1) to (2)',
    [],
  ],
  [
    'a table that a do block creates as a partition',
    [],
    "do $$ begin execute format('create table %I partition of public.log for values from (1) to (2)', 'new'); end $$",
    ['rest'],
  ],
  [
    'a table that is created as a partition, without a default partition',
    [],
    'create table new partition of bare for values from (1) to (2)',
    [],
  ],
  [
    'a table in a no-transaction file',
    [],
    '-- migrate: no-transaction\nalter table bare attach partition old for values from (1) to (2)',
    ['old'],
  ],
  [
    'a partition of a new table',
    [],
    'create table n (day integer not null) partition by range (day); create table n_rest partition of n default; create table n_1 partition of n for values from (1) to (2)',
    [],
  ],
] as const)('the rule partition-on-live-table judges %s', async ([, before, sql, tables], { shared }) => {
  const ups = [PARTED, ...before, sql];
  const folder = await folderWith(
    Object.fromEntries(
      ups.flatMap((up, index) => [
        [`V${index + 1}.up.sql`, up],
        [`V${index + 1}.down.sql`, 'select 1'],
      ]),
    ),
  );
  const findings = await lintInEmptied(shared, folder);
  const found = findings.filter(({ rule }) => rule === 'partition-on-live-table');
  expect(found.map(({ message }) => /^This reads every row of (\w+) /.exec(message)?.[1])).toEqual(tables);
});

test('the remedy of partition-on-live-table says what a check must prove of each table', async ({
  shared,
}) => {
  const folder = await folderWith({
    'V1.up.sql': PARTED,
    'V1.down.sql': 'select 1',
    'V2.up.sql': 'alter table log attach partition old for values from (1) to (2)',
    'V2.down.sql': 'select 1',
  });
  const remedies = (await lintInEmptied(shared, folder))
    .filter(({ rule }) => rule === 'partition-on-live-table')
    .map(({ remedy }) => remedy);
  expect(remedies).toEqual([
    expect.stringContaining('Add a check to old that proves that its rows are within the bounds'),
    expect.stringContaining('Add a check to rest that proves that it has no row within the bounds'),
  ]);
});

test('an exception allows the read of a partition', async ({ shared }) => {
  const sql =
    '-- check: allow partition-on-live-table the table has a hundred rows\nalter table bare attach partition old for values from (1) to (2)';
  expect(await lintFiles(shared, /partition-on|exception/, PARTED, sql)).toEqual([]);
});
