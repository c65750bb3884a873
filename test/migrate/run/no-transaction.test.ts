import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { tablesOf } from '../../support/migrations.js';

describe('a no-transaction file (E9)', () => {
  const files = {
    'V1.up.sql': 'create table one (id integer);',
    'V1.down.sql': 'drop table one;',
    'V2.up.sql':
      "-- migrate: no-transaction\nset work_mem = '9MB';\ncreate index concurrently one_by_id on one (id);\n" +
      "create table two as select current_setting('work_mem') as memory;\ncreate index concurrently two_by_memory on two (memory);",
    'V2.down.sql':
      '-- migrate: no-transaction\ndrop index concurrently two_by_memory;\ndrop table two;\ndrop index concurrently one_by_id;',
  };
  const broken = files['V2.up.sql'].replace('on two (memory)', 'on two (wrong)');

  test('runs up and down, with any number of statements', async ({ database }) => {
    const directory = await folderWith(files);
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
    expect(await database.value('select memory from two')).toBe('9MB');
    expect(
      await database.value('select unfinished from voicesurvey_migrations.history where version = 2'),
    ).toBeNull();
    await down({ url: database.url, directory, lose: ['two'], backupFolder: await folderWith() });
    expect(await tablesOf(database)).toEqual(['one']);
  });

  test.for([
    "set work_mem = '9MB'",
    "select set_config('work_mem', '9MB', false)",
  ])('that fails keeps the statements before the failed one, and the next up resumes there with its setting: %s', async (setting, {
    database,
  }) => {
    const failing = broken.replace("set work_mem = '9MB'", setting);
    const directory = await folderWith({ ...files, 'V2.up.sql': failing });
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
    const resumed = failing.replace(
      'create index concurrently two_by_memory on two (wrong)',
      "create table seen as select current_setting('work_mem') as memory",
    );
    await addFiles(directory, { 'V2.up.sql': resumed });
    expect(await up({ url: database.url, directory })).toMatchObject({
      applied: [{ version: 'V2' }],
      current: 'V2',
    });
    expect(await database.value('select memory from seen')).toBe('9MB');
  });

  test('is refused if its committed statements were changed in the file', async ({ database }) => {
    const directory = await folderWith({ ...files, 'V2.up.sql': broken });
    await expect(up({ url: database.url, directory })).rejects.toThrow();
    await addFiles(directory, { 'V2.up.sql': files['V2.up.sql'].replace('9MB', '8MB') });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'prefix_changed' });
  });

  test('that sets another role is recorded by the role that connected, and goes on as the other one', async ({
    database,
  }) => {
    const { client, name, url } = database;
    const role = `${name}_app`;
    await client.query(`create role ${role}; grant create on schema public to ${role}`);
    try {
      const directory = await folderWith({
        'V1.up.sql': `-- migrate: no-transaction
set role ${role}; create table one (id integer); create index concurrently i on one (id); create table two (id integer);`,
        'V1.down.sql': 'drop table one, two;',
      });
      expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
      expect(
        await database.rows(
          "select relname, relowner::regrole::text as owner from pg_class where relname in ('one', 'two') order by 1",
        ),
      ).toEqual([
        { relname: 'one', owner: role },
        { relname: 'two', owner: role },
      ]);
    } finally {
      await client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test('that sets synchronous_commit = off ends with a commit that waits for the disk as the role demands', async ({
    database: { url, client, value },
  }) => {
    const first = { 'V1.up.sql': 'select 1;', 'V1.down.sql': 'select 1;' };
    await up({ url, directory: await folderWith(first) });
    await client.query(`create table public.seen (id integer generated always as identity, commits text);
      create function see() returns trigger language plpgsql as
        $$begin insert into public.seen (commits) values (current_setting('synchronous_commit')); return null; end$$;
      create trigger see after insert or update on voicesurvey_migrations.history for each row execute function see()`);
    await up({
      url,
      directory: await folderWith({
        ...first,
        'V2.up.sql': '-- migrate: no-transaction\nset synchronous_commit = off;\nselect 1;',
        'V2.down.sql': 'select 1;',
      }),
    });
    expect(await value('select commits from seen order by id desc limit 1')).toBe('on');
  });
});

describe('a new value of an enum (E10)', () => {
  const mood = {
    'V1.up.sql': "create type mood as enum ('old'); create table moods (m mood);",
    'V1.down.sql': 'drop table moods; drop type mood;',
  };

  test('can be added and used in one no-transaction file', async ({ database }) => {
    const directory = await folderWith({
      ...mood,
      'V2.up.sql': `-- migrate: no-transaction
      create table before (a integer);
      alter type mood add value 'new';
      insert into moods values ('new');
      alter type mood add value if not exists 'newer';
      insert into moods values ('newer');`,
      'V2.down.sql': 'truncate moods; drop table before;',
    });
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
    expect(await database.rows('select m from moods order by m')).toEqual([{ m: 'new' }, { m: 'newer' }]);
  });

  test('can be added in one migration and used in the next, in one up', async ({ database }) => {
    const directory = await folderWith({
      ...mood,
      'V2.up.sql': "alter type mood add value 'new';",
      'V2.down.sql': '',
      'V3.up.sql': "insert into moods values ('new');",
      'V3.down.sql': '',
    });
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V3' });
  });

  test('cannot be used by dynamic SQL of the transaction that adds it, and the error says what to do', async ({
    database,
  }) => {
    const directory = await folderWith({
      ...mood,
      'V2.up.sql':
        "alter type mood add value 'new'; do $$ begin execute 'insert into moods values (''n' || 'ew'')'; end $$;",
      'V2.down.sql': '',
    });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      server: { sqlState: '55P04' },
      remedy: expect.stringContaining('in a separate migration, with the next version'),
    });
  });
});
