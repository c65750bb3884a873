import { expect } from 'vitest';
import { folderWith } from '../../support/folder.js';
import { lintFiles, lintInEmptied, test } from './lint-files.js';

const HOLDING = `create collation plain from "C";
create view pair as select 1 as one, 2 as two;
create type mood as enum ('good', 'bad');
create domain code as text;
create function half(integer) returns integer language sql immutable return $1 / 2;
create table keyed (id integer, note text collate plain, pair pair, mood mood, code code,
  half integer generated always as (half(id)) stored);
create table parted (id integer) partition by range (half(id));
create table parted_1 partition of parted default;
create schema internal;
create table internal.t (id integer);
create materialized view m as select one from pair;
create view unused as select 1 as one;
create function drops() returns void language sql as 'drop table keyed';`;

test.for([
  ['a collation of a column', 'drop collation plain cascade', ['column keyed.note']],
  ['a view whose row type a column has', 'drop view pair cascade', ['column keyed.pair']],
  ['a function of a partition key', 'drop function half cascade', ['table parted']],
  ['the type of a column', 'drop type mood cascade', ['column keyed.mood']],
  ['the domain of a column', 'drop domain code cascade', ['column keyed.code']],
  ['a schema with a table', 'drop schema internal cascade', ['table internal.t']],
  ['a view, in a do block', 'do $$ begin drop view pair cascade; end $$', ['column keyed.pair']],
  [
    'a view that the file creates again, with the column',
    'drop view pair cascade; create view pair as select 1 as one; alter table keyed add column pair pair',
    ['column keyed.pair'],
  ],
  [
    'a view, in a no-transaction file',
    '-- migrate: no-transaction\ndrop view pair cascade',
    ['column keyed.pair'],
  ],
] as const)('the rule deletes-data reports what a cascade drops from %s', async ([, sql, objects], {
  shared,
}) => {
  const folder = await folderWith({
    'V1.up.sql': HOLDING,
    'V1.down.sql': 'select 1',
    'V2.up.sql': sql,
    'V2.down.sql': 'select 1',
  });
  const findings = await lintInEmptied(shared, folder);
  const found = findings.filter(({ rule, migration }) => rule === 'deletes-data' && migration === 'V2');
  expect(found).toHaveLength(1);
  for (const object of objects) expect(found[0]?.message).toContain(`This deletes data: ${object}`);
});

test('the rule deletes-data names a column of a partitioned table once, and none that becomes inherited', async ({
  shared,
}) => {
  const tables = `create view pair as select 1 as one;
    create table a (id integer, pair pair) partition by list (id); create table a_1 partition of a default;
    create table b (id integer, pair text) partition by list (id); create table c (id integer, pair text);`;
  const folder = await folderWith({
    'V1.up.sql': tables,
    'V1.down.sql': 'select 1',
    'V2.up.sql': 'alter table b attach partition c default; drop view pair cascade',
    'V2.down.sql': 'select 1',
  });
  const findings = (await lintInEmptied(shared, folder)).filter(({ rule }) => rule === 'deletes-data');
  expect(findings.map(({ message }) => message)).toEqual([
    expect.stringContaining('This deletes data: column a.pair. '),
  ]);
});

test('the rule deletes-data reports what a function drops that a statement calls', async ({ shared }) => {
  expect(await lintFiles(shared, /deletes-data/, HOLDING, 'select 1;\nselect drops()')).toEqual([
    'V2:2:1 deletes-data',
  ]);
});

test.for([
  ['of a view on which no column depends', 'drop view unused cascade'],
  ['of an empty schema', 'create schema zoo; drop schema zoo cascade'],
  ['of a type that no column has', "create type size as enum ('s'); drop type size cascade"],
  ['of a materialized view', 'drop materialized view m cascade'],
  ['of what the file creates', 'create view v as select 1 as one; create table w (v v); drop view v cascade'],
  [
    'of a function of a generated column only',
    'create table g (id integer); create function third(integer) returns integer language sql immutable return $1 / 3; drop function third cascade',
  ],
] as const)('the rule deletes-data does not report a cascade %s', async ([, sql], { shared }) => {
  expect(await lintFiles(shared, /deletes-data/, HOLDING, sql)).toEqual([]);
});

test('an exception allows what a cascade drops', async ({ shared }) => {
  const sql = 'select 1;\n-- check: allow deletes-data no release reads the pair\ndrop view pair cascade';
  expect(await lintFiles(shared, /deletes-data|exception/, HOLDING, sql)).toEqual([]);
});
