import { join } from 'node:path';
import { expect } from 'vitest';
import type { CheckFinding } from '../../src/inspect/check/finding.js';
import { lintRuleNames } from '../../src/inspect/lint.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { test as base, type TestDatabase, withDatabase } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { lintFolder } from '../support/lint.js';

/** `test` with an empty database that the tests of this file share. */
const test = base.extend<{ shared: TestDatabase }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  shared: [async ({}, use) => withDatabase('template0', use), { scope: 'file' }],
});

/** Empties a database, and lints a folder in it. */
async function lintInEmptied(database: TestDatabase, folder: string): Promise<readonly CheckFinding[]> {
  await database.client.query('drop schema if exists public, internal cascade');
  await database.client.query('create schema public; discard temp');
  return lintFolder(database, folder);
}

/** Lints a folder, and describes each finding as `V0002:1:1 rule`. */
async function describeFindings(database: TestDatabase, folder: string): Promise<string[]> {
  const findings = await lintInEmptied(database, folder);
  return findings.map(({ migration, line, column, rule }) => `${migration}:${line}:${column} ${rule}`);
}

/** Lints up files V1, V2, …, and returns only the findings of some rules. */
async function lintFiles(
  database: TestDatabase,
  rules: RegExp,
  ...ups: readonly string[]
): Promise<string[]> {
  const files = ups.flatMap((up, index) => [
    [`V${index + 1}.up.sql`, up],
    [`V${index + 1}.down.sql`, 'select 1'],
  ]);
  const all = await describeFindings(database, await folderWith(Object.fromEntries(files)));
  return all.filter((line) => rules.test(line));
}

test("the product's migrations violate no lint rule", async ({ database }) => {
  expect(await describeFindings(database, migrationsDirectory)).toEqual([]);
});

/** The findings in the folders of lint/. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  clean: [],
  'index-on-live-table': ['V0002:1:1 index-on-live-table'],
  'check-on-live-table': ['V0002:3:7 constraint-on-live-table'],
  'validation-in-the-same-transaction': ['V0002:6:1 constraint-on-live-table'],
  'unique-constraint-on-live-table': ['V0002:3:7 constraint-on-live-table'],
  'deletes-data': [
    'V0002:1:1 deletes-data',
    'V0002:2:1 deletes-data',
    'V0002:3:1 deletes-data',
    'V0002:6:3 data-change-under-lock',
    'V0002:6:3 deletes-data',
    'V0002:9:1 deletes-data',
    'V0002:16:1 rewrites-live-table',
    'V0002:16:1 deletes-data',
    'V0002:17:1 rewrites-live-table',
    'V0002:17:1 deletes-data',
    'V0002:18:1 rewrites-live-table',
    'V0002:18:1 deletes-data',
    'V0002:19:1 rewrites-live-table',
    'V0002:19:1 deletes-data',
    'V0002:20:1 rewrites-live-table',
    'V0002:29:1 deletes-data',
  ],
  'foreign-key-without-index': ['V0002:7:3 foreign-key-without-index'],
  'foreign-key-index-dropped-later': ['V0003:3:1 foreign-key-without-index'],
  'timestamp-without-zone': ['V0002:2:28 timestamp-without-zone'],
  'table-without-uuid-key': ['V0002:1:1 table-without-uuid-key'],
  'column-without-comment': ['V0002:3:28 without-comment'],
  'enum-without-comment': ['V0002:4:5 without-comment'],
  'constraint-without-name': ['V0002:7:3 without-name'],
  'definer-without-search-path': [
    'V0002:3:1 definer-without-search-path',
    'V0002:11:1 definer-without-search-path',
  ],
  'empty-file': ['V0002:1:1 empty-file', 'V0003:2:1 empty-file'],
  'exception-without-reason': ['V0002:1:1 exception', 'V0002:2:1 index-on-live-table'],
  'exception-not-needed': ['V0002:1:1 exception'],
};

test.for(
  Object.entries(FOLDERS),
)('lint finds the expected violations in the folder %s, and no other', async ([folder, findings], {
  shared,
}) => {
  expect(await describeFindings(shared, join(import.meta.dirname, 'lint', folder))).toEqual(findings);
});

test('a finding of lint has location, message and remedy', async ({ shared }) => {
  const folder = await folderWith({
    'V7.up.sql': 'create table things (\n  id bigint -- ü\n)',
    'V7.down.sql': 'select 1;',
  });
  const findings = await lintInEmptied(shared, folder);
  expect(findings[0]).toEqual({
    rule: 'table-without-uuid-key',
    migration: 'V7',
    file: join(folder, 'V7.up.sql'),
    line: 1,
    column: 1,
    message: 'things has no primary key. Rows of all tables are identified by a uuid.',
    remedy:
      'Add: id uuid not null default gen_random_uuid(), constraint <name> primary key (id). ' +
      'Give other unique columns a unique constraint.',
  });
});

const TABLE = 'create table if not exists a (id uuid constraint k primary key, b text, c uuid);';

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

const LIVE = `create table a (id uuid constraint k primary key, b varchar(10), n integer, t timestamp, c text);
create table big as select 1 as n;
create index a_by_c on a (c);
create materialized view m as select n from big;
`;

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

const KEYS = `create table other (id uuid primary key);
create table a (id uuid constraint k primary key, o uuid constraint f references other, p uuid);`;

test.for([
  ['no index', [KEYS], ['V1:2:58 foreign-key-without-index']],
  ['an index', [KEYS, 'create index i on a (o)'], []],
  ['an index that it leads', [KEYS, 'create index i on a (o, p)'], []],
  [
    'an index that it does not lead',
    [KEYS, 'create index i on a (p, o)'],
    ['V1:2:58 foreign-key-without-index'],
  ],
  [
    'a partial index',
    [KEYS, 'create index i on a (o) where p is null'],
    ['V1:2:58 foreign-key-without-index'],
  ],
  ['a unique constraint', [KEYS, 'alter table a add constraint u unique (o)'], []],
  [
    'a unique constraint that uses an existing index',
    [KEYS, 'create unique index i on a (o); alter table a add constraint u unique using index i'],
    [],
  ],
  [
    'an index that a later file drops',
    [KEYS, 'create index i on a (o)', 'drop index i'],
    ['V3:1:1 foreign-key-without-index'],
  ],
  [
    'an index that a later file replaces',
    [KEYS, 'create index i on a (o)', 'create index j on a (o, p); drop index i'],
    [],
  ],
  [
    'a unique constraint that a later file drops',
    [KEYS, 'alter table a add constraint u unique (o)', 'alter table a drop constraint u'],
    ['V3:1:1 foreign-key-without-index'],
  ],
  [
    'no index, in a table that is renamed later',
    [KEYS, 'alter table a rename to z; alter table z rename constraint f to g'],
    ['V1:2:58 foreign-key-without-index'],
  ],
  [
    'an index with a generated name that a later file drops',
    [KEYS, 'create index on a (o)', 'drop index a_o_idx'],
    ['V3:1:1 foreign-key-without-index'],
  ],
] as const)('the rule foreign-key-without-index judges a foreign key with %s', async ([, files, expected], {
  shared,
}) => {
  expect(await lintFiles(shared, /foreign-key/, ...files)).toEqual(expected);
});

test.for([
  ['timestamp', true],
  ['timestamp(3) without time zone', true],
  ['timestamp[]', true],
  ['moment', true],
  ['timestamptz', false],
  ['timestamp with time zone', false],
  ['time', false],
] as const)('the rule timestamp-without-zone judges a column of type %s', async ([type, isFound], {
  shared,
}) => {
  const sql = `create domain moment as timestamp; create table a (t ${type})`;
  expect(await lintFiles(shared, /timestamp/, sql)).toHaveLength(isFound ? 1 : 0);
});

test('the rule timestamp-without-zone judges the type that a later file has set', async ({ shared }) => {
  const corrected = ['create table a (t timestamp)', 'alter table a\n alter t type timestamptz'];
  expect(await lintFiles(shared, /timestamp/, ...corrected)).toEqual([]);
  const broken = ['create table a (t timestamptz)', 'alter table a\n alter t type timestamp'];
  expect(await lintFiles(shared, /timestamp/, ...broken)).toEqual(['V2:2:15 timestamp-without-zone']);
});

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

test('a table that a function creates is linted at the beginning of its file', async ({ shared }) => {
  const sql = "select 1; do $$ begin execute 'create table a (id bigint constraint k primary key)'; end $$";
  expect(await lintFiles(shared, /uuid/, 'select 1', sql)).toEqual(['V2:1:1 table-without-uuid-key']);
});

test('a comment that only begins like an exception is ignored', async ({ shared }) => {
  expect(await lintFiles(shared, /exception/, '-- check: the names are unique\nselect 1')).toEqual([]);
});

test.for([
  ['above the first of two tables', ['exception', 'a', 'b'], ['V1:6:9 without-name']],
  ['above the second of two tables', ['a', 'exception', 'b'], ['V1:2:9 without-name']],
  ['after the only table', ['a', 'exception'], ['V1:2:9 without-name', 'V1:4:1 exception']],
] as const)('an exception %s applies only to the statement below it', async ([, parts, expected], {
  shared,
}) => {
  const sql = parts.map((part) =>
    part === 'exception'
      ? '-- check: allow without-name a reason\n'
      : `create table ${part} (\n${'id uuid primary key\n'});\n`,
  );
  expect(await lintFiles(shared, /name|exception/, sql.join(''))).toEqual(expected);
});

test('an exception in a statement applies to that statement', async ({ shared }) => {
  const sql = 'create table a (\n  -- check: allow without-name a reason\n  id uuid primary key\n);';
  expect(await lintFiles(shared, /name|exception/, sql)).toEqual([]);
});

test.for([
  '-- check: allow',
  '-- check: allow without-names a reason',
])('an exception without a known rule is a finding that lists the rules: %s', async (comment, { shared }) => {
  const folder = await folderWith({ 'V1.up.sql': `${comment}\nselect 1`, 'V1.down.sql': '' });
  const [finding] = await lintInEmptied(shared, folder);
  expect(finding).toMatchObject({ rule: 'exception', line: 1, column: 1 });
  expect(finding?.remedy).toContain(lintRuleNames.join(', '));
});
