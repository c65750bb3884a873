import { inspect } from 'node:util';
import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { catchFailure, PERSON } from './catch-failure.js';

describe("a failure does not show a row's values", () => {
  test.for([
    [
      'of a unique constraint',
      `update people set age = 8; insert into people select gen_random_uuid(), email, 1 from people;`,
    ],
    ['of a check constraint', 'update people set age = -1;'],
    [
      'of a value that cannot be converted',
      'alter table people alter column email type integer using email::integer;',
    ],
  ] as const)('in the error %s', async ([, sql], { database }) => {
    const { message, remedy, server, location } = await catchFailure(database, sql);
    expect(JSON.stringify([message, remedy, server, location])).not.toContain('ann@');
  });

  /** Applies a file to a table that holds a value, and returns everything that a program could log of the error. */
  async function logFailure(database: TestDatabase, value: string, sql: string): Promise<string> {
    await database.client.query('create table words (said text)');
    await database.client.query('insert into words values ($1)', [value]);
    const error = await catchFailure(database, sql);
    return [JSON.stringify(error), inspect(error, { depth: 9 }), JSON.stringify(error.cause)].join('\n');
  }

  const convertTo = (type: string): string =>
    `alter table words alter column said type ${type} using said::${type};`;

  test.for([
    ['that holds quotes, to an uuid', '{"name":"Ann Secret"}', convertTo('uuid')],
    ['that holds quotes, to a number', 'x"Secret"y', convertTo('integer')],
    ['that holds quotes, to a date', 'x"Secret"y', convertTo('date')],
    ['that is not JSON', '{"a": Secret}', convertTo('json')],
    ['that is not JSON, to jsonb', '{"a": Secret}', convertTo('jsonb')],
    ['that is not XML', '<Secret><a>Secret</b>', convertTo('xml')],
    ['that is not a text search query', 'Secret & & Ann', convertTo('tsquery')],
    ['that is not a text search vector', "'Secret", convertTo('tsvector')],
    ['that is not a table', 'Secret', 'select said::regclass from words;'],
    ['that is not a range', '[Secret', convertTo('int4range')],
    ['that is not a label', 'Secret', `create type mood as enum ('a');\n${convertTo('mood')}`],
    [
      'that a block asserts',
      'Ann Secret',
      "do $$ begin assert false, 'it is ' || (select said from words); end $$;",
    ],
    [
      'that a block raises',
      'Ann Secret',
      "do $$ begin raise 'it is %', (select said from words) using detail = (select said from words), hint = (select said from words); end $$;",
    ],
    [
      'that becomes part of dynamic SQL',
      "nowhere; select 'Secret'",
      "do $$ begin execute 'select * from ' || (select said from words); end $$;",
    ],
    [
      'that becomes a name',
      'Secret@example.com',
      "do $$ begin execute format('create table %I ()', (select said from words)); execute format('create table %I ()', (select said from words)); end $$;",
    ],
    [
      'that a block raises as the names of a broken constraint',
      'Secret',
      `do $$ declare v text := (select said from words); begin
  raise 'no' using errcode = '23505', schema = v, table = v, column = v, datatype = v, constraint = v;
end $$;`,
    ],
    [
      'that a block raises with the SQLSTATE of a data exception',
      'Secret',
      "do $$ begin raise 'it is %', (select said from words) using errcode = '22P02'; end $$;",
    ],
    [
      'that violates the condition of a view',
      'Secret',
      `create view short as select said from words where length(said) < 3 with check option;
insert into short select said from words;`,
    ],
    [
      'that makes the rows of a materialized view equal',
      'Secret',
      `create materialized view m as table words;
create unique index one on m (said);
insert into words table words;
refresh materialized view concurrently m;`,
    ],
    [
      'that a strict query of a function is called with',
      'Secret',
      `do $$
#print_strict_params on
declare v text := (select said from words); one integer;
begin
  select 1 into strict one from pg_catalog.pg_class where relname = v;
end $$;`,
    ],
    [
      'that becomes the name of a prepared statement',
      'Secret',
      "do $$ begin execute format('execute %I', (select said from words)); end $$;",
    ],
    [
      'that becomes the name of a cursor',
      'Secret',
      "do $$ begin execute format('close %I', (select said from words)); end $$;",
    ],
    [
      'that becomes the name of a role',
      'Secret',
      "do $$ begin execute format('set local role %I', (select said from words)); end $$;",
    ],
    [
      'that becomes the name of a setting',
      'Secret',
      "do $$ begin execute format('set local %I = 1', (select said from words)); end $$;",
    ],
    [
      'that becomes the name of a function',
      'Secret',
      `do $$ begin
  execute format('create function %I() returns void language plpgsql as ''begin perform 1 / 0; end''', (select said from words));
  execute format('select %I()', (select said from words));
end $$;`,
    ],
    [
      'that ends a query and goes on like a context',
      "x'\nPL/pgSQL function Secret line 1 at RAISE",
      "do $$ begin execute 'select ''' || (select said from words); end $$;",
    ],
    ['that a file of data has', 'x', 'copy words from program \'printf "x\\tSec%s\\n" ret\';'],
  ] as const)('if it is a value %s', async ([, value, sql], { database }) => {
    expect(await logFailure(database, value, sql)).not.toContain('Secret');
  });

  const makeTwice = (
    statement: string,
  ): string => `do $$ declare made text := format('${statement}', (select said from words));
begin execute made; execute made; end $$;`;

  test.for([
    ['table', 'create table %I ()'],
    ['schema', 'create schema %I'],
    ['type', 'create type %I as enum ()'],
    ['column', 'alter table words add column %I integer'],
    ['constraint', 'alter table words add constraint %I check (true)'],
    ['function', 'create function %I() returns integer return 1'],
    ['policy', 'create policy %I on words'],
    ['role', 'create role %I'],
  ])('if the value becomes the name of a %s that is created twice', async ([, statement = ''], {
    database,
  }) => {
    const logged = await logFailure(database, 'Ann Secret', makeTwice(statement));
    expect(logged).toMatch(/"…\\?".* already exists/);
    expect(logged).not.toContain('Secret');
  });

  test.for([
    'words" Secret',
    'words" Secret "words',
    'A "Secret" B',
  ])('if the value becomes a name with quotes in it: %s', async (value, { database }) => {
    const logged = await logFailure(database, value, makeTwice('alter table words add column %I integer'));
    expect(logged).toMatch(/column \\?"…\\?" of relation \\?"words\\?" already exists/);
    expect(logged).not.toContain('Secret');
  });

  test('but shows a value that is a name in the catalog', async ({ database }) => {
    await database.client.query('create table "Known Things" ()');
    const logged = await logFailure(database, 'Known Things', makeTwice('create table %I ()'));
    expect(logged).toMatch(/relation \\?"Known Things\\?" already exists/);
  });

  test('if it is a number that is not a date', async ({ database }) => {
    const logged = await logFailure(database, '1987', 'select make_date(said::integer, 13, 32) from words;');
    expect(logged).not.toContain('1987');
  });

  test('but shows what the file itself contains', async ({ database }) => {
    const quoted = await catchFailure(database, `select '{"name":"Ann"}'::uuid;`);
    expect(quoted.message).toContain('uuid: "{"name":"Ann"}" (SQLSTATE');
    const raised = await catchFailure(database, "do $$ begin raise 'no % here', 'entry'; end $$;");
    expect(raised.message).toContain(': no entry here (SQLSTATE');
  });

  test('but shows ids and counts in a raised message, and no telephone number', async ({ database }) => {
    const sql = `do $$ begin raise '% rows, first %; call % or %', 2 * 16, gen_random_uuid(), lpad('17', 3, '0') || ' ' || 40 * 1000, '+' || 7 * 7 || ' ' || 1000 * 100; end $$;`;
    expect((await catchFailure(database, sql)).message).toMatch(
      /: 32 rows, first [-0-9a-f]{36}; call … … or \+… … \(SQLSTATE/,
    );
  });

  test('but shows the message of a function of the database, with its values redacted', async ({
    database,
  }) => {
    await database.client.query(`create function complain() returns void language plpgsql as $$
begin
  raise exception 'no person is named %', 'ANN'::text || lower('ANN') using detail = 'the name is taken';
end $$`);
    const error = await catchFailure(database, 'select 1;\nselect complain();');
    expect(error.message).toContain('V2.up.sql:2:1: no person is named … (SQLSTATE P0001)');
    expect(error.server).toMatchObject({
      detail: 'the name is taken',
      context: expect.stringContaining('function complain() line 3 at RAISE'),
    });
  });

  test('and shows no words of a function of the same name in another schema', async ({ database }) => {
    await database.client.query(`create schema one;
create schema two;
create function one.complain() returns void language plpgsql as $$
begin
  raise exception 'no person is named %', lower('ANN');
end $$;
create function two.complain() returns void language plpgsql as $$ begin /* ann */ end $$;`);
    const error = await catchFailure(database, 'select one.complain();');
    expect(error.message).toContain(': no person is named … (SQLSTATE P0001)');
  });

  test('but shows the constraint and the table that a function of the database reports', async ({
    database,
  }) => {
    await database.client.query(`create table visits (id integer constraint one_visit_a_day check (id > 0));
create function refuse() returns void language plpgsql as $$
begin
  raise exception 'one visit a day' using errcode = '23514', table = 'visits', constraint = 'one_visit_a_day';
end $$`);
    const error = await catchFailure(database, 'select refuse();');
    expect(error.message).toContain(': one visit a day (SQLSTATE 23514)');
    expect(error.cause).toMatchObject({ table: 'visits', constraint: 'one_visit_a_day' });
  });

  test('but shows the ids of the row', async ({ database }) => {
    const error = await catchFailure(database, 'update people set age = -1;');
    expect(error.server?.detail).toContain(PERSON.replaceAll("'", ''));
  });
});
