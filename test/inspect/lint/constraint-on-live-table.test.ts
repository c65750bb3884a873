import { expect } from 'vitest';
import { lintFiles, TABLE, test } from './lint-files.js';

const CONSTRAINED = `create table o (id uuid primary key);
create table a (id uuid, b text, c uuid);
create unique index i on a (c);
alter table a add constraint y check (b is null) not valid;
`;

test.for([
  ['a check', 'alter table a add constraint x check (b <> c::text)', true],
  ['a check that is not validated', 'alter table a add constraint x check (b is null) not valid', false],
  ['a foreign key', 'alter table a add constraint x foreign key (c) references o', true],
  ['a foreign key of a new column', 'alter table a add column d uuid constraint x references o', true],
  ['a new column', 'alter table a add column d uuid', false],
  ['a primary key', 'alter table a add constraint x primary key (c)', true],
  [
    'a unique constraint that uses an existing index',
    'alter table a add constraint x unique using index i',
    false,
  ],
  ['an exclusion constraint', 'alter table a add constraint x exclude (b with =)', true],
  ['a validation', 'alter table a validate constraint y', false],
] as const)('the rule constraint-on-live-table judges %s', async ([, sql, isFound], { shared }) => {
  expect(await lintFiles(shared, /constraint-on-live/, CONSTRAINED, sql)).toHaveLength(isFound ? 1 : 0);
  const inNewTable = await lintFiles(shared, /constraint-on-live/, CONSTRAINED + sql);
  expect(inNewTable, 'in the file that creates the table').toEqual([]);
});

test.for([
  ['a check', 'alter domain short add constraint s check (length(value) < 9)', true],
  [
    'a check that is not validated',
    'alter domain short add constraint s check (length(value) < 9) not valid',
    false,
  ],
  ['not null', 'alter domain short set not null', true],
  ['a default', "alter domain short set default ''", false],
  ['a check of a domain that no table uses', 'alter domain unused add constraint s check (value > 0)', false],
] as const)('the rule constraint-on-live-table judges %s of a domain', async ([, sql, isFound], {
  shared,
}) => {
  const domains = 'create domain short as text; create domain unused as integer; create table a (s short);';
  expect(await lintFiles(shared, /constraint-on-live/, domains, sql)).toHaveLength(isFound ? 1 : 0);
  expect(await lintFiles(shared, /constraint-on-live/, domains + sql)).toEqual([]);
});

test('a no-transaction file may validate a constraint that it has added', async ({ shared }) => {
  const sql =
    'alter table a add constraint x check (b is null) not valid; alter table a validate constraint x';
  expect(await lintFiles(shared, /constraint-on-live/, TABLE, sql)).toHaveLength(1);
  const noTransaction = `-- migrate: no-transaction\n${sql}`;
  expect(await lintFiles(shared, /constraint-on-live/, TABLE, noTransaction)).toEqual([]);
});
