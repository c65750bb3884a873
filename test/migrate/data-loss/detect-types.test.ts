import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type UpOptions, up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const V1 = `create table pet (id integer primary key, name text, nick text, born timestamptz, seen timestamp, day date);
insert into pet values
  (1, 'Rex', 'R', '2026-01-01 12:00+00', '2026-01-01 12:00', '2026-01-01'),
  (2, 'Ada', null, '2026-01-02 00:00+00', '2026-03-29 02:30', '2026-01-02');`;

/** Applies V1, and returns the options of an up of V2. */
async function prepare({ url }: TestDatabase, text: string): Promise<UpOptions> {
  const directory = await folderWith({
    'V1.up.sql': V1,
    'V1.down.sql': 'drop table pet;',
    'V2.up.sql': text,
    'V2.down.sql': 'select 1;',
  });
  await up({ url, directory, to: 'V1' });
  return { url, directory, backupFolder: join(await folderWith(), 'backup') };
}

describe('an up detects values that an expression makes', () => {
  test.for([
    [
      'of a column that is renamed before and afterwards',
      'alter table pet rename name to a; alter table pet alter a type text using null; alter table pet rename a to b',
      ['column pet.name in its new form'],
    ],
    [
      'of a table that is renamed before and afterwards',
      'alter table pet rename to a; alter table a alter name type text using null; alter table a rename to b',
      ['column pet.name in its new form'],
    ],
    [
      'of a table that moves to another schema and back under another name',
      `create schema zoo; alter table pet set schema zoo; alter table zoo.pet alter name type text using null;
       alter table zoo.pet set schema public; alter table pet rename to b`,
      ['column pet.name in its new form'],
    ],
    [
      'of columns that exchange their names',
      `alter table pet rename name to a; alter table pet rename nick to name; alter table pet rename a to nick;
       alter table pet alter nick type text using null`,
      ['column pet.name in its new form'],
    ],
    [
      'of a column of the same type in a do block',
      'do $$ begin alter table pet alter column name set data type text using null; end $$',
      ['column pet.name in its new form'],
    ],
    [
      'of a column of the same type, by dynamic SQL',
      `do $$ begin execute format('alter table %I alter %I type text using null', 'pet', 'name'); end $$`,
      ['born', 'day', 'id', 'name', 'nick', 'seen'].map((column) => `column pet.${column} in its new form`),
    ],
  ] as const)('%s', async ([, text, what], { database }) => {
    const options = await prepare(database, text);
    const refused = await up(options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'would_lose_data' });
    const { losses } = refused as { losses: readonly { what: string; count: number }[] };
    expect(losses.map((loss) => loss.what)).toEqual(what);
  });
});

describe('an up counts times that a type cuts off', () => {
  test.for([
    ['in the time zone of the session', 'alter table pet alter born type date', 1],
    [
      'in a time zone that the file sets before',
      "set local timezone = 'Asia/Kolkata'; alter table pet alter born type date",
      2,
    ],
    [
      'in a time zone that the file sets by set_config',
      "select set_config('TimeZone', 'Asia/Kolkata', true); alter table pet alter born type date",
      2,
    ],
    [
      'in a time zone that the file sets only for this statement',
      "set local timezone = 'Asia/Kolkata'; alter table pet alter born type date; set local timezone = 'UTC'",
      2,
    ],
    [
      'as local times that the time zone of the file skips',
      "set local timezone = 'Europe/Berlin'; alter table pet alter seen type timestamptz",
      1,
    ],
  ] as const)('%s', async ([, text, count], { database }) => {
    await database.client.query(
      `do $$ begin execute format('alter database %I set timezone = ''UTC''', current_database()); end $$`,
    );
    const options = await prepare(database, text);
    await expect(up(options)).rejects.toMatchObject({ code: 'would_lose_data', losses: [{ count }] });
  });

  test('and none if the time zone does not matter to the change', async ({ database }) => {
    const text = "set local timezone = 'Asia/Kolkata'; alter table pet alter day type timestamptz";
    expect(await up(await prepare(database, text))).toMatchObject({ current: 'V2', losses: [] });
  });
});
