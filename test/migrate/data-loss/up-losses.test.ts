import { readdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { versionsOf } from '../../support/migrations.js';
import { prepare, TABLES } from './up-tables.js';

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
