import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

/** A down of V2, which changes the tables and rows of V1, and the data that it deletes. */
interface Case {
  readonly up?: string;
  readonly down: string;
  /** The data, its count, and its name in the option `lose`. */
  readonly loses?: readonly [string, number, string][];
}

const TABLE = `create type mood as enum ('good', 'bad', 'odd');
create table "Pet" (id integer primary key, name text, mood mood, moods mood[]);
create table visits (id integer primary key, pet integer references "Pet");`;

const ROWS = `insert into "Pet" values (1, 'Rex', 'odd', '{odd,good}'), (2, null, 'good', '{}');
insert into visits values (1, 1);`;

/** Replaces the enum by one without the label odd. */
const WITHOUT_ODD = `alter type mood rename to old_mood;
create type mood as enum ('good', 'bad');
alter table "Pet" alter mood type mood using mood::text::mood, alter moods type mood[] using moods::text[]::mood[];
drop type old_mood;`;

const cases: Record<string, Case> = {
  'a table': { down: 'drop table visits', loses: [['table visits', 1, 'visits']] },
  'two tables, by a cascade from a schema': {
    up: 'create schema zoo; create table zoo.a (id integer); insert into zoo.a values (1), (2); create table zoo.b ();',
    down: 'drop schema zoo cascade',
    loses: [['table zoo.a', 2, 'zoo.a']],
  },
  'a table, in a do block': {
    down: "do $$ begin execute 'drop table ' || 'visits'; end $$",
    loses: [['table visits', 1, 'visits']],
  },
  'a table that is created again': {
    down: 'drop table visits; create table visits (id integer primary key, pet integer references "Pet")',
    loses: [['table visits', 1, 'visits']],
  },
  'a column': { down: 'alter table "Pet" drop column name', loses: [['column "Pet".name', 1, '"Pet".name']] },
  'a column that is added again': {
    down: 'alter table "Pet" drop column name; alter table "Pet" add column name text',
    loses: [['column "Pet".name', 1, '"Pet".name']],
  },
  'a label in use': {
    down: `update "Pet" set mood = 'good' where mood = 'odd';
      update "Pet" set moods = array_remove(moods, 'odd');
      ${WITHOUT_ODD}`,
    loses: [
      [`label mood 'odd' in "Pet".mood`, 1, 'mood.odd'],
      [`label mood 'odd' in "Pet".moods`, 1, 'mood.odd'],
    ],
  },
  'rows, by a delete': { down: 'delete from visits', loses: [['rows of table visits', 1, 'visits']] },
  'rows, by a delete that cascades': {
    up: `alter table visits drop constraint visits_pet_fkey,
      add foreign key (pet) references "Pet" on delete cascade;`,
    down: 'delete from "Pet" where id = 1',
    loses: [
      ['rows of table "Pet"', 1, '"Pet"'],
      ['rows of table visits', 1, 'visits'],
    ],
  },
  'rows, by a truncate': { down: 'truncate visits', loses: [['rows of table visits', 1, 'visits']] },
  'rows, by a truncate before an insert': {
    down: 'truncate visits; insert into visits values (2, 2)',
    loses: [['rows of table visits', 1, 'visits']],
  },
  'a partitioned table': {
    up: `create table log (at date) partition by range (at);
      create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01');
      insert into log values ('2026-01-05');`,
    down: 'drop table log',
    loses: [['table log', 1, 'log']],
  },
  'a partition': {
    up: `create table log (at date) partition by range (at);
      create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01');
      insert into log values ('2026-01-05');`,
    down: 'drop table log_1',
    loses: [['table log_1', 1, 'log_1']],
  },
  'a column of a partition that is detached first': {
    up: `create table log (at date, note text) partition by range (at);
      create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01');
      insert into log values ('2026-01-05', 'n');`,
    down: 'alter table log detach partition log_1; alter table log_1 drop column note',
    loses: [['column log_1.note', 1, 'log_1.note']],
  },
  'a column of a child table that is first detached from one of two parents': {
    up: `create table a (note text); create table b (id integer); create table child () inherits (a, b);
      insert into child values ('n', 1);`,
    down: 'alter table child no inherit a; alter table child drop column note',
    loses: [['column child.note', 1, 'child.note']],
  },
  'a column of a partitioned table, counted once': {
    up: `create table log (at date, note text) partition by range (at);
      create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01');
      insert into log values ('2026-01-05', 'n');`,
    down: 'alter table log drop column note',
    loses: [['column log.note', 1, 'log.note']],
  },

  'an empty table': {
    down: 'delete from visits where false; drop table zoo',
    up: 'create table zoo ()',
  },
  'a column of nulls': {
    down: 'alter table visits drop column note',
    up: 'alter table visits add column note text',
  },
  'an unused label': {
    up: `alter type mood add value 'new'`,
    down: `alter type mood rename to old_mood;
      create type mood as enum ('good', 'bad', 'odd');
      alter table "Pet" alter mood type mood using mood::text::mood, alter moods type mood[] using moods::text[]::mood[];
      drop type old_mood;`,
  },
  'only names': {
    down: `alter table visits rename to calls; alter table "Pet" rename name to title; alter type mood rename value 'odd' to 'strange'`,
  },
  'an enum whose columns become text': {
    down: 'alter table "Pet" alter mood type text, alter moods type text[]; drop type mood',
  },
  'nothing, and writes rows': {
    down: `insert into visits values (2, 1); update visits set pet = 2`,
  },
  'nothing, and rewrites a table': { down: 'alter table visits alter id type bigint' },
  'an index, a view and a function': {
    up: `create index by_pet on visits (pet); create view v as select * from visits;
      create function f() returns integer language sql return 1;`,
    down: 'drop view v; drop index by_pet; drop function f()',
  },
  'an unlogged and a temporary table': {
    up: 'create unlogged table scratch (id integer); insert into scratch values (1)',
    down: 'drop table scratch; create temporary table t as select 1 as id; drop table t',
  },
  'a table whose comment says that it holds no data': {
    up: `create table mutexes (id integer); insert into mutexes values (1);
      comment on table mutexes is 'Rows to lock. Holds no data.'`,
    down: 'drop table mutexes',
  },
  'a generated column': {
    up: 'alter table visits add column double integer generated always as (id * 2) stored',
    down: 'alter table visits drop column double',
  },
};

async function prepare({ url }: TestDatabase, { up: text = 'select 1', down: downText }: Case) {
  const directory = await folderWith({
    'V1.up.sql': TABLE + ROWS,
    'V1.down.sql': 'drop table visits, "Pet"; drop type mood;',
    'V2.up.sql': text,
    'V2.down.sql': downText,
  });
  await up({ url, directory });
  return { url, directory, backupFolder: join(await folderWith(), 'lost') };
}

describe('a down that drops or deletes', () => {
  for (const [name, example] of Object.entries(cases)) {
    const { loses } = example;
    test(`${name} ${loses === undefined ? 'loses no data and needs no option' : 'is refused until the option "lose" names it'}`, async ({
      database,
    }) => {
      const options = await prepare(database, example);
      if (loses === undefined) {
        expect(await down(options)).toMatchObject({ current: 'V1', losses: [] });
        await expect(readdir(options.backupFolder)).rejects.toMatchObject({ code: 'ENOENT' });
        return;
      }
      const losses = loses.map(([what, count, as]) => ({ version: 'V2', what, count, name: as, file: null }));
      await expect(down(options)).rejects.toMatchObject({ code: 'would_lose_data', exitCode: 4, losses });
      expect(await database.value('select max(version)::integer from voicesurvey_migrations.history')).toBe(
        2,
      );
      const { losses: lost } = await down({ ...options, lose: loses.map(([, , as]) => as) });
      expect(lost).toMatchObject(losses.map(({ file, ...loss }) => loss));
      expect(await database.value('select max(version)::integer from voicesurvey_migrations.history')).toBe(
        1,
      );
    });
  }
});

/** Databases whose catalog has an empty part: no table, or a table without its own columns. */
const sparse: Record<string, string> = {
  'no table': 'create function f() returns integer language sql return 1;',
  'an enum and no table': `create type mood as enum ('good', 'bad');`,
  'only an unlogged table': 'create unlogged table scratch (id integer);',
  'a partition that stays': `create table log (at date) partition by range (at);
    create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01');`,
  'a child table that stays': 'create table pet (id integer); create table cat () inherits (pet);',
  'a table without a column': 'create table t ();',
  'a table whose columns were dropped': 'create table t (id integer); alter table t drop column id;',
  'a table whose only column is generated':
    'create table t (double integer generated always as (1 + 1) stored);',
};

describe('a down detects what it would delete in a database that has', () => {
  for (const [name, text] of Object.entries(sparse)) {
    test(name, async ({ database: { url, rows } }) => {
      const directory = await folderWith({
        'V1.up.sql': `-- migrate: irreversible the database had it before\n${text}`,
        'V2.up.sql': 'create view v as select 1 as one;',
        'V2.down.sql': 'drop view v;',
        'V3.up.sql': 'create table zoo (id integer); insert into zoo values (1);',
        'V3.down.sql': 'drop table zoo;',
      });
      await up({ url, directory });
      await expect(down({ url, directory })).rejects.toMatchObject({
        code: 'would_lose_data',
        losses: [{ what: 'table zoo', count: 1 }],
      });
      await rows('truncate zoo');
      expect(await down({ url, directory })).toMatchObject({ current: 'V2', losses: [] });
      expect(await down({ url, directory })).toMatchObject({ current: 'V1', losses: [] });
    });
  }
});
