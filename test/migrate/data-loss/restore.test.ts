import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { restore } from '../../../src/migrate/restore.js';
import { up } from '../../../src/migrate/up.js';
import { runCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { hasPsql, runPsql } from '../../support/psql.js';

type Restore = (url: string, folder: string) => Promise<unknown>;

const withPsql: Restore = (url, folder) => runPsql(url, folder, 'restore.sql');

/** The ways to restore a backup, and to replace newer values by it. */
const WAYS: readonly (readonly [string, Restore, Restore])[] = [
  [
    'the function restore',
    (url, folder) => restore({ url, folder }),
    (url, folder) => restore({ url, folder, replace: true }),
  ],
  ...(hasPsql
    ? ([
        [
          'psql',
          withPsql,
          (url: string, folder: string) =>
            withPsql(`${url}?options=${encodeURIComponent('-c voicesurvey_migrations.replace=on')}`, folder),
        ],
      ] as const)
    : []),
];

/** Texts that a text format, a shell or psql could distort. */
const TEXTS = [
  '\\.',
  'first\n\\.\nlast',
  '\\.\n',
  '\n\\.',
  '\r\n\\.\r\n',
  '\\N',
  'NULL',
  '',
  ' ',
  '\t',
  'a\tb',
  '"',
  '""',
  "'",
  "E'\\n'",
  '$$',
  ':name :\'name\' :"name"',
  '\\000',
  '\\x00',
  '\u0001\u001b[2J\u007f\u2028\u202e\ufeff',
  'é🙂\u0301',
  ',,,',
  '{1,null}',
  '(1,2)',
  '\\copy t from x',
  '--',
  '/*',
  'x'.repeat(1_000_000),
  '\\.\n'.repeat(50_000),
];

const TYPES = `create type kind as enum ('plain', 'with, comma', 'with "quotes"', 'back\\slash', 'line
break', '', '\\.');
create type pair as (left_part text, "Right, Part" integer[]);
create domain not_empty as text check (value <> '');`;

/** A table with a column of each type, and its rows as SQL. */
const VALUES = `create table "Odd ""name"", \\.
:x" (
  "key\t1" bigint generated always as identity,
  "Key, 2" text default 'k',
  "a""b" text,
  "\\." text,
  "select" text,
  "row_number" integer,
  "count" integer,
  kinds kind[],
  one_kind kind,
  whole pair,
  wholes pair[],
  checked not_empty,
  bytes bytea,
  number numeric,
  float double precision,
  small real,
  at timestamptz,
  day date,
  clock timetz,
  every interval,
  range tstzrange,
  ranges int4multirange,
  matrix integer[][],
  bounds integer[],
  doc json,
  docb jsonb,
  cash money,
  net inet,
  bits varbit,
  fixed char(5),
  letter "char",
  words tsvector,
  spot point,
  page xml,
  relation regclass,
  loud text generated always as (upper("a""b")) stored,
  primary key ("key\t1", "Key, 2")
)`;

const ROW_VALUES = `kinds = '{"with, comma","with \\"quotes\\"","back\\\\slash","line
break","","\\\\.",null}', one_kind = '\\.', whole = row(E'a,b"c"\\n\\\\.', '{1,null}'),
wholes = array[row('', null)::pair, null, row(null, '{}')::pair], checked = E'\\\\.',
bytes = '\\x00005c2e0a0dff', number = '-123456789012345678901234567890.000100', float = 'NaN', small = '-Infinity',
at = 'infinity', day = '-infinity', clock = '24:00:00+05:30', every = '-1 year 2 mons -3 days 04:05:06.789',
range = '(,2026-10-25 02:30:00+02]', ranges = '{[1,3),[7,)}', matrix = '{{1,2},{3,null}}', bounds = '[0:2]={7,8,9}',
doc = E'{"a": "\\\\u00e9\\\\n",  "a": 1}', docb = '{"b": [1.10, null, "\\\\\\\\."]}', cash = '-1234.56', net = '::1/64',
bits = '1011', fixed = 'ab', letter = '\\', words = 'a:1 ''b c'':2A', spot = '(0.1,-0)', page = 'text <b/> &amp;',
relation = 'visits'`;

const FILES = {
  'V1.up.sql': `${TYPES}
    create table visits (id integer);
    ${VALUES};
    create table without_key (note text, doc json);
    create table empty (id integer primary key);
    create table no_column ();`,
  'V1.down.sql': `drop table "Odd ""name"", \\.
:x"; drop table visits, without_key, empty, no_column; drop domain not_empty; drop type pair, kind;`,
};

const TABLE = `"Odd ""name"", \\.
:x"`;

async function contents({ rows }: TestDatabase): Promise<unknown> {
  const of = async (table: string) =>
    (await rows(`select t::text as row from ${table} as t order by 1`)).map(({ row }) => row);
  return [await of(TABLE), await of('without_key')];
}

/** The folder of the only backup. */
async function folderIn(backups: string): Promise<string> {
  const name = (await readdir(backups)).find((entry) => entry !== '.gitignore') ?? '';
  return join(backups, name);
}

/** A database whose V1, with rows, was rolled back and applied again. */
async function backedUp(
  { url, client }: TestDatabase,
  files: Record<string, string>,
  rows: string,
  lose: readonly string[],
) {
  const directory = await folderWith(files);
  const backupFolder = await folderWith();
  await up({ url, directory });
  await client.query(rows);
  return {
    directory,
    async again(): Promise<string> {
      await down({ url, directory, backupFolder, to: '0', lose });
      await up({ url, directory });
      return folderIn(backupFolder);
    },
  };
}

describe.for(WAYS)('%s', ([, restoreWith, replaceWith]) => {
  test('restores every value of every type, and runs again without effect', async ({ database }) => {
    const literals = TEXTS.map((text) => database.client.escapeLiteral(text));
    const rows = `insert into ${TABLE} ("a""b", "\\.", "select", "row_number") values ${literals
      .map((text, index) => `(${text}, ${text}, null, ${index})`)
      .join(', ')};
      update ${TABLE} set ${ROW_VALUES} where "row_number" = 0;
      insert into without_key values ${literals.map((text) => `(${text}, to_json(${text}::text))`).join(', ')};
      insert into without_key values ('twice', '{}'), ('twice', '{}'), (null, null), (null, null)`;
    const lose = [TABLE, 'without_key'];
    const { again } = await backedUp(database, FILES, rows, lose);
    const before = await contents(database);
    const folder = await again();
    expect(await contents(database)).toEqual([[], []]);
    await restoreWith(database.url, folder);
    expect(await contents(database)).toEqual(before);
    await restoreWith(database.url, folder);
    expect(await contents(database)).toEqual(before);
    expect(await database.value(`insert into ${TABLE} default values returning "key\t1"::integer`)).toBe(
      TEXTS.length + 1,
    );
  });

  test('restores rows whose foreign keys form a circle, partitions, and a deferrable key', async ({
    database,
  }) => {
    const files = {
      'V1.up.sql': `create table a (id integer primary key, b integer);
        create table b (id integer primary key deferrable, a integer references a);
        create unique index on b (id);
        alter table a add foreign key (b) references b (id);
        create table log (day date, note text) partition by range (day);
        create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01');
        create table parent (id integer); create table child (extra text) inherits (parent);`,
      'V1.down.sql': 'drop table a, b cascade; drop table log; drop table child, parent;',
    };
    const rows = `insert into a values (1, null), (2, null); insert into b values (1, 1), (2, 2); update a set b = 3 - id;
      insert into log values ('2026-01-05', 'one'), ('2026-01-05', 'one'), ('2026-01-06', 'two');
      insert into parent values (1); insert into child values (1, 'x')`;
    const all = () =>
      database.rows(`select 'a' || a::text as row from a union all select 'b' || b::text from b
        union all select log::text from log union all select parent::text from only parent
        union all select child::text from child order by 1`);
    const { again } = await backedUp(database, files, rows, ['a', 'b', 'log', 'parent', 'child']);
    const before = await all();
    const folder = await again();
    expect(await all()).toEqual([]);
    await restoreWith(database.url, folder);
    await restoreWith(database.url, folder);
    expect(await all()).toEqual(before);
  });

  /** V2 adds columns to `t`; its down drops them. */
  const COLUMNS = {
    'V1.up.sql':
      '-- migrate: irreversible for this test\ncreate table t (id integer primary key, name text); create table u (a text, b date, primary key (a, b));',
    'V2.up.sql': `alter table t add note text, add state text not null default 'new', add at timestamptz default now(),
        add doc json, add sizes integer[] not null default '{1,2}';
      alter table u add "A note" text;
      update t set doc = '{}' where id = 5;`,
    'V2.down.sql':
      'alter table t drop note, drop state, drop at, drop doc, drop sizes; alter table u drop "A note";',
  };

  /** A database with a backup of these columns, which were added again; row 4 did not exist before. */
  async function addedAgain(database: TestDatabase): Promise<string> {
    const { url, client } = database;
    const directory = await folderWith(COLUMNS);
    const backupFolder = await folderWith();
    await up({ url, directory });
    await client.query(`insert into t
      select n, 'name', 'old ' || n, 'done', '2026-01-01', '{"old": 1}', '{7}' from generate_series(1, 3) as n;
      insert into u values ('x', '2026-01-01', 'old'), ('y', '2026-01-02', 'old')`);
    await down({
      url,
      directory,
      backupFolder,
      lose: ['t.note', 't.state', 't.at', 't.doc', 't.sizes', 'u."A note"'],
    });
    await client.query(`insert into t values (4, 'later'), (5, 'later'); delete from t where id = 3`);
    await up({ url, directory });
    return folderIn(backupFolder);
  }

  const values = ({ rows }: TestDatabase): Promise<unknown> =>
    rows(
      `select id, note, state, at::date::text as at, doc::text, sizes::text from t where id < 3 order by id`,
    );

  const OLD = { state: 'done', at: '2026-01-01', doc: '{"old": 1}', sizes: '{7}' };

  test('restores values to rows that have none or the default, also if another column was edited', async ({
    database,
  }) => {
    const folder = await addedAgain(database);
    await database.client.query(`update t set name = 'edited'`);
    await restoreWith(database.url, folder);
    const restored = [
      { id: 1, note: 'old 1', ...OLD },
      { id: 2, note: 'old 2', ...OLD },
    ];
    expect(await values(database)).toEqual(restored);
    expect(await database.rows('select a, "A note" as note from u order by a')).toEqual([
      { a: 'x', note: 'old' },
      { a: 'y', note: 'old' },
    ]);
    await restoreWith(database.url, folder);
    expect(await values(database)).toEqual(restored);
  });

  test('keeps values that were edited since, unless it is to replace them', async ({ database }) => {
    const folder = await addedAgain(database);
    await database.client.query(`update t set note = 'newer' where id = 1; update t set state = 'newer' where id = 1;
      update t set doc = '{"newer": 1}' where id = 1; update t set sizes = '{}' where id = 1; update t set at = '2026-02-02' where id = 1;
      update u set "A note" = 'newer' where a = 'x'`);
    await restoreWith(database.url, folder);
    const newer = { note: 'newer', state: 'newer', at: '2026-02-02', doc: '{"newer": 1}', sizes: '{}' };
    expect(await values(database)).toEqual([
      { id: 1, ...newer },
      { id: 2, note: 'old 2', ...OLD },
    ]);
    expect(await database.value(`select "A note" from u where a = 'x'`)).toBe('newer');
    await replaceWith(database.url, folder);
    expect(await values(database)).toEqual([
      { id: 1, note: 'old 1', ...OLD },
      { id: 2, note: 'old 2', ...OLD },
    ]);
    expect(await database.value(`select "A note" from u where a = 'x'`)).toBe('old');
  });

  test('restores values that a narrower type has changed, and keeps those that were edited since', async ({
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith({
      'V1.up.sql':
        '-- migrate: irreversible for this test\ncreate table t (id integer primary key, code varchar(9), price numeric(6, 2));',
      'V2.up.sql': 'alter table t alter code type varchar(3), alter price type integer;',
      'V2.down.sql': 'alter table t alter code type varchar(9), alter price type numeric(6, 2);',
    });
    const backupFolder = await folderWith();
    await up({ url, directory, to: 'V1' });
    await client.query(`insert into t values (1, 'abcdef', 1.25), (2, 'ghijkl', 2.75), (3, 'mno', 3)`);
    const table = () => database.rows('select id, code, price::text from t order by id');
    // A cast to varchar(3) of a longer text is an error without an explicit cast, so the file shortens it itself.
    await client.query(`update t set code = left(code, 3)`);
    await up({ url, directory, backupFolder, lose: ['t.price'] });
    await down({ url, directory });
    await client.query('update t set price = 99 where id = 2');
    await restoreWith(url, await folderIn(backupFolder));
    expect(await table()).toEqual([
      { id: 1, code: 'abc', price: '1.25' },
      { id: 2, code: 'ghi', price: '99.00' },
      { id: 3, code: 'mno', price: '3.00' },
    ]);
  });

  test('restores values under other settings of the database', async ({ database }) => {
    const files = {
      'V1.up.sql': 'create table public.t (id integer primary key, at date, every interval, page xml);',
      'V1.down.sql': 'drop table public.t;',
    };
    const rows = `insert into t values (1, '2026-03-04', '1 year -2 days', 'a <b/>')`;
    const { again } = await backedUp(database, files, rows, ['t']);
    await database.client.query(`alter database ${database.name} set datestyle = 'SQL, DMY';
      alter database ${database.name} set intervalstyle = sql_standard;
      alter database ${database.name} set xmloption = document;
      alter database ${database.name} set search_path = pg_temp, public;
      alter database ${database.name} set statement_timeout = '20s'`);
    await restoreWith(database.url, await again());
    expect(
      await database.rows(`select at::text, every = '1 year -2 days' as every, page::text from public.t`),
    ).toEqual([{ at: '2026-03-04', every: true, page: 'a <b/>' }]);
  });

  test('restores nothing if a newer migration is applied, or the migration is not', async ({ database }) => {
    const files = {
      'V1.up.sql': 'create table t (id integer primary key);',
      'V1.down.sql': 'drop table t;',
      'V2.up.sql': 'alter table t add note text;',
      'V2.down.sql': 'alter table t drop note;',
    };
    const { again, directory } = await backedUp(database, files, 'insert into t values (1)', ['t']);
    const folder = await again();
    const refused = () =>
      expect(restoreWith(database.url, folder)).rejects.toThrow(
        /V1 is not the newest migration of this database/,
      );
    await refused();
    expect(await database.value('select count(*)::integer from t')).toBe(0);
    await down({ url: database.url, directory, to: '0' });
    await refused();
    await up({ url: database.url, directory, to: 'V1' });
    await restoreWith(database.url, folder);
    expect(await database.value('select count(*)::integer from t')).toBe(1);
  });

  test('restores nothing if a file lacks rows, or a row does not fit', async ({ database }) => {
    const files = {
      'V1.up.sql':
        'create table a (id integer primary key); create table b (id integer primary key, a integer);',
      'V1.down.sql': 'drop table b, a;',
    };
    const { again } = await backedUp(
      database,
      files,
      'insert into a values (1); insert into b values (1, 1), (2, 2)',
      ['a', 'b'],
    );
    const folder = await again();
    const count = () =>
      database.value('select (select count(*) from a)::integer + (select count(*) from b)::integer');
    await database.client.query('alter table b add foreign key (a) references a');
    await expect(restoreWith(database.url, folder)).rejects.toThrow(/foreign key/);
    expect(await count()).toBe(0);
    await database.client.query('alter table b drop constraint b_a_fkey');
    const file = join(folder, '2-b.tsv');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('2\t2\n', ''));
    await expect(restoreWith(database.url, folder)).rejects.toThrow(/2-b\.tsv does not have its 2 rows/);
    await rename(file, `${file}.away`);
    await expect(restoreWith(database.url, folder)).rejects.toThrow(/2-b\.tsv/);
    expect(await count()).toBe(0);
    await writeFile(file, text);
    await restoreWith(database.url, folder);
    expect(await count()).toBe(3);
  });
});

describe('the function restore', () => {
  test('restores 200,000 rows of a file that is larger than a buffer', async ({ database }) => {
    const files = {
      'V1.up.sql': 'create table t (id integer primary key, pad text);',
      'V1.down.sql': 'drop table t;',
    };
    const rows = `insert into t select g, repeat('x', 100) from generate_series(1, 200000) g`;
    const { again } = await backedUp(database, files, rows, ['t']);
    const folder = await again();
    expect(await restore({ url: database.url, folder })).toMatchObject({
      items: [{ data: 'table t: 200,000 rows', restored: 200_000 }],
    });
    expect(await database.value('select sum(id)::text from t')).toBe(String((200_000 * 200_001) / 2));
    expect(await restore({ url: database.url, folder })).toMatchObject({ items: [{ restored: 0 }] });
  });

  test('refuses a folder without a backup, and one that a killed command left', async ({
    database: { url },
  }) => {
    const folder = await folderWith();
    await expect(restore({ url, folder })).rejects.toMatchObject({
      code: 'no_backup',
      exitCode: 2,
      message: `${join(folder, 'restore.sql')} cannot be read (ENOENT).`,
    });
    await expect(restore({ url, folder: `${folder}.partial/` })).rejects.toMatchObject({
      code: 'no_backup',
      message: expect.stringContaining('is incomplete'),
    });
    const other = await folderWith({ 'restore.sql': '\\! touch /tmp/owned\nselect 1;' });
    await expect(restore({ url, folder: other })).rejects.toMatchObject({ code: 'no_backup' });
  });

  test.skipIf(process.platform === 'win32')(
    'does not wait for a FIFO in place of a file',
    async ({ database }) => {
      const files = {
        'V1.up.sql': 'create table t (id integer primary key);',
        'V1.down.sql': 'drop table t;',
      };
      const { again } = await backedUp(database, files, 'insert into t values (1)', ['t']);
      const folder = await again();
      const { url } = database;
      for (const [name, code] of [
        ['1-t.tsv', 'restore_failed'],
        ['restore.sql', 'no_backup'],
      ] as const) {
        const path = join(folder, name);
        await rm(path);
        await promisify(execFile)('mkfifo', [path]);
        await expect(restore({ url, folder })).rejects.toMatchObject({
          code,
          message: expect.stringMatching(/not a regular file\)?\.$/),
        });
      }
      expect(await database.value('select count(*)::integer from t')).toBe(0);
    },
  );

  test('lists the complete backups of a folder of backups, the newest first', async ({
    database: { url },
  }) => {
    const folder = await folderWith({ 'notes.txt': '' });
    for (const name of ['2026-01-01-V1', '2026-02-01-V2', '2026-03-01-V3.partial', 'other']) {
      await mkdir(join(folder, name));
      if (name !== 'other') await writeFile(join(folder, name, 'restore.sql'), 'select 1;');
    }
    await expect(restore({ url, folder })).rejects.toMatchObject({
      code: 'no_backup',
      exitCode: 2,
      message: `${folder} is the folder of 2 backups, the newest first:\n  ${folder}/2026-02-01-V2\n  ${folder}/2026-01-01-V1`,
      remedy: 'Name one of them.',
    });
  });

  test('says that it cannot restore a column of a table without a primary key', async ({ database }) => {
    const files = {
      'V1.up.sql':
        '-- migrate: irreversible for this test\ncreate table t (id integer); create table u (id integer primary key);',
      'V2.up.sql': 'alter table t add note text; alter table u add note text;',
      'V2.down.sql': 'alter table t drop note; alter table u drop note;',
    };
    const directory = await folderWith(files);
    const backupFolder = await folderWith();
    const { url } = database;
    await up({ url, directory });
    await database.client.query(`insert into t values (1, 'x'); insert into u values (1, 'x')`);
    await down({ url, directory, backupFolder, lose: ['t.note', 'u.note'] });
    await up({ url, directory });
    const folder = await folderIn(backupFolder);
    expect(await restore({ url, folder })).toMatchObject({
      items: [
        { data: 'column t.note: 1 value', restored: null },
        { data: 'column u.note: 1 value', restored: 1 },
      ],
    });
    const { stdout } = await runCli(['restore', folder], { env: { DATABASE_URL: url } });
    expect(stdout).toMatch(/^Only a part was restored\.\n/);
    expect(stdout).toContain('not restored: its table has no primary key.');
  });

  test('reports a connection that the server ended, and not a row that does not fit', async ({
    database,
  }) => {
    const files = {
      'V1.up.sql': `create function fits(integer) returns boolean language sql as 'select true';
        create table t (id integer primary key check (fits(id)));`,
      'V1.down.sql': 'drop table t; drop function fits;',
    };
    const { again } = await backedUp(database, files, 'insert into t values (1)', ['t']);
    const folder = await again();
    await database.client.query(
      "create or replace function fits(integer) returns boolean language sql as 'select pg_terminate_backend(pg_backend_pid())'",
    );
    await expect(restore({ url: database.url, folder })).rejects.toMatchObject({
      code: 'connection_lost',
    });
  });

  test('shows no value of a row that does not fit', async ({ database }) => {
    const files = {
      'V1.up.sql': 'create table t (id integer primary key, note text);',
      'V1.down.sql': 'drop table t;',
    };
    const { again } = await backedUp(database, files, `insert into t values (1, 'secret-of-ann')`, ['t']);
    const folder = await again();
    await database.client.query(`alter table t add check (note <> 'secret-of-ann')`);
    const error = await restore({ url: database.url, folder }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'restore_failed' });
    expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toContain('ann');
  });
});

test('the command restore prints the rows whose values it keeps, and how to replace them', async ({
  database,
}) => {
  const { url, client } = database;
  const directory = await folderWith({
    'V1.up.sql': '-- migrate: irreversible for this test\ncreate table t (id integer primary key);',
    'V2.up.sql': 'alter table t add note text;',
    'V2.down.sql': 'alter table t drop note;',
  });
  const backupFolder = await folderWith();
  await up({ url, directory });
  await client.query(`insert into t select n, 'old' from generate_series(1, 4) as n`);
  await down({ url, directory, backupFolder, lose: ['t.note'] });
  await up({ url, directory });
  await client.query(`update t set note = 'newer' where id in (2, 4)`);
  const folder = await folderIn(backupFolder);
  const env = { DATABASE_URL: url };
  const kept = await runCli(['restore', folder], { env });
  expect(kept).toMatchObject({ code: 0, stderr: '' });
  expect(kept.stdout).toMatch(
    /^Done: the data of the backup is restored, except where the rows have newer values\.\n/,
  );
  expect(kept.stdout).toContain(
    `column t.note: 4 values in the backup, 2 restored, 2 not: the rows have newer values: 2, 4\nTo replace the newer values too, run \`voicesurvey-db restore ${folder} --replace\`.\n`,
  );
  const { stdout } = await runCli(['restore', folder, '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({
    items: [{ data: 'column t.note: 4 values', restored: 0, kept: 2, keptKeys: ['2', '4'] }],
  });
  const replaced = await runCli(['restore', folder, '--replace'], { env });
  expect(replaced.stdout).toContain('column t.note: 4 values in the backup, 2 restored\n');
  expect(await database.value('select string_agg(note, $1) from t', [' '])).toBe('old old old old');
});

test('the command restore prints what it restored, as text and as a document', async ({ database }) => {
  const files = {
    'V1.up.sql': 'create table t (id integer primary key);',
    'V1.down.sql': 'drop table t;',
  };
  const { again } = await backedUp(database, files, 'insert into t values (1), (2)', ['t']);
  const folder = await again();
  const env = { DATABASE_URL: database.url };
  const { code, stderr, stdout } = await runCli(['restore', folder], { env });
  expect([code, stderr + stdout]).toEqual([
    0,
    expect.stringContaining('table t: 2 rows in the backup, 2 restored'),
  ]);
  const json = await runCli(['restore', folder, '--json'], { env });
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: true,
    items: [{ data: 'table t: 2 rows', restored: 0 }],
  });
  await rm(join(folder, '1-t.tsv'));
  expect(await runCli(['restore', folder], { env })).toMatchObject({ code: 1 });
});
