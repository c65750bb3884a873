import { describe, expect } from 'vitest';
import type { RowSource } from '../../../src/inspect/check/row-source.js';
import { syntheticRows } from '../../../src/inspect/check/synthetic-rows.js';
import { connect } from '../../../src/postgres/connect.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { type TestDatabase, test } from '../../support/database.js';

const NO_EMPTY_TABLES = new Map();

/** Adds rows over a connection in pipeline mode, as check does. */
async function addRows(
  { url }: TestDatabase,
  rows: RowSource = syntheticRows(),
  schemas: readonly string[] = ['public'],
): Promise<ReadonlyMap<string, string>> {
  const { client, close } = await connect(parseDatabaseUrl(url), { pipeline: true });
  try {
    return await rows(client, schemas);
  } finally {
    await close();
  }
}

describe('synthetic rows', () => {
  test.for([
    'boolean',
    'smallint',
    'integer',
    'bigint',
    'real',
    'double precision',
    'numeric',
    'numeric(3, 2)',
    'money',
    'text',
    'varchar',
    'varchar(2)',
    'char(3)',
    'name',
    'uuid',
    'date',
    'time',
    'timetz',
    'timestamp',
    'timestamptz',
    'interval',
    'json',
    'jsonb',
    'bytea',
    'xml',
    'inet',
    'cidr',
    'bit(3)',
    'bit varying(3)',
    'point',
    'integer[]',
    'text[]',
    'int4range',
    'tstzmultirange',
    'mood',
    'mood[]',
    'share',
  ])('have values for a column of type %s', async (type, { database }) => {
    await database.client.query(
      `create type mood as enum ('glad', 'sad');
       create domain share as numeric(3, 2) check (value between 0 and 5);
       create table filled (value ${type} not null)`,
    );
    expect(await addRows(database)).toEqual(NO_EMPTY_TABLES);
    expect(await database.value('select count(*)::integer from filled')).toBe(5);
  });

  test('have repeated values and nulls in columns that allow them, and every label', async ({ database }) => {
    await database.client.query(
      `create type mood as enum ('glad', 'sad', 'so_so');
       create table people (id integer primary key, name text, age integer not null, mood mood not null)`,
    );
    await addRows(database);
    expect(
      await database.rows(
        `select count(*) as all, count(name) as names, count(distinct age) as ages,
           count(*) filter (where age = 0) as zeros, count(distinct mood) as moods from people`,
      ),
    ).toEqual([{ all: '5', names: '4', ages: '3', zeros: '2', moods: '3' }]);
  });

  test('of a second call have other keys, and values for new columns', async ({ database }) => {
    const rows = syntheticRows();
    await database.client.query('create table people (id uuid primary key, name text unique)');
    await addRows(database, rows);
    await database.client.query('alter table people add column city text');
    expect(await addRows(database, rows)).toEqual(NO_EMPTY_TABLES);
    expect(await database.rows('select count(*) as all, count(city) as cities from people')).toEqual([
      { all: '10', cities: expect.stringMatching(/^[34]$/) },
    ]);
  });

  test('reference whole keys of existing rows, in any order of the tables', async ({ database }) => {
    await database.client.query(
      `create table z_parents (a integer check (a > 1000), b text, primary key (a, b));
       create table a_children (a integer not null, b text not null, foreign key (a, b) references z_parents);
       insert into z_parents values (1001, 'y'), (1002, 'x');
       create table c_owners (id integer primary key);
       create table b_houses (owner integer not null references c_owners)`,
    );
    expect(await addRows(database)).toEqual(NO_EMPTY_TABLES);
    expect(await database.value('select count(*)::integer from a_children')).toBe(5);
    expect(await database.value('select count(*)::integer from b_houses')).toBe(5);
  });

  test('leave generated columns to the server, and use the default in half of the rows', async ({
    database,
  }) => {
    await database.client.query(
      `create table people (
         id integer generated always as identity primary key,
         number serial unique,
         city text not null default 'Rome',
         shout text generated always as (upper(city)) stored
       )`,
    );
    expect(await addRows(database)).toEqual(NO_EMPTY_TABLES);
    expect(
      await database.rows(
        "select count(*) as all, count(*) filter (where city = 'Rome') as rome from people",
      ),
    ).toEqual([{ all: '5', rome: '3' }]);
  });

  test('are added to partitions through the partitioned table', async ({ database }) => {
    await database.client.query(
      `create table calls (made_on date not null) partition by range (made_on);
       create table calls_2025 partition of calls for values from ('2025-01-01') to ('2026-01-01')`,
    );
    expect(await addRows(database)).toEqual(NO_EMPTY_TABLES);
    expect(await database.value('select count(*)::integer from calls_2025')).toBe(5);
  });

  test('that the database refuses are left out, and empty tables are returned with the reason', async ({
    database,
  }) => {
    await database.client.query(
      `create table people (n integer constraint no_zero check (n > 0));
       create table codes (n integer not null constraint large check (n > 100));
       create table circle (id integer primary key, next integer not null references circle)`,
    );
    const emptyTables = await addRows(database);
    expect([...emptyTables].sort()).toEqual(
      [
        ['public.circle', expect.stringContaining('null value in column "next"')],
        ['public.codes', expect.stringContaining('large')],
      ].sort(),
    );
  });

  test('are not added to tables of the server, of the history or of an extension', async ({ database }) => {
    await database.client.query(
      `create schema voicesurvey_migrations; create table voicesurvey_migrations.history (n integer);
       create extension "dict_xsyn" schema public; create table of_extension (n integer);
       alter extension dict_xsyn add table of_extension`,
    );
    const counts = `select (select count(*) from pg_class) as relations, (select count(*) from pg_tablespace) as tablespaces,
      (select count(*) from information_schema.sql_features) as features,
      (select count(*) from voicesurvey_migrations.history) as history, (select count(*) from of_extension) as extension`;
    const before = await database.rows(counts);
    const schemas = ['pg_catalog', 'pg_toast', 'information_schema', 'voicesurvey_migrations', 'public'];
    expect(await addRows(database, syntheticRows(), schemas)).toEqual(NO_EMPTY_TABLES);
    expect(await database.rows(counts)).toEqual(before);
  });

  test('are added only to tables of the given schemas', async ({ database }) => {
    await database.client.query(
      'create schema ours; create table ours.a (n integer); create table b (n integer)',
    );
    await addRows(database, syntheticRows(), ['ours']);
    expect(
      await database.rows('select (select count(*) from ours.a) as a, (select count(*) from b) as b'),
    ).toEqual([{ a: '5', b: '0' }]);
  });
});
