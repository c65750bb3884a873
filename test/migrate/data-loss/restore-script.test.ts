import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { hasPsql, runPsql } from '../../support/psql.js';

/** Values that a text format could distort. */
const TRICKY = `(E'a,b "c"\\n\\\\.', null, '{1,null}', '\\xdeadbeef', 'infinity', 0.1::float8 + 0.2, '1 mon -2 days', '{"a": "\\u00e9"}'),
  ('', 'é🙂', '{}', '', '2026-10-25 02:30:00.123456+02', 'NaN', '-00:00:01', 'null'),
  ('\\N', E'\\t', null, null, null, null, null, null)`;

const ROWS = `alter table a_child disable trigger all;
insert into a_child (t1, t2, ints, bytes, at, float, every, doc) values ${TRICKY};
update a_child set self = 3 - id, parent = id where id > 0;
alter table a_child enable trigger all;
alter table stays disable trigger refuse_writes;
insert into stays values (1, 'x', 'two', 'note of x'), (2, 'y', 'one', ''), (3, 'z', 'two', null);
alter table stays enable always trigger refuse_writes;`;

const FILES = {
  'V1.up.sql': `create type kind as enum ('one', 'two');
    create table parents (id bigint generated always as identity primary key, name text, kind kind,
      loud text generated always as (upper(name)) stored);
    insert into parents (name, kind) values ('a', 'one'), ('b', 'two'), (null, null);
    create table stays (key_a integer, "Key B" text, kind kind, primary key (key_a, "Key B"));
    create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
    create trigger refuse_writes before insert or update on stays for each row execute function refuse();
    alter table stays enable always trigger refuse_writes;`,
  'V1.down.sql': 'drop table stays, parents; drop function refuse(); drop type kind;',
  'V2.up.sql': `alter table stays add column note text;
    create table a_child (
      id serial primary key, parent bigint references parents, self integer references a_child,
      t1 text, t2 text, ints integer[], bytes bytea, at timestamptz, float double precision, every interval, doc jsonb
    );
    insert into a_child (id, t1) values (0, 'the migration inserts this one');
    create trigger refuse_writes before insert on a_child for each row execute function refuse();`,
  'V2.down.sql': `drop table a_child;
    alter table stays drop column note;
    delete from parents where id = 3;`,
};

const REPLACE = encodeURIComponent('-c voicesurvey_migrations.replace=on');

const TABLES = ['parents', 'stays', 'a_child'];

async function contents({ rows, value }: TestDatabase): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const table of TABLES) {
    if ((await value(`select to_regclass('${table}')`)) === null) continue;
    result[table] = (await rows(`select t::text as row from ${table} t order by 1`)).map(({ row }) => row);
  }
  result.triggers = await rows(
    'select tgname, tgenabled from pg_trigger where not tgisinternal order by tgrelid::regclass::text',
  );
  return result;
}

describe.skipIf(!hasPsql)('the restore script of a down', () => {
  test('restores every value, and the triggers and sequences', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(FILES);
    const backupFolder = join(await folderWith(), 'lost');
    await up({ url, directory, to: 'V2' });
    await database.client.query(ROWS);
    const before = await contents(database);
    const lose = ['a_child', 'stays.note', 'parents'];
    const { losses } = await down({ url, directory, backupFolder, lose });
    expect(losses.map(({ what, count }) => [what, count])).toEqual([
      ['table a_child', 4],
      ['rows of table parents', 1],
      ['column stays.note', 2],
    ]);
    expect(await contents(database)).not.toEqual(before);

    const [ignore, name = ''] = (await readdir(backupFolder)).sort();
    expect(ignore).toBe('.gitignore');
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-voicesurvey_test_\w+-V2$/);
    const folder = join(backupFolder, name);
    expect((await stat(backupFolder)).mode & 0o777).toBe(0o700);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(folder))
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);

    await up({ url, directory, to: 'V2' });
    await runPsql(url, folder, 'restore.sql');
    expect(await contents(database)).toEqual(before);
    expect(await database.value("select nextval('a_child_id_seq')::integer")).toBe(4);
    expect(await database.value("select nextval('parents_id_seq')::integer")).toBe(4);
  });

  test('of each migration restores its data when the migration is applied again, including labels of an enum', async ({
    database,
  }) => {
    const { url, rows } = database;
    const directory = await folderWith({
      'V1.up.sql': `create type mood as enum ('good', 'bad');
        create table pets (id integer primary key, mood mood, moods mood[]);`,
      'V1.down.sql': 'drop table pets; drop type mood;',
      'V2.up.sql': "alter type mood add value 'odd';",
      'V2.down.sql': `update pets set mood = 'bad' where mood = 'odd';
        update pets set moods = array_remove(moods, 'odd');
        alter type mood rename to old_mood;
        create type mood as enum ('good', 'bad');
        alter table pets alter mood type mood using mood::text::mood, alter moods type mood[] using moods::text[]::mood[];
        drop type old_mood;`,
      'V3.up.sql': 'create table visits (pet integer references pets);',
      'V3.down.sql': 'drop table visits;',
    });
    const backupFolder = await folderWith();
    const pets = (): Promise<unknown> => rows('select id, mood::text, moods::text from pets order by id');
    await up({ url, directory });
    await database.client.query(`insert into pets values (1, 'odd', '{good,odd}'), (2, 'bad', '{odd}'), (3, null, null);
      insert into visits values (1), (1)`);
    const before = await pets();
    const { losses } = await down({ url, directory, backupFolder, to: '0', lose: ['pets', 'visits'] });
    expect(losses.map(({ what, count }) => [what, count])).toEqual([
      ['table visits', 2],
      ["label mood 'odd' in pets.mood", 1],
      ["label mood 'odd' in pets.moods", 2],
      ['table pets', 3],
    ]);
    for (const version of ['V1', 'V2', 'V3']) {
      await up({ url, directory, to: version });
      const folder = (await readdir(backupFolder)).find((name) => name.endsWith(version)) ?? '';
      // The migration itself has replaced the label, so its rows have other values.
      await runPsql(`${url}?options=${REPLACE}`, join(backupFolder, folder), 'restore.sql');
    }
    expect(await pets()).toEqual(before);
    expect(await rows('select pet from visits')).toEqual([{ pet: 1 }, { pet: 1 }]);
  });
});
