import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { measureLocks, type TableLock } from '../../src/inspect/locks.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const TABLE = `create table a (id integer constraint k primary key, n integer, v varchar(9));
create index i on a (n);
alter table a add constraint c check (n > 0) not valid;`;

/** Measures the locks of up files V1, V2, …. */
async function measure(url: string, ups: readonly string[], sizesIn?: string): Promise<readonly TableLock[]> {
  const files = ups.flatMap((up, index) => [
    [`V${index + 1}.up.sql`, up],
    [`V${index + 1}.down.sql`, ''],
  ]);
  const directory = await folderWith(Object.fromEntries(files));
  return (await measureLocks({ url, directory, sizesIn })).locks;
}

/** Describes a lock as `V2:1 access exclusive on public.a`. */
function describeLock({ migration, line, lock, table, rewrites }: TableLock): string {
  return `${migration}:${line} ${lock} on ${table}${rewrites ? ', rewritten' : ''}`;
}

describe('measureLocks finds the lock on an existing table of', () => {
  test.for([
    ['alter table a add column x integer', ['access exclusive on public.a']],
    ['alter table a alter column n type bigint', ['access exclusive on public.a, rewritten']],
    ['alter table a alter column v type text', ['access exclusive on public.a']],
    ['alter table a validate constraint c', ['share update exclusive on public.a']],
    ['create index j on a (v)', ['share on public.a']],
    ['create table b (a_id integer constraint f references a)', ['share row exclusive on public.a']],
    ["comment on table a is 'x'", ['share update exclusive on public.a']],
    ['update a set n = 1', ['row exclusive on public.a']],
    ['select from a', ['access share on public.a']],
    ['select from a for update', ['row share on public.a']],
    ['drop index i', ['access exclusive on public.a']],
    ['drop table a', ['access exclusive on public.a']],
    ['truncate a', ['access exclusive on public.a, rewritten']],
    ['do $$ begin alter table a add column x integer; end $$', ['access exclusive on public.a']],
    ['create table b (id integer); create index j on b (id)', []],
    ['create temp table t (id integer); drop table t', []],
  ] as const)('%s', async ([sql, expected], { database }) => {
    const locks = await measure(database.url, [TABLE, sql]);
    expect(locks.map(describeLock)).toEqual(expected.map((lock) => `V2:1 ${lock}`));
  });
});

test('measureLocks lists the first statement of a transaction with a lock, and each with a stronger one', async ({
  database,
}) => {
  const sql = `select from a;
create index j on a (v);
create index l on a (v);
alter table a add column x integer;
alter table a alter column n type bigint;`;
  const locks = await measure(database.url, [TABLE, sql]);
  expect(locks.map(describeLock)).toEqual([
    'V2:1 access share on public.a',
    'V2:2 share on public.a',
    'V2:4 access exclusive on public.a',
    'V2:5 access exclusive on public.a, rewritten',
  ]);
  expect(new Set(locks.map(({ until }) => until))).toEqual(new Set(['file']));
});

test('measureLocks lists the locks of each statement of a no-transaction file, including those that run outside of a transaction', async ({
  database,
}) => {
  const parts =
    'create table p (n integer) partition by range (n); create table "P 1" partition of p for values from (1) to (2);';
  const sql = `-- migrate: no-transaction
alter table a add column x integer;
create index concurrently j on a (x);
reindex index concurrently j;
drop index concurrently j;
vacuum a;
vacuum full a;
comment on table a is 'x';
alter table p detach partition "P 1" concurrently;
create table b (id integer);
create index concurrently j on b (id);`;
  const locks = await measure(database.url, [TABLE + parts, sql]);
  expect(locks.map(describeLock)).toEqual([
    'V2:2 access exclusive on public.a',
    'V2:3 share update exclusive on public.a',
    'V2:4 share update exclusive on public.a',
    'V2:5 share update exclusive on public.a',
    'V2:6 share update exclusive on public.a',
    'V2:7 access exclusive on public.a, rewritten',
    'V2:8 share update exclusive on public.a',
    'V2:9 share update exclusive on public.p',
  ]);
  expect(new Set(locks.map(({ until }) => until))).toEqual(new Set(['statement']));
});

test('measureLocks reads the sizes of the tables from the live database', async ({ database }) => {
  await database.client.query(`create table a as select from generate_series(1, 1000);
    create table p (n integer) partition by range (n); create table p1 partition of p default;
    insert into p select generate_series(1, 500); analyze a; analyze p; create table never (id integer)`);
  const tables =
    'create table a (); create table p (n integer) partition by range (n); create table p1 partition of p default; create table never (); create table missing ();';
  const alter = ['a', 'p', 'never', 'missing']
    .map((table) => `alter table ${table} add column x integer;`)
    .join('\n');
  const locks = await measure(database.url, [tables, alter], database.url);
  const size = async (table: string): Promise<number> =>
    Number(await database.value(`select pg_total_relation_size('${table}')`));
  expect(locks.map(({ table, size }) => [table, size])).toEqual([
    ['public.a', { bytes: await size('a'), rows: 1000 }],
    ['public.p', { bytes: await size('p1'), rows: 500 }],
    ['public.p1', { bytes: await size('p1'), rows: 500 }],
    ['public.never', { bytes: 0, rows: null }],
    ['public.missing', null],
  ]);
  expect((await measure(database.url, [tables, alter])).map(({ size }) => size)).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});

test('measureLocks waits at most a second for a table that another session has locked', async ({
  database,
}) => {
  await database.client.query('create table a ()');
  await database.client.query('begin; lock table a');
  await expect(
    measure(database.url, ['create table a ()', 'drop table a'], database.url),
  ).rejects.toMatchObject({ code: 'sizes_unreadable', cause: { code: '55P03' } });
});

test.for([
  '',
  '-- migrate: no-transaction\n',
  '-- migrate: no-transaction\nvacuum a; ',
])('measureLocks reports a failed statement with its location after %j', async (head, { database }) => {
  await expect(measure(database.url, [TABLE, `${head}reindex table b`])).rejects.toMatchObject({
    code: 'migration_failed',
    location: { line: head === '' ? 1 : 2 },
  });
});

test('measureLocks reports a failed commit with its location', async ({ database }) => {
  const sql =
    'alter table a add constraint u unique (n) deferrable initially deferred; insert into a values (1, 2), (2, 2)';
  await expect(measure(database.url, [TABLE, sql])).rejects.toMatchObject({
    code: 'migration_failed',
    location: { line: 1 },
  });
});

test('measureLocks drops its database after success, failure and interrupt', async ({ database }) => {
  const role = `measurer_${randomBytes(4).toString('hex')}`;
  await database.client.query(`create role ${role} login password 'secret' createdb`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  const databases = 'select count(*)::integer from pg_database where pg_get_userbyid(datdba) = $1';
  await measure(url.href, [TABLE]);
  expect(await database.value(databases, [role])).toBe(0);
  await expect(measure(url.href, ['nonsense_function()'])).rejects.toThrow();
  await expect(measure(url.href, ['select nonsense_function()'])).rejects.toThrow();
  expect(await database.value(databases, [role])).toBe(0);
  const controller = new AbortController();
  const directory = await folderWith({ 'V1.up.sql': 'select pg_sleep(60)', 'V1.down.sql': '' });
  const onMigration = (): void => controller.abort();
  await expect(
    measureLocks({ url: url.href, directory, signal: controller.signal, onMigration }),
  ).rejects.toMatchObject({ code: 'interrupted' });
  expect(await database.value(databases, [role])).toBe(0);
  const early = new AbortController();
  const measuring = measureLocks({ url: url.href, directory, signal: early.signal });
  while ((await database.value(databases, [role])) === 0);
  early.abort();
  await expect(measuring).rejects.toMatchObject({ code: 'interrupted' });
  expect(await database.value(databases, [role])).toBe(0);
  await database.client.query(`drop role ${role}`);
});
