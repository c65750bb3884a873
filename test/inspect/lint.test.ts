import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lint, lintNames } from '../../src/inspect/lint.js';
import { readMigrations } from '../../src/migrate/files/read-folder.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { folderWith } from '../support/folder.js';

/** What is found in a folder, each as `V0002:1:1 rule`. */
async function found(folder: string): Promise<string[]> {
  const findings = await lint(await readMigrations(folder));
  return findings.map(({ migration, line, column, rule }) => `${migration}:${line}:${column} ${rule}`);
}

/** The same of up files V1, V2, …; rules that a case is not about are left out. */
async function foundIn(rules: RegExp, ...ups: readonly string[]): Promise<string[]> {
  const files = ups.flatMap((up, index) => [
    [`V${index + 1}.up.sql`, up],
    [`V${index + 1}.down.sql`, 'select 1'],
  ]);
  const all = await found(await folderWith(Object.fromEntries(files)));
  return all.filter((line) => rules.test(line));
}

test("the project's own files are as the lints ask", async () => {
  expect(await found(migrationsDirectory)).toEqual([]);
});

const PLANTED: Readonly<Record<string, readonly string[]>> = {
  'nothing-wrong': [],
  'an-index-that-stops-writers': ['V0002:1:1 index-on-live-table'],
  'a-constraint-that-reads-a-live-table': ['V0002:3:7 constraint-on-live-table'],
  'a-constraint-validated-at-once': ['V0002:6:1 constraint-on-live-table'],
  'a-unique-constraint-on-a-live-table': ['V0002:3:7 constraint-on-live-table'],
  'a-foreign-key-without-an-index': ['V0002:7:3 foreign-key-without-index'],
  'an-index-of-a-foreign-key-dropped-later': ['V0003:3:1 foreign-key-without-index'],
  'a-timestamp-without-a-zone': ['V0002:2:28 timestamp-without-zone'],
  'a-table-without-a-uuid-key': ['V0002:1:1 table-without-uuid-key'],
  'a-column-without-a-comment': ['V0002:3:28 without-comment'],
  'an-enum-without-a-comment': ['V0002:4:5 without-comment'],
  'a-constraint-without-a-name': ['V0002:7:3 without-name'],
  'an-exception-without-a-reason': ['V0002:1:1 exception', 'V0002:2:1 index-on-live-table'],
  'an-exception-that-is-not-needed': ['V0002:1:1 exception'],
};

test.each(Object.entries(PLANTED))('planted: %s', async (folder, findings) => {
  expect(await found(join(import.meta.dirname, 'lint', folder))).toEqual(findings);
});

test('a finding says what is wrong, where, and what to do', async () => {
  const folder = await folderWith({
    'V7.up.sql': 'create table things (\n  id bigint -- ü\n)',
    'V7.down.sql': '',
  });
  const findings = await lint(await readMigrations(folder));
  expect(findings[0]).toEqual({
    rule: 'table-without-uuid-key',
    migration: 'V7',
    file: join(folder, 'V7.up.sql'),
    line: 1,
    column: 1,
    message: 'things has no primary key: a row should be known by a uuid, in all tables alike.',
    remedy:
      'Give it: id uuid not null default gen_random_uuid(), constraint <name> primary key (id). ' +
      'What else is unique gets a unique constraint.',
  });
});

const TABLE = 'create table if not exists a (id uuid constraint k primary key, b text, c uuid);';

test.each([
  ['in the file that makes the table', [`${TABLE} create index i on a (b)`], []],
  ['in a later file', [TABLE, 'create index i on a (b)'], ['V2:1:1 index-on-live-table']],
  [
    'in a later file that makes the table only where it is missing',
    [TABLE, `${TABLE} create index i on a (b)`],
    ['V2:1:82 index-on-live-table'],
  ],
  ['on a table of which no file speaks', ['create index i on a (b)'], ['V1:1:1 index-on-live-table']],
  ['concurrently', [TABLE, '-- migrate: no-transaction\ncreate index concurrently i on a (b)'], []],
  ['on the parent alone', [TABLE, 'create index i on only a (b)'], []],
  ['on a temporary table', [TABLE, 'create temp table t (b text); create index i on t (b)'], []],
  ['on a table made again', [TABLE, `drop table a; ${TABLE} create index i on a (b)`], []],
  [
    'on a table made under another name',
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
    'in a function, which may never be called',
    [TABLE, 'create function f() returns void language plpgsql as $$ begin create index i on a (b); end $$'],
    [],
  ],
])('an index %s', async (_, files, expected) => {
  expect(await foundIn(/index-on-live/, ...files)).toEqual(expected);
});

test.each([
  ['a check', 'alter table a add constraint x check (b <> c::text)', true],
  ['a check that is not valid yet', 'alter table a add constraint x check (b is null) not valid', false],
  ['a foreign key', 'alter table a add constraint x foreign key (c) references o', true],
  ['a foreign key at a new column', 'alter table a add column d uuid constraint x references o', true],
  ['a new column alone', 'alter table a add column d uuid', false],
  ['a primary key', 'alter table a add constraint x primary key (c)', true],
  ['a key of an index that is there', 'alter table a add constraint x unique using index i', false],
  ['an exclusion', 'alter table a add constraint x exclude (b with =)', true],
  ['a validation', 'alter table a validate constraint x', false],
])('%s on a live table', async (_, sql, isFound) => {
  expect(await foundIn(/constraint-on-live/, TABLE, sql)).toHaveLength(isFound ? 1 : 0);
  expect(await foundIn(/constraint-on-live/, `${TABLE} ${sql}`), 'in the file that makes it').toEqual([]);
});

test('a no-transaction file may validate what it has added', async () => {
  const sql =
    'alter table a add constraint x check (b is null) not valid; alter table a validate constraint x';
  expect(await foundIn(/constraint-on-live/, TABLE, sql)).toHaveLength(1);
  expect(await foundIn(/constraint-on-live/, TABLE, `-- migrate: no-transaction\n${sql}`)).toEqual([]);
});

const KEYS =
  'create table a (id uuid constraint k primary key, o uuid constraint f references other, p uuid);';

test.each([
  ['no index', [KEYS], ['V1:1:58 foreign-key-without-index']],
  ['an index', [KEYS, 'create index i on a (o)'], []],
  ['an index that it leads', [KEYS, 'create index i on a (o, p)'], []],
  [
    'an index that it does not lead',
    [KEYS, 'create index i on a (p, o)'],
    ['V1:1:58 foreign-key-without-index'],
  ],
  [
    'an index of some rows',
    [KEYS, 'create index i on a (o) where p is null'],
    ['V1:1:58 foreign-key-without-index'],
  ],
  ['a unique constraint', [KEYS, 'alter table a add constraint u unique (o)'], []],
  [
    'a key of an index',
    [KEYS, 'create unique index i on a (o); alter table a add constraint u unique using index i'],
    [],
  ],
  [
    'an index that is dropped',
    [KEYS, 'create index i on a (o)', 'drop index i'],
    ['V3:1:1 foreign-key-without-index'],
  ],
  [
    'an index that is replaced',
    [KEYS, 'create index i on a (o)', 'create index j on a (o, p); drop index i'],
    [],
  ],
  [
    'a unique constraint that is dropped',
    [KEYS, 'alter table a add constraint u unique (o)', 'alter table a drop constraint u'],
    ['V3:1:1 foreign-key-without-index'],
  ],
  ['an index, and another name later', [KEYS, 'create index i on a (o)', 'alter table a rename o to q'], []],
  ['no index, and dropped later', [KEYS, 'alter table a drop constraint f'], []],
  ['no index, and its column dropped', [KEYS, 'alter table a drop column o'], []],
  ['no index, and its table dropped', [KEYS, 'drop table a'], []],
  [
    'no index, and the other table dropped',
    [`create table other (); ${KEYS}`, 'drop table other cascade'],
    [],
  ],
  [
    'an index under the name that PostgreSQL gave',
    [KEYS, 'create index on a (o)', 'drop index a_o_idx'],
    ['V3:1:1 foreign-key-without-index'],
  ],
])('a foreign key with %s', async (_, files, expected) => {
  expect(await foundIn(/foreign-key/, ...files)).toEqual(expected);
});

test.each([
  ['timestamp', true],
  ['timestamp(3) without time zone', true],
  ['timestamp[]', true],
  ['moment', true],
  ['timestamptz', false],
  ['timestamp with time zone', false],
  ['time', false],
])('a column of type %s', async (type, isFound) => {
  const sql = `create domain moment as timestamp; create table a (t ${type})`;
  expect(await foundIn(/timestamp/, sql)).toHaveLength(isFound ? 1 : 0);
});

test('a type that is changed later counts as it is then', async () => {
  const sql = ['create table a (t timestamp)', 'alter table a\n alter t type timestamptz'];
  expect(await foundIn(/timestamp/, ...sql)).toEqual([]);
  expect(
    await foundIn(
      /timestamp/,
      ...sql.map((text) =>
        text.replace(/timestamp(tz)?/, (was) => (was === 'timestamp' ? 'timestamptz' : 'timestamp')),
      ),
    ),
  ).toEqual(['V2:2:15 timestamp-without-zone']);
});

test.each([
  ['one uuid', 'create table a (id uuid primary key)', false],
  ['one uuid by a domain', 'create domain key as uuid; create table a (id key primary key)', false],
  ['a number', 'create table a (id bigint primary key)', true],
  ['two uuids', 'create table a (b uuid, c uuid, primary key (b, c))', true],
  ['none', 'create table a (id uuid)', true],
  ['one that comes later', 'create table a (id uuid); alter table a add primary key (id)', false],
  [
    'one of an index',
    'create table a (id uuid); create unique index i on a (id); alter table a add constraint k primary key using index i',
    false,
  ],
  [
    'one of another table',
    'create table b (id uuid primary key); create table a (like b including all)',
    false,
  ],
  [
    'partitions',
    'create table a (id uuid, at date, primary key (id, at)) partition by range (at); create table p partition of a default',
    false,
  ],
  ['a number, in a schema of its own', 'create table internal.a (id bigint primary key)', false],
  ['none, made of a query', 'create table a as select 1', true],
])('a table whose key is %s', async (_, sql, isFound) => {
  expect(await foundIn(/uuid/, sql)).toHaveLength(isFound ? 1 : 0);
});

test('a comment counts wherever in the folder it is, as long as it says something', async () => {
  const table = 'create table a (id uuid, b text)';
  const comments =
    "comment on table a is 'A.'; comment on column a.id is 'I.'; comment on column a.b is 'B.'";
  expect(await foundIn(/comment/, table)).toEqual(['V1:1:1 without-comment', 'V1:1:17 without-comment']);
  expect(await foundIn(/comment/, table, comments)).toEqual([]);
  expect(await foundIn(/comment/, table, `${comments}; comment on column a.b is null`)).toEqual([
    'V1:1:26 without-comment',
  ]);
  expect(
    await foundIn(/comment/, table, `${comments}; alter table a rename b to c; alter table a rename to z`),
  ).toEqual([]);
  expect(
    await foundIn(
      /comment/,
      "create type m as enum ('x')",
      'alter type m rename to n',
      "comment on type n is 'N.'",
    ),
  ).toEqual([]);
});

test.each([
  ['a primary key', 'create table a (id uuid primary key)', true],
  ['a reference', 'create table a (b uuid references c)', true],
  ['a check of the table', 'create table a (b text, check (b is null))', true],
  ['an index', 'create table a (b text); create index on a (b)', true],
  ['a not null, which needs none', 'create table a (b text not null)', false],
  [
    'a constraint that is named later',
    'create table a (b text unique); alter table a rename constraint a_b_key to u',
    false,
  ],
  [
    'an index that is named later',
    'create table a (b text); create index on a (b); alter index a_b_idx rename to i',
    false,
  ],
])('a name of its own: %s', async (_, sql, isFound) => {
  expect(await foundIn(/without-name/, sql)).toHaveLength(isFound ? 1 : 0);
});

test('a comment that only begins like an exception is none', async () => {
  expect(await foundIn(/exception/, '-- check: the names are unique\nselect 1')).toEqual([]);
});

test('an exception holds for the statement that it stands above or in, and for no other', async () => {
  const exception = '-- check: allow without-name a reason\n';
  const table = (name: string): string => `create table ${name} (\n${'id uuid primary key\n'});\n`;
  expect(await foundIn(/name|exception/, exception + table('a') + table('b'))).toEqual([
    'V1:6:9 without-name',
  ]);
  expect(await foundIn(/name|exception/, table('a') + exception + table('b'))).toEqual([
    'V1:2:9 without-name',
  ]);
  const inside = `create table a (\n  ${exception}  id uuid primary key\n);`;
  expect(await foundIn(/name|exception/, inside)).toEqual([]);
  expect(await foundIn(/name|exception/, `${table('a')}${exception}`)).toEqual([
    'V1:2:9 without-name',
    'V1:4:1 exception',
  ]);
});

test.each([
  '-- check: allow',
  '-- check: allow without-names a reason',
])('an exception that allows nothing is told: %s', async (comment) => {
  const folder = await folderWith({ 'V1.up.sql': `${comment}\nselect 1`, 'V1.down.sql': '' });
  const [finding] = await lint(await readMigrations(folder));
  expect(finding).toMatchObject({ rule: 'exception', line: 1, column: 1 });
  expect(finding?.remedy).toContain(lintNames.join(', '));
});
