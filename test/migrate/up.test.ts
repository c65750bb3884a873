import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { type TestDatabase, test } from '../support/database.js';
import { dropDatabase, withDatabaseName } from '../support/databases.js';
import { addFiles, folderWith } from '../support/folder.js';

const two = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.add_two.up.sql': 'create table two (id integer);\ninsert into two values (1);',
  'V2.add_two.down.sql': 'drop table two;',
};

const tablesOf = async ({ rows }: TestDatabase): Promise<unknown[]> =>
  (await rows("select tablename as name from pg_tables where schemaname = 'public' order by 1")).map(
    (row) => row.name,
  );

describe('up', () => {
  test('applies what is pending, in order, and records it', async ({ database }) => {
    const directory = await folderWith(two);
    const result = await up({ url: database.url, directory });
    expect(result).toMatchObject({
      created: false,
      current: 'V2',
      applied: [
        { version: 'V1', name: 'V1', status: 'applied' },
        { version: 'V2', name: 'V2.add_two', status: 'applied' },
      ],
    });
    expect(await tablesOf(database)).toEqual(['one', 'two']);
    const history = await database.rows('select * from voicesurvey_migrations.history order by id');
    expect(history).toMatchObject([
      { version: '1', name: 'V1', down_sql: 'drop table one;', origin: 'applied', unfinished: null },
      { version: '2', name: 'V2.add_two', applied_with: expect.stringMatching(/^voicesurvey-db \d/) },
    ]);
    expect(history[0]?.checksum_up).toMatch(/^[0-9a-f]{64}$/);
    expect(history[0]?.run_id).toBe(history[1]?.run_id);
  });

  test('does nothing the second time', async ({ database }) => {
    const directory = await folderWith(two);
    await up({ url: database.url, directory });
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [], current: 'V2' });
  });

  test('stops at the version that it is told, and goes on later', async ({ database }) => {
    const directory = await folderWith(two);
    expect(await up({ url: database.url, directory, to: '0001' })).toMatchObject({ current: 'V1' });
    expect(await tablesOf(database)).toEqual(['one']);
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
  });

  test('refuses a version that the folder does not have', async ({ database }) => {
    const directory = await folderWith(two);
    await expect(up({ url: database.url, directory, to: 'V7' })).rejects.toMatchObject({
      code: 'unknown_version',
      exitCode: 2,
      remedy: expect.stringContaining('V1 to V2'),
    });
  });

  test('tells what happens while it happens', async ({ database }) => {
    const events: RunEvent[] = [];
    await up({ url: database.url, directory: await folderWith(two), onEvent: (event) => events.push(event) });
    expect(events.map((event) => ('name' in event ? `${event.kind} ${event.name}` : event.kind))).toEqual([
      'started V1',
      'finished V1',
      'started V2.add_two',
      'finished V2.add_two',
    ]);
  });

  test('puts nothing into public, and its history is readable only by who is granted it', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(two) });
    expect(await tablesOf(database)).toEqual(['one', 'two']);
    expect(
      await database.value(`select array_agg(grantee::text) from (
        select (aclexplode(relacl)).grantee::regrole from pg_class where relname = 'history' and relnamespace = 'voicesurvey_migrations'::regnamespace
      ) grants where grantee::text = '-'`),
    ).toBeNull();
  });
});

describe('a migration that fails', () => {
  const broken = {
    ...two,
    'V2.add_two.up.sql': 'create table two (id integer);\n\ninsert into two\nvalues (wrong);\n',
  };

  test('leaves nothing behind, what came before it stands, and the error says where', async ({
    database,
  }) => {
    const directory = await folderWith({
      ...broken,
      'V3.up.sql': 'create table three ();',
      'V3.down.sql': 'drop table three',
    });
    const error = await up({ url: database.url, directory }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'migration_failed',
      exitCode: 1,
      server: { sqlState: '42703' },
      location: { file: join(directory, 'V2.add_two.up.sql'), line: 4, column: 9 },
      results: [
        { version: 'V1', status: 'applied' },
        { version: 'V2', status: 'failed' },
        { version: 'V3', status: 'not_reached' },
      ],
    });
    expect(await tablesOf(database)).toEqual(['one']);
    expect(await status({ url: database.url, directory })).toMatchObject({ current: 'V1' });
  });

  test('can be corrected and run again', async ({ database }) => {
    const directory = await folderWith(broken);
    await expect(up({ url: database.url, directory })).rejects.toThrow();
    await addFiles(directory, two);
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [{ version: 'V2' }] });
  });

  test('with a file that cannot be parsed runs nothing at all, not even what stands before it', async ({
    database,
  }) => {
    const directory = await folderWith({ ...two, 'V2.add_two.up.sql': 'create tabel two ();' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'syntax_error' });
    expect(await tablesOf(database)).toEqual([]);
    expect(await database.value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
  });

  test.for([
    ['that cannot be parsed', 'drop table one;\n  drop tabel two;', 'syntax_error', 2, 8],
    ['with a command of psql', '\\d two\n', 'syntax_error', 1, 1],
    ['that commits', 'drop table two;\ncommit;\nselect 1;', 'transaction_command', 2, 1],
    ['with what needs no transaction', 'drop index concurrently i;', 'needs_no_transaction', 1, 1],
  ] as const)('with a down %s runs nothing at all (E15)', async ([, text, code, line, column], {
    database,
  }) => {
    const directory = await folderWith({ ...two, 'V2.add_two.down.sql': text });
    const file = join(directory, 'V2.add_two.down.sql');
    const refusal = { code, location: { file, line, column } };
    await expect(up({ url: database.url, directory })).rejects.toMatchObject(refusal);
    await expect(up({ url: database.url, directory, dryRun: true })).rejects.toMatchObject(refusal);
    expect(await tablesOf(database)).toEqual([]);
    expect(await database.value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
    expect(await up({ url: database.url, directory, to: 'V1' })).toMatchObject({ current: 'V1' });
  });

  test('at a deferred constraint is known as that migration', async ({ database }) => {
    const directory = await folderWith({
      ...two,
      'V2.add_two.up.sql':
        'create table two (id integer primary key, other integer references two deferrable initially deferred);\n' +
        'insert into two values (1, 7);',
    });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      server: { sqlState: '23503', detail: expect.not.stringContaining('7') },
      location: { line: 2 },
    });
    expect(await tablesOf(database)).toEqual(['one']);
  });
});

describe('files and history', () => {
  test('an older file that was merged late is an error that names both (E12)', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': two['V1.up.sql'],
      'V1.down.sql': 'drop table one',
      'V3.up.sql': '',
      'V3.down.sql': '',
    });
    await up({ url: database.url, directory });
    await addFiles(directory, { 'V2.up.sql': 'create table two ();', 'V2.down.sql': 'drop table two;' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'out_of_order',
      message: expect.stringMatching(/V2 is older than V3/),
    });
    expect(await up({ url: database.url, directory, allowOutOfOrder: true })).toMatchObject({
      applied: [{ version: 'V2' }],
      current: 'V3',
    });
  });

  test('a changed file is an error that names it and says how to go on (E14)', async ({ database }) => {
    const directory = await folderWith(two);
    await up({ url: database.url, directory });
    await addFiles(directory, { 'V1.up.sql': two['V1.up.sql'].replaceAll('\n', '\r\n') });
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [] });
    await addFiles(directory, { 'V1.up.sql': 'create table one (id bigint);' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'file_changed',
      message: expect.stringContaining('V1.up.sql'),
      remedy: expect.stringContaining('repair'),
    });
  });

  test('a release that is older than the database says so and stops', async ({ database }) => {
    const directory = await folderWith(two);
    await up({ url: database.url, directory });
    await rm(join(directory, 'V2.add_two.up.sql'));
    await rm(join(directory, 'V2.add_two.down.sql'));
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'file_missing',
      message: expect.stringContaining('V2.add_two'),
    });
  });
});

describe('what a file sets ends with it (E17)', () => {
  const directoryWith = (sql: string): Promise<string> =>
    folderWith({
      'V1.up.sql': sql,
      'V1.down.sql': '',
      'V2.up.sql': `create table settings as
        select current_setting('search_path') as path, current_user = session_user as ourselves,
          current_setting('work_mem') as memory, to_regclass('pg_temp.scratch') is null as clean,
          (select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1 and pid = pg_backend_pid())::int as locks`,
      'V2.down.sql': '',
    });

  test.for([
    ['search_path', 'create schema other; set search_path = other;'],
    ['a role', 'set role pg_monitor;'],
    ['a session authorization', 'set session authorization pg_monitor;'],
    ['a setting', "set work_mem = '77MB';"],
    ['a temporary table', 'create temporary table scratch (id integer);'],
    ['a session lock', 'select pg_advisory_lock(1);'],
  ] as const)('%s', async ([, sql], { database }) => {
    await up({ url: database.url, directory: await directoryWith(sql) });
    expect(await database.rows('select * from public.settings')).toEqual([
      { path: '"$user", public', ourselves: true, memory: '4MB', clean: true, locks: 0 },
    ]);
  });
});

describe('a no-transaction file (E9)', () => {
  const files = {
    'V1.up.sql': two['V1.up.sql'],
    'V1.down.sql': 'drop table one;',
    'V2.up.sql':
      "-- migrate: no-transaction\nset work_mem = '9MB';\ncreate index concurrently one_by_id on one (id);\n" +
      "create table two as select current_setting('work_mem') as memory;\ncreate index concurrently two_by_memory on two (memory);",
    'V2.down.sql':
      '-- migrate: no-transaction\ndrop index concurrently two_by_memory;\ndrop table two;\ndrop index concurrently one_by_id;',
  };

  test('runs up and down, any number of statements', async ({ database }) => {
    const directory = await folderWith(files);
    const { down } = await import('../../src/migrate/down.js');
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
    expect(await database.value('select memory from two')).toBe('9MB');
    expect(
      await database.value('select unfinished from voicesurvey_migrations.history where version = 2'),
    ).toBeNull();
    await down({ url: database.url, directory, lose: ['two'], lostFolder: await folderWith() });
    expect(await tablesOf(database)).toEqual(['one']);
  });

  test('stands, after a failure, at a whole prefix, and goes on from there with its settings', async ({
    database,
  }) => {
    const broken = files['V2.up.sql'].replace('on two (memory)', 'on two (wrong)');
    const directory = await folderWith({ ...files, 'V2.up.sql': broken });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ location: { line: 5 } });
    expect(await tablesOf(database)).toEqual(['one', 'two']);
    expect(
      await database.rows(
        'select unfinished, statements_done from voicesurvey_migrations.history where version = 2',
      ),
    ).toEqual([{ unfinished: 'up', statements_done: 3 }]);
    expect(await status({ url: database.url, directory })).toMatchObject({
      upToDate: false,
      migrations: [{ state: 'applied' }, { state: 'unfinished' }],
    });
    await addFiles(directory, {
      'V2.up.sql': broken
        .replace('on two (wrong)', "on two (memory) where current_setting('work_mem') is not null")
        .replace(/ where.*$/, ''),
    });
    expect(await up({ url: database.url, directory })).toMatchObject({
      applied: [{ version: 'V2' }],
      current: 'V2',
    });
    expect(await database.value("select to_regclass('two_by_memory')::text")).toBe('two_by_memory');
  });

  test('is refused when what is done was changed in the file', async ({ database }) => {
    const broken = files['V2.up.sql'].replace('on two (memory)', 'on two (wrong)');
    const directory = await folderWith({ ...files, 'V2.up.sql': broken });
    await expect(up({ url: database.url, directory })).rejects.toThrow();
    await addFiles(directory, { 'V2.up.sql': files['V2.up.sql'].replace('9MB', '8MB') });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'prefix_changed' });
  });
});

test('20 parallel ups on an empty database all succeed and apply each migration once (E1)', async ({
  database,
}) => {
  const directory = await folderWith({
    ...two,
    'V3.up.sql': 'create table three (id integer); select pg_sleep(0.1);',
    'V3.down.sql': 'drop table three;',
  });
  const results = await Promise.all(Array.from({ length: 20 }, () => up({ url: database.url, directory })));
  expect(results.every(({ current }) => current === 'V3')).toBe(true);
  expect(results.flatMap(({ applied }) => applied.map(({ version }) => version)).sort()).toEqual([
    'V1',
    'V2',
    'V3',
  ]);
});

test('a database that does not exist is created when asked for, and named when not', async ({ database }) => {
  const name = `${database.name}_new`;
  const url = withDatabaseName(database.url, name);
  const directory = await folderWith(two);
  await expect(up({ url, directory })).rejects.toMatchObject({
    code: 'database_missing',
    remedy: expect.stringContaining('`up({ create: true })`'),
  });
  expect(await up({ url, directory, create: true })).toMatchObject({ created: true, current: 'V2' });
  expect(await up({ url, directory, create: true })).toMatchObject({ created: false, applied: [] });
  await dropDatabase(database.url, name);
});

test('a role that may not create schemas or tables gets the grant to ask for', async ({ database }) => {
  const role = `${database.name}_poor`;
  await database.client.query(`create role ${role} login password 'secret'`);
  try {
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    const error = await up({ url: url.href, directory: await folderWith(two) }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({
      code: 'may_not_create',
      remedy: expect.stringContaining('grant create on database'),
    });
    expect(JSON.stringify(error)).not.toContain('secret');
  } finally {
    await database.client.query(`drop role ${role}`);
  }
});

test('strings end where the parser ends them, whatever the database says', async ({ database }) => {
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
