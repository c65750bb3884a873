import { describe, expect } from 'vitest';
import { makeUpRows } from '../../../src/inspect/check/make-up-rows.js';
import type { RowSource } from '../../../src/inspect/check/rows.js';
import { connect } from '../../../src/postgres/connect.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { type TestDatabase, test } from '../../support/database.js';

const NONE_EMPTY = new Map();

/** Puts rows in over a connection of the kind that a check has. */
async function fill(
  { url }: TestDatabase,
  rows: RowSource = makeUpRows(),
  schemas: readonly string[] = ['public'],
): Promise<ReadonlyMap<string, string>> {
  const { client, close } = await connect(parseDatabaseUrl(url), { pipeline: true });
  try {
    return await rows(client, schemas);
  } finally {
    await close();
  }
}

describe('made-up rows', () => {
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
  ])('are made for a column of type %s', async (type, { database }) => {
    await database.client.query(
      `create type mood as enum ('glad', 'sad');
       create domain share as numeric(3, 2) check (value between 0 and 5);
       create table filled (value ${type} not null)`,
    );
    expect(await fill(database)).toEqual(NONE_EMPTY);
    expect(await database.value('select count(*)::integer from filled')).toBe(5);
  });

  test('repeat values and have nulls wherever they may, and every label', async ({ database }) => {
    await database.client.query(
      `create type mood as enum ('glad', 'sad', 'so_so');
       create table people (id integer primary key, name text, age integer not null, mood mood not null)`,
    );
    await fill(database);
    expect(
      await database.rows(
        `select count(*) as all, count(name) as names, count(distinct age) as ages,
           count(*) filter (where age = 0) as zeros, count(distinct mood) as moods from people`,
      ),
    ).toEqual([{ all: '5', names: '4', ages: '3', zeros: '2', moods: '3' }]);
  });

  test('come again with other keys, and with values of what is new', async ({ database }) => {
    const rows = makeUpRows();
    await database.client.query('create table people (id uuid primary key, name text unique)');
    await fill(database, rows);
    await database.client.query('alter table people add column city text');
    expect(await fill(database, rows)).toEqual(NONE_EMPTY);
    expect(await database.rows('select count(*) as all, count(city) as cities from people')).toEqual([
      { all: '10', cities: expect.stringMatching(/^[34]$/) },
    ]);
  });

  test('have the keys of rows that are there, whole, whatever the order of the tables', async ({
    database,
  }) => {
    await database.client.query(
      `create table z_parents (a integer check (a > 1000), b text, primary key (a, b));
       create table a_children (a integer not null, b text not null, foreign key (a, b) references z_parents);
       insert into z_parents values (1001, 'y'), (1002, 'x');
       create table c_owners (id integer primary key);
       create table b_houses (owner integer not null references c_owners)`,
    );
    expect(await fill(database)).toEqual(NONE_EMPTY);
    expect(await database.value('select count(*)::integer from a_children')).toBe(5);
    expect(await database.value('select count(*)::integer from b_houses')).toBe(5);
  });

  test('leave to the server what it writes, and take half of the defaults', async ({ database }) => {
    await database.client.query(
      `create table people (
         id integer generated always as identity primary key,
         number serial unique,
         city text not null default 'Rome',
         shout text generated always as (upper(city)) stored
       )`,
    );
    expect(await fill(database)).toEqual(NONE_EMPTY);
    expect(
      await database.rows(
        "select count(*) as all, count(*) filter (where city = 'Rome') as rome from people",
      ),
    ).toEqual([{ all: '5', rome: '3' }]);
  });

  test('go into partitions through their table', async ({ database }) => {
    await database.client.query(
      `create table calls (made_on date not null) partition by range (made_on);
       create table calls_2025 partition of calls for values from ('2025-01-01') to ('2026-01-01')`,
    );
    expect(await fill(database)).toEqual(NONE_EMPTY);
    expect(await database.value('select count(*)::integer from calls_2025')).toBe(5);
  });

  test('that the database refuses are left out, and a table without any is told with the reason', async ({
    database,
  }) => {
    await database.client.query(
      `create table people (n integer constraint no_zero check (n > 0));
       create table codes (n integer not null constraint large check (n > 100));
       create table circle (id integer primary key, next integer not null references circle)`,
    );
    const empties = await fill(database);
    expect([...empties].sort()).toEqual(
      [
        ['public.circle', expect.stringContaining('null value in column "next"')],
        ['public.codes', expect.stringContaining('large')],
      ].sort(),
    );
  });

  test('never go into the tables of the server, of the history or of an extension', async ({ database }) => {
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
    expect(await fill(database, makeUpRows(), schemas)).toEqual(NONE_EMPTY);
    expect(await database.rows(counts)).toEqual(before);
  });

  test('go only into the schemas that they are asked for', async ({ database }) => {
    await database.client.query(
      'create schema ours; create table ours.a (n integer); create table b (n integer)',
    );
    await fill(database, makeUpRows(), ['ours']);
    expect(
      await database.rows('select (select count(*) from ours.a) as a, (select count(*) from b) as b'),
    ).toEqual([{ a: '5', b: '0' }]);
  });
});
