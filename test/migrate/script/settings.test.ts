import { describe, expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

describe('the session of a migration (E17)', () => {
  const directoryWith = (sql: string): Promise<string> =>
    folderWith({
      'V1.up.sql': sql,
      'V1.down.sql': '',
      'V2.up.sql': `create table settings as
        select current_setting('search_path') as path, current_user = session_user as is_own_role,
          current_setting('work_mem') as memory, to_regclass('pg_temp.scratch') is null as clean,
          (select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1 and pid = pg_backend_pid())::int as locks`,
      'V2.down.sql': '',
    });

  test.for([
    ['a search_path', 'create schema other; set search_path = other;'],
    ['a role', 'set role pg_monitor;'],
    ['a session authorization', 'set session authorization pg_monitor;'],
    ['a setting', "set work_mem = '77MB';"],
    ['a temporary table', 'create temporary table scratch (id integer);'],
    ['an advisory lock', 'select pg_advisory_lock(1);'],
  ] as const)('does not have %s that the migration before it left', async ([, sql], { database }) => {
    await up({ url: database.url, directory: await directoryWith(sql) });
    expect(await database.rows('select * from public.settings')).toEqual([
      { path: '"$user", public', is_own_role: true, memory: '4MB', clean: true, locks: 0 },
    ]);
  });
});

test('the server ends strings where the parser does, even if the database sets standard_conforming_strings off', async ({
  database,
}) => {
  await database.client.query(`alter database ${database.name} set standard_conforming_strings = off`);
  const directory = await folderWith({
    'V1.up.sql': String.raw`create table paths (path text); insert into paths values ('C:\new'), ('\');`,
    'V1.down.sql': 'drop table paths;',
    'V2.up.sql': String.raw`-- migrate: no-transaction
insert into paths values ('D:\new');`,
    'V2.down.sql': '',
  });
  await up({ url: database.url, directory });
  expect((await database.rows('select path from paths')).map(({ path }) => path)).toEqual([
    String.raw`C:\new`,
    '\\',
    String.raw`D:\new`,
  ]);
});

test('a statement waits 4 s for a lock by default, whatever the database sets', async ({ database }) => {
  const setting = "create table seen as select current_setting('lock_timeout') as lock;";
  await database.client.query(`alter database ${database.name} set lock_timeout = '1h'`);
  await up({
    url: database.url,
    directory: await folderWith({ 'V1.up.sql': setting, 'V1.down.sql': 'drop table seen;' }),
  });
  expect(await database.rows('select * from seen')).toEqual([{ lock: '4s' }]);
});
