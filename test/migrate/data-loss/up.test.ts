import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { restore } from '../../../src/migrate/restore.js';
import { type UpOptions, up } from '../../../src/migrate/up.js';
import { runCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { versionsOf } from '../../support/migrations.js';
import { until } from '../../support/until.js';

const TABLES = `create type mood as enum ('good', 'bad');
create table "Pet" (id integer primary key, name text, mood mood, code varchar(10), weight numeric(6, 3),
  born timestamptz, size double precision, tags text[], doc json, empty text);
create table visits (id integer primary key, pet integer references "Pet" on delete cascade);
create table nothing (id integer primary key, note text);
alter table "Pet" add third double precision, add long text;
create collation plain from "C";
create view pair as select 1 as one, 2 as two;
create table keyed (id integer primary key, note text collate plain, pair pair);
create function half(integer) returns integer language sql immutable return $1 / 2;
create table parted (id integer) partition by range (half(id));
create table parted_1 partition of parted default;`;

const ROWS = `insert into "Pet" values
  (1, 'Rex', 'good', 'abcdef', 1.125, '2026-01-01 12:00+00', 0.1, '{ab,cd}', '{"a":  1}'),
  (2, null, 'bad', 'abc', 2.5, '2026-01-02 00:00+00', 0.5, '{}', null);
update "Pet" set third = 0.1::double precision + 0.2, long = repeat('long', 20);
insert into visits values (1, 1);
insert into keyed values (1, 'a', row(1, 2));
insert into parted values (1);`;

/** An up of V2 on tables with rows: its text, and the data that it deletes. */
const DELETES: Record<string, readonly [string, ...(readonly [string, number, string])[]]> = {
  'a table': ['drop table visits', ['table visits', 1, 'visits']],
  'a table, in a schema of its own path': [
    'set search_path = public; drop table if exists visits cascade',
    ['table visits', 1, 'visits'],
  ],
  'a column': ['alter table "Pet" drop column name', ['column "Pet".name', 1, '"Pet".name']],
  'rows, by a truncate': ['truncate visits', ['rows of table visits', 1, 'visits']],
  'rows, by a truncate that cascades': [
    'truncate "Pet" cascade',
    ['rows of table "Pet"', 2, '"Pet"'],
    ['rows of table visits', 1, 'visits'],
  ],
  'rows, by a delete that cascades': [
    'delete from "Pet" where id = 1',
    ['rows of table "Pet"', 1, '"Pet"'],
    ['rows of table visits', 1, 'visits'],
  ],
  'rows, by a delete in a query': [
    'create table old as with gone as (delete from visits returning *) select * from gone',
    ['rows of table visits', 1, 'visits'],
  ],
  'rows, by a merge': [
    'merge into visits using nothing on true when matched then do nothing; merge into visits using "Pet" on pet = "Pet".id when matched then delete',
    ['rows of table visits', 1, 'visits'],
  ],
  'columns, by a type that is dropped': ['drop type mood cascade', ['column "Pet".mood', 2, '"Pet".mood']],
  'a table, in a do block': [
    `do $$ begin execute format('drop table %I', 'visits'); end $$`,
    ['table visits', 1, 'visits'],
  ],
  'a table that is created again': [
    'drop table if exists visits; create table visits (id integer)',
    ['table visits', 1, 'visits'],
  ],
  'texts that a shorter type cuts off': [
    'alter table "Pet" alter code type varchar(3) using code::varchar(3)',
    ['column "Pet".code as character varying(3)', 1, '"Pet".code'],
  ],
  'digits of numbers': [
    'alter table "Pet" alter weight type numeric(6, 1)',
    ['column "Pet".weight as numeric(6,1)', 1, '"Pet".weight'],
  ],
  'all digits of numbers': [
    'alter table "Pet" alter weight type integer',
    ['column "Pet".weight as integer', 2, '"Pet".weight'],
  ],
  'the precision of numbers': [
    'alter table "Pet" alter size type real',
    ['column "Pet".size as real', 1, '"Pet".size'],
  ],
  'times of day': [
    'set timezone = \'UTC\'; alter table "Pet" alter born type date',
    ['column "Pet".born as date', 1, '"Pet".born'],
  ],
  'elements of arrays': [
    'alter table "Pet" alter tags type varchar(1)[] using tags::varchar(1)[]',
    ['column "Pet".tags as character varying(1)[]', 1, '"Pet".tags'],
  ],
  'values, by an expression': [
    'alter table "Pet" alter name type text using left(name, 1)',
    ['column "Pet".name in its new form', 1, '"Pet".name'],
  ],
  'values, by an expression in a do block': [
    `do $$ begin alter table "Pet" alter size type integer using round(size); end $$`,
    ['column "Pet".size in its new form', 2, '"Pet".size'],
  ],
  'labels that an expression replaces, by labels of an enum of another name': [
    `create type temper as enum ('good');
    alter table "Pet" alter mood type temper using 'good'::temper; drop type mood`,
    ['column "Pet".mood in its new form', 2, '"Pet".mood'],
  ],
  'labels that an expression replaces, by labels of the same enum': [
    `alter table "Pet" alter mood type mood using 'good'`,
    ['column "Pet".mood in its new form', 2, '"Pet".mood'],
  ],
  'values, by an expression before the column and the table get other names': [
    'alter table "Pet" alter name type text using null; alter table "Pet" rename name to title; alter table "Pet" rename to pets',
    ['column "Pet".name in its new form', 1, '"Pet".name'],
  ],
  'values, by an expression before the table moves to another schema': [
    'create schema zoo; alter table public."Pet" alter name type text using null; alter table "Pet" set schema zoo',
    ['column "Pet".name in its new form', 1, '"Pet".name'],
  ],
  'values that a first change of the type cuts off, and a second one hides': [
    'alter table "Pet" alter code type varchar(3) using code::varchar(3); alter table "Pet" alter code type varchar(10)',
    ['column "Pet".code in its new form', 2, '"Pet".code'],
  ],
  'digits of floating-point numbers that become exact ones': [
    'alter table "Pet" alter third type numeric',
    ['column "Pet".third as numeric', 2, '"Pet".third'],
  ],
  'texts that become names': [
    'alter table "Pet" alter long type name',
    ['column "Pet".long as name', 2, '"Pet".long'],
  ],
  'a column, by a collation that is dropped': [
    'drop collation plain cascade',
    ['column keyed.note', 1, 'keyed.note'],
  ],
  'a column, by a view that is dropped in a do block': [
    'do $$ begin drop view pair cascade; end $$',
    ['column keyed.pair', 1, 'keyed.pair'],
  ],
  'a table, by the function of its partition key that is dropped': [
    'drop function half cascade',
    ['table parted', 1, 'parted'],
  ],
  'rows, in a do block with a comment in the statement': [
    'do $$ begin delete /* all */ from visits; end $$',
    ['rows of table visits', 1, 'visits'],
  ],
  'values that PostgreSQL converts only after a correction': [
    `update "Pet" set name = '1' where name = 'Rex'; alter table "Pet" alter name type integer using name::integer`,
    ['column "Pet".name in its new form', 1, '"Pet".name'],
  ],
};

const DELETES_NOTHING: Record<string, string> = {
  'drops an empty table, and a column of nulls':
    'drop table nothing; alter table "Pet" drop column empty; delete from visits where id = 2',
  'widens types':
    'alter table "Pet" alter id type bigint, alter code type varchar(20), alter weight type numeric(9, 4), alter size type numeric',
  'narrows a type that every value fits':
    'alter table "Pet" alter code type varchar(6), alter tags type varchar(2)[]',
  'makes texts of values, and json of json':
    'alter table "Pet" alter code type text, alter mood type text using mood::text, alter doc type jsonb',
  'makes labels of texts, of an enum that it creates': `create type code as enum ('abc', 'abcdef');
    alter table "Pet" alter code type code using code::code`,
  'replaces an enum by one of another name that has all labels': `create type temper as enum ('bad', 'good', 'odd');
    alter table "Pet" alter mood type temper using mood::text::temper; drop type mood`,
  'replaces an enum by way of text': `alter table "Pet" alter mood type text; drop type mood;
    create type mood as enum ('bad', 'good'); alter table "Pet" alter mood type mood using mood::mood`,
  'drops a view, and a view that depends on it': `create view one as select 1 as id; create view two as table one;
    drop view one cascade`,
  'deletes from tables that it creates':
    'create table more (id integer); insert into more values (1); delete from more; drop table more; create temporary table t as select 1; drop table t',
  'drops a constraint, an index, a view, a trigger and a function': `create index by_pet on visits (pet);
    create view v as select * from visits; create function f() returns integer language sql return 1;
    drop view v; drop index by_pet; drop function f(); alter table visits drop constraint visits_pet_fkey`,
  'creates a function that deletes': `create function purge() returns void language sql begin atomic delete from visits; end`,
};

async function prepare(
  { url, client }: TestDatabase,
  files: Readonly<Record<string, string>>,
): Promise<Pick<UpOptions, 'url' | 'directory'> & { readonly backupFolder: string }> {
  const directory = await folderWith({
    'V1.up.sql': TABLES,
    'V1.down.sql': 'drop table nothing, visits, "Pet", keyed, parted; drop type mood;',
    ...Object.fromEntries(
      Object.keys(files)
        .filter((name) => name.endsWith('.up.sql') && !(name.replace('.up.', '.down.') in files))
        .map((name) => [name.replace('.up.', '.down.'), 'select 1;']),
    ),
    ...files,
  });
  await up({ url, directory, to: 'V1' });
  await client.query(ROWS);
  return { url, directory, backupFolder: join(await folderWith(), 'backup') };
}

describe('an up that deletes', () => {
  for (const [name, [text, ...loses]] of Object.entries(DELETES)) {
    test(`${name} is refused until the option "lose" names it`, async ({ database }) => {
      const options = await prepare(database, { 'V2.up.sql': text });
      const losses = loses.map(([what, count, as]) => ({ version: 'V2', what, count, name: as, file: null }));
      await expect(up(options)).rejects.toMatchObject({
        code: 'would_lose_data',
        exitCode: 4,
        losses,
        remedy: expect.stringMatching(/^Nothing was applied\. .*-- check: allow deletes-data <reason>/),
      });
      expect(await versionsOf(database)).toEqual([1]);
      await expect(readdir(options.backupFolder)).rejects.toMatchObject({ code: 'ENOENT' });
      const { losses: lost } = await up({ ...options, lose: loses.map(([, , as]) => as) });
      expect(lost).toMatchObject(losses.map(({ file, ...loss }) => loss));
      expect(await versionsOf(database)).toEqual([1, 2]);
    });
  }
});

describe('an up needs no option if it', () => {
  for (const [name, text] of Object.entries(DELETES_NOTHING)) {
    test(name, async ({ database }) => {
      const options = await prepare(database, { 'V2.up.sql': text });
      expect(await up(options)).toMatchObject({ current: 'V2', losses: [] });
      await expect(readdir(options.backupFolder)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  }

  test('applies all files to an empty database, also those that delete what others have inserted', async ({
    database: { url },
  }) => {
    const directory = await folderWith({
      'V1.up.sql': TABLES,
      'V1.down.sql': 'drop table nothing, visits, "Pet"; drop type mood;',
      'V2.up.sql': 'alter table visits drop column pet; truncate nothing; drop table "Pet";',
      'V2.down.sql': 'select 1;',
      'V3.up.sql': "insert into nothing values (1, 'of a file');",
      'V3.down.sql': 'truncate nothing;',
      'V4.up.sql': 'alter table nothing drop column note;',
      'V4.down.sql': 'alter table nothing add note text;',
    });
    expect(await up({ url, directory })).toMatchObject({ current: 'V4', losses: [] });
  });
});

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

describe('a file that allows its deletions by an exception', () => {
  const ALLOWED = '-- check: allow deletes-data no release reads it\n';

  test('is applied without an option, and its data is backed up', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': `${ALLOWED}alter table "Pet" drop column name;\ncreate table n ();\n${ALLOWED}drop table visits;`,
    });
    const { losses } = await up(options);
    expect(losses).toMatchObject([
      { name: '"Pet".name', count: 1 },
      { name: 'visits', count: 1 },
    ]);
    expect(await readFile(losses[0]?.file ?? '', 'utf8')).toBe('id\tname\n1\tRex\n');
  });

  test('is refused if a deletion has no exception, or an exception has no reason', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': `${ALLOWED}alter table "Pet" drop column name;\ndrop table visits;`,
    });
    await expect(up(options)).rejects.toMatchObject({ losses: [{ name: 'visits' }] });
    const other = await folderWith({
      'V1.up.sql': TABLES,
      'V1.down.sql': 'drop table nothing, visits, "Pet", keyed, parted; drop type mood;',
      'V2.up.sql': '-- check: allow deletes-data\ndrop table visits;',
      'V2.down.sql': 'select 1;',
    });
    await expect(up({ ...options, directory: other })).rejects.toMatchObject({
      losses: [{ name: 'visits' }],
    });
  });

  test.for([
    ['a column by a cascade from a collation', 'drop collation plain cascade;', 'keyed.note'],
    [
      'a table with the name of a temporary one of the file',
      'create temporary table visits (id integer); drop table public.visits;',
      'visits',
    ],
    [
      'a table with the name of one that the file creates in another schema',
      'create schema app; set search_path = app; create table visits (id integer); drop table public.visits;',
      'visits',
    ],
    [
      'a table with the name of one that the file creates in a schema of set_config',
      `create schema app; select pg_catalog.set_config('search_path', 'app', true);
      create table visits (id integer); drop table public.visits;`,
      'visits',
    ],
    [
      'a table with the name of one that the file creates in a schema that a do block sets',
      `create schema app; do $$ begin set local search_path = app; end $$;
      create table visits (id integer); drop table public.visits;`,
      'visits',
    ],
  ] as const)('is refused if it also deletes %s, without an exception', async ([, text, name], {
    database,
  }) => {
    const options = await prepare(database, {
      'V2.up.sql': `${ALLOWED}alter table public."Pet" drop column name;\n${text}`,
    });
    await expect(up(options)).rejects.toMatchObject({ code: 'would_lose_data', losses: [{ name }] });
  });

  test('does not allow what its down file deletes', async ({ database }) => {
    const options = await prepare(database, {
      'V2.up.sql': 'create table n (id integer); insert into n values (1);',
      'V2.down.sql': `${ALLOWED}drop table n;`,
    });
    await up(options);
    await expect(down(options)).rejects.toMatchObject({ code: 'would_lose_data' });
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
    await until(async () =>
      Boolean(
        await database.value(
          `select exists (select from pg_locks where relation = 'visits'::regclass and not granted)`,
        ),
      ),
    );
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
