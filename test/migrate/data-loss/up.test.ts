import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { restore } from '../../../src/migrate/restore.js';
import { up } from '../../../src/migrate/up.js';
import { runCli } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { versionsOf } from '../../support/migrations.js';
import { until } from '../../support/until.js';
import { untilWaiting } from '../../support/until-waiting.js';
import { prepare } from './up-tables.js';

describe('an up of several files', () => {
  const files = {
    'V2.up.sql': 'create table two ();',
    'V3.up.sql': 'alter table "Pet" drop column name;',
    'V4.up.sql': 'drop table visits;',
    'V5.up.sql': 'drop table wrong;',
  };

  test('is refused before the first one, with the losses of all of them', async ({ database }) => {
    const options = await prepare(database, { ...files, 'V5.up.sql': 'select 1;' });
    await expect(up(options)).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ name: '"Pet".name' }, { name: 'visits' }],
    });
    expect(await versionsOf(database)).toEqual([1]);
  });

  test('is refused at the file that deletes, if the rehearsal cannot reach it in time', async ({
    database,
  }) => {
    const options = await prepare(database, {
      ...files,
      'V2.up.sql': 'select pg_sleep(2.5);',
      'V5.up.sql': 'select 1;',
    });
    await expect(up(options)).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ name: '"Pet".name' }, { name: 'visits' }],
      remedy: expect.stringMatching(
        /^V3 was not applied\. Migrations that were applied before it stay applied\./,
      ),
    });
    expect(await versionsOf(database)).toEqual([1, 2]);
    expect(await up({ ...options, lose: ['"Pet"', 'visits'] })).toMatchObject({
      losses: [{ name: '"Pet".name' }, { name: 'visits' }],
    });
  });

  test('applies the files before one that fails', async ({ database }) => {
    const options = await prepare(database, files);
    await expect(up({ ...options, lose: ['"Pet".name', 'visits'] })).rejects.toMatchObject({
      code: 'migration_failed',
      location: { line: 1 },
    });
    expect(await versionsOf(database)).toEqual([1, 2, 3, 4]);
    expect((await readdir(options.backupFolder)).map((name) => name.slice(-2)).sort()).toEqual([
      'V3',
      'V4',
      're',
    ]);
  });

  test('rehearses no file that uses a label which an earlier one adds, and applies both', async ({
    database,
  }) => {
    const options = await prepare(database, {
      'V2.up.sql': "alter type mood add value 'odd';",
      'V3.up.sql': `update "Pet" set mood = 'odd'; drop table visits;`,
    });
    await expect(up(options)).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ name: 'visits' }],
    });
    expect(await up({ ...options, lose: ['visits'] })).toMatchObject({
      losses: [{ name: 'visits', count: 1 }],
    });
  });

  test('deletes nothing if it is interrupted during the rehearsal', async ({ database }) => {
    const options = await prepare(database, { 'V2.up.sql': 'select pg_sleep(1.5); drop table visits;' });
    const controller = new AbortController();
    const interrupted = up({ ...options, lose: ['visits'], signal: controller.signal });
    await until(async () =>
      Boolean(
        await database.value(
          "select exists (select from pg_stat_activity where query like '%pg_sleep(1.5)%' and pid <> pg_backend_pid() and state = 'active')",
        ),
      ),
    );
    controller.abort();
    await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' });
    expect(await versionsOf(database)).toEqual([1]);
  });
});

describe('the backup of an up', () => {
  test('is restored after the file is rolled back, and not before', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': `alter table "Pet" drop column name, alter code type varchar(3) using code::varchar(3);
        delete from visits;`,
      'V2.down.sql': 'alter table "Pet" add column name text, alter code type varchar(10);',
    });
    const rows = () =>
      database.rows(
        'select id, name, code, (select count(*)::integer from visits) as visits from "Pet" order by id',
      );
    const before = await rows();
    const { losses } = await up({ ...options, lose: ['"Pet"', 'visits'] });
    const folder = dirname(losses[0]?.file ?? '');
    await expect(restore({ url: options.url, folder })).rejects.toMatchObject({
      code: 'restore_refused',
      message: expect.stringContaining('V2, which deleted the data, is still applied'),
    });
    expect(await readFile(join(folder, 'restore.sql'), 'utf8')).toContain('\n-- voicesurvey-db down --dir ');
    await down(options);
    await restore({ url: options.url, folder });
    await restore({ url: options.url, folder });
    expect(await rows()).toEqual(before);
  });

  test.for([
    ['READ COMMITTED', 'drop table visits;'],
    ['REPEATABLE READ', 'begin isolation level repeatable read; drop table visits; commit;'],
  ] as const)('has the rows that another session writes until the deletion, in %s', async ([, text], {
    database,
  }) => {
    const options = await prepare(database, { 'V2.up.sql': 'select pg_sleep(0.7);', 'V3.up.sql': text });
    let written: Promise<unknown> | undefined;
    const applied = up({
      ...options,
      lose: ['visits'],
      // The rehearsal reports no start, so the writer begins after it.
      onEvent: (event) => {
        if (event.kind === 'started' && event.name === 'V2')
          written = database.client.query('begin; insert into visits values (2, 2)');
      },
    });
    await until(() => written !== undefined);
    await written;
    await untilWaiting(database);
    await database.client.query('commit');
    const { losses } = await applied;
    expect(losses).toMatchObject([{ name: 'visits', count: 2 }]);
    expect(await readFile(losses[0]?.file ?? '', 'utf8')).toBe('id\tpet\n1\t1\n2\t2\n');
  });

  test('is made for a no-transaction file as well', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': `-- migrate: no-transaction
        create index concurrently by_pet on visits (pet);
        drop index concurrently by_pet;
        drop table visits;`,
    });
    await expect(up(options)).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ name: 'visits' }],
    });
    expect(await versionsOf(database)).toEqual([1]);
    expect(await up({ ...options, lose: ['visits'] })).toMatchObject({
      losses: [{ name: 'visits', count: 1 }],
    });
  });
});

describe('the option "lose" of up', () => {
  test('is a usage error if it names existing data that is not deleted', async ({ database }) => {
    const options = await prepare(database, { 'V2.up.sql': 'create table n ();' });
    await expect(up({ ...options, lose: ['visits'] })).rejects.toMatchObject({
      code: 'nothing_to_lose',
      exitCode: 2,
    });
    await expect(up({ ...options, lose: ['gone'] })).rejects.toMatchObject({
      code: 'nothing_to_lose',
      remedy: 'Remove option `lose`: this run deletes no data.',
    });
    expect(await versionsOf(database)).toEqual([1]);
  });

  test('is a usage error if it names what no migration has, with the names of the data at risk', async ({
    database,
  }) => {
    const options = await prepare(database, { 'V2.up.sql': 'drop table visits;' });
    await expect(up({ ...options, lose: ['visit'] })).rejects.toMatchObject({
      code: 'nothing_to_lose',
      exitCode: 2,
      message: 'This run does not delete what was named: visit.',
      remedy: 'Name only data that it deletes: visits.',
    });
    expect(await versionsOf(database)).toEqual([1]);
    expect(await up({ ...options, lose: ['visits'] })).toMatchObject({ current: 'V2' });
  });

  test('may be repeated after the data is deleted, and given to an empty database, but not with a typo', async ({
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith({
      'V1.up.sql': 'create table visits (id integer);',
      'V1.down.sql': 'drop table visits;',
      'V2.up.sql': 'drop table visits;',
      'V2.down.sql': 'create table visits (id integer);',
    });
    const refused = { code: 'nothing_to_lose', exitCode: 2 };
    await expect(up({ url, directory, lose: ['visit'] })).rejects.toMatchObject(refused);
    expect(await up({ url, directory, to: 'V1', lose: ['visits'] })).toMatchObject({ current: 'V1' });
    await client.query('insert into visits values (1)');
    const backupFolder = await folderWith();
    const lose = ['visits', 'public.visits'];
    await up({ url, directory, backupFolder, lose });
    expect(await up({ url, directory, lose })).toMatchObject({ applied: [] });
    await expect(up({ url, directory, lose: ['visit'] })).rejects.toMatchObject(refused);
  });
});

test('the command up refuses with exit code 4, and --dry-run and --lose say what would be and is deleted', async ({
  database,
}) => {
  const { directory } = await prepare(database, { 'V2.up.sql': 'drop table visits;' });
  const cwd = await folderWith();
  const run = (...args: readonly string[]) =>
    runCli(['up', '--dir', directory, ...args], { env: { DATABASE_URL: database.url }, cwd });
  const refused = await run();
  expect([refused.code, refused.stderr]).toEqual([
    4,
    expect.stringMatching(
      /^error: This would delete data:\n {2}V2 {2}table visits: 1 row\nserver: [^\n]*\nNothing was applied\. To delete this data, add `--lose visits`, /,
    ),
  ]);
  const dry = await run('--dry-run');
  expect([dry.code, dry.stderr]).toEqual([
    0,
    expect.stringContaining('It would delete data:\n  V2  table visits: 1 row\n'),
  ]);
  const { code, stdout, stderr } = await run('--lose', 'visits');
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/To restore the data, run `voicesurvey-db restore voicesurvey-backup\/\S+-V2`\./),
  ]);
  expect(stderr).toContain('backed up to voicesurvey-backup/');
});

test('an up whose losses are found when it runs lists all of them, however many there are', async ({
  database,
}) => {
  const names = Array.from({ length: 100 }, (_, index) => `a_table_with_a_long_name_${index}`);
  const options = await prepare(database, {
    'V2.up.sql': names.map((name) => `create table ${name} as select 1 as id;`).join('\n'),
    'V3.up.sql': `select pg_sleep(2.5);\n${names.map((name) => `delete from ${name};`).join('\n')}`,
  });
  await expect(up(options)).rejects.toMatchObject({
    code: 'would_lose_data',
    losses: { length: 100 },
  });
});

test('an up that drops an attribute of a type is refused if a table of that type has values in it', async ({
  database,
}) => {
  const options = await prepare(database, {
    'V2.up.sql': 'create type address as (street text, zip text); create table homes of address;',
    'V3.up.sql': 'alter type address drop attribute zip cascade;',
  });
  await up({ ...options, to: 'V2' });
  await database.client.query("insert into homes values ('Via Roma', '20100')");
  await expect(up(options)).rejects.toMatchObject({
    code: 'would_lose_data',
    losses: [{ name: 'homes.zip', count: 1 }],
  });
});

describe('track_counts = off, with which the server counts no deleted rows,', () => {
  const files = { 'V2.up.sql': 'delete from visits;' };

  test('does not hide from a superuser what an up deletes', async ({ database }) => {
    const options = await prepare(database, files);
    await database.client.query(`alter database ${database.name} set track_counts = off`);
    await expect(up(options)).rejects.toMatchObject({
      code: 'would_lose_data',
      losses: [{ name: 'visits', count: 1 }],
    });
  });

  test('stops an up and a down of a role that may not change it', async ({ database }) => {
    const { client, name } = database;
    const role = `${name}_deploy`;
    const url = new URL(database.url);
    Object.assign(url, { username: role, password: 'secret' });
    await client.query(
      `create role ${role} login password 'secret'; grant create on database ${name} to ${role}; grant create on schema public to ${role}`,
    );
    try {
      const options = await prepare({ ...database, url: url.href }, files);
      await client.query(`alter database ${name} set track_counts = off`);
      const refusal = {
        code: 'deletions_uncounted',
        remedy: expect.stringMatching(
          `^Ask a superuser to run: alter database "${name}" reset track_counts;`,
        ),
      };
      await expect(up(options)).rejects.toMatchObject(refusal);
      await expect(down(options)).rejects.toMatchObject(refusal);
      expect(await database.value('select count(*)::integer from visits')).toBe(1);
    } finally {
      await client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test('in a file does not hide what it deletes', async ({ database }) => {
    const options = await prepare(database, { 'V2.up.sql': 'set track_counts = off; delete from visits;' });
    await expect(up(options)).rejects.toMatchObject({ code: 'deletions_uncounted' });
    expect(await database.value('select count(*)::integer from visits')).toBe(1);
  });
});
