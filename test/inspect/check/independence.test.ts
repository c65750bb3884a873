import type pg from 'pg';
import { describe, expect } from 'vitest';
import { check } from '../../../src/inspect/check.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

describe('check finds each of several faults', () => {
  const V1 = {
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
  };

  test('of one migration', async ({ database }) => {
    const directory = await folderWith({
      ...V1,
      'V2.up.sql': 'alter table people add age integer not null;\ncreate index by_age on people (age);',
      'V2.down.sql': 'drop index by_age;',
    });
    const { findings } = await check({ url: database.url, directory, lints: false });
    expect(findings.map(({ rule }) => rule)).toEqual([
      'down-restores',
      'down-runs-twice',
      'up-runs-twice',
      'up-runs',
    ]);
  });

  test('of several migrations', async ({ database }) => {
    const directory = await folderWith({
      ...V1,
      'V2.up.sql': 'create index if not exists by_name on people (name);',
      'V2.down.sql': 'select;',
      'V3.up.sql': "alter table people add column if not exists city text not null check (city <> '');",
      'V3.down.sql': 'alter table people drop column if exists city;',
      'V4.up.sql': 'create view names as select name from people;',
      'V4.down.sql': 'drop view if exists names;',
    });
    const { findings } = await check({ url: database.url, directory, lints: false });
    expect(findings.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual([
      'V2 down-restores',
      'V3 up-runs',
      'V4 up-runs-twice',
    ]);
  });
});

test('a second run that fails part-way does not affect the checks of later migrations', async ({
  database,
}) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql':
      'alter table people add column if not exists town text;\nalter table people rename column town to city;',
    'V2.down.sql': 'alter table people drop column if exists city;',
    'V3.up.sql': 'create or replace view names as select name from people;',
    'V3.down.sql': 'drop view if exists names;',
  });
  const { findings } = await check({ url: database.url, directory, lints: false });
  expect(findings.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual(['V2 up-runs-twice']);
});

test('a second run that changes values before it fails does not affect the checks of later migrations', async ({
  database,
}) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table if not exists people (age integer not null);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql': 'update people set age = age + 1;\nalter table people add column town text;',
    'V2.down.sql': 'update people set age = 0;\nalter table people drop column if exists town;',
    'V3.up.sql':
      "do $$ begin if exists (select from people where age > 1) then raise 'twice'; end if; end $$;",
    'V3.down.sql': '',
  });
  const addRow = async (client: pg.Client): Promise<ReadonlyMap<string, string>> => {
    await client.query('insert into people select 0 where not exists (select from people)').catch(() => {});
    return new Map();
  };
  const { findings } = await check({ url: database.url, directory, lints: false, rows: addRow });
  expect(findings.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual(['V2 up-runs-twice']);
});
