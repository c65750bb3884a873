import { describe, expect } from 'vitest';
import { verify } from '../../../src/inspect/verify.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const OBJECTS = `
  create schema app;
  create table app.people (id integer, name text, email text);
  create table app.log (person integer, at timestamptz);
  create function app.age(integer) returns integer language sql return 1;
  create function app.names() returns setof text language sql set search_path = app as 'select name from people';
  create function app.save(who integer, mail text) returns void language plpgsql set search_path = app as $$
  declare
    found record;
    total integer := app.age(who);
  begin
    create temp table scratch (id integer);
    insert into scratch select id from app.people;
    with old_ones as (select p.id from app.people as p)
    select o.id, count(*) over (rows between 1 preceding and current row) into found
    from old_ones as o, generate_series(1, 2) as series, lateral (select 1 as one) as sub
    where sub.one = series.series for update of p;
    insert into people (id, email) values (who, mail) on conflict do nothing;
    update app.people as p set email = mail where p.id = who and extract(year from now()) > 1;
    for found in select p.id, l.at from people p join app.log l on l.person = p.id loop
      total := total + found.id;
      if exists (select from app.log where log.person = found.id) then raise notice '%', found.at; end if;
    end loop;
  end $$;
  create function app.watch() returns trigger language plpgsql as $$
  begin
    if tg_op = 'INSERT' and new.email is not null then
      insert into app.log (person) select id from added;
    end if;
    return new;
  end $$;
  create function app.unused() returns trigger language plpgsql as 'begin perform from added where new.anything; end';
  create trigger watched after insert on app.people referencing new table as added for each statement
    execute function app.watch();`;

async function findBroken({ url }: TestDatabase): Promise<string[]> {
  const directory = await folderWith({ 'V1.up.sql': 'create schema if not exists app;', 'V1.down.sql': '' });
  const { findings } = await verify({ url, directory, rules: false });
  return findings
    .filter(({ kind }) => kind === 'function')
    .map(({ object, finding }) => `${object}: ${finding}`);
}

describe('verify checks the bodies of functions without plpgsql_check:', () => {
  test('it finds nothing in bodies that fit the catalog', async ({ database }) => {
    await database.client.query(OBJECTS.replace('for update of p;', ';'));
    expect(await findBroken(database)).toEqual([]);
  });

  test.for([
    [
      'a renamed table',
      'alter table app.people rename to persons',
      [
        'function app.names(): relation "people" does not exist',
        'function app.save(integer, text): it names table app.people, which does not exist',
        'function app.save(integer, text): it names table people, which does not exist',
      ],
    ],
    [
      'a renamed column',
      'alter table app.people rename email to mail',
      [
        'function app.save(integer, text): it names column app.people.email, which does not exist',
        'function app.save(integer, text): it names column people.email, which does not exist',
        'function app.watch(): it reads column email of new or old, which the table of its trigger does not have',
      ],
    ],
    [
      'a renamed column that is named with an alias',
      'alter table app.log rename person to people',
      [
        'function app.save(integer, text): it names column app.log.person, which does not exist',
        'function app.watch(): it names column app.log.person, which does not exist',
      ],
    ],
    [
      'a renamed function',
      'alter function app.age rename to years',
      ['function app.save(integer, text): it calls function app.age, which does not exist'],
    ],
    [
      'a dropped column in a function in SQL',
      'alter table app.people drop column name',
      ['function app.names(): column "name" does not exist'],
    ],
    [
      'a renamed schema',
      'create schema ours; alter table app.log set schema ours',
      [
        'function app.save(integer, text): it names table app.log, which does not exist',
        'function app.watch(): it names table app.log, which does not exist',
      ],
    ],
  ] as const)('%s', async ([, sql, expected], { database }) => {
    await database.client.query(OBJECTS.replace('for update of p;', ';'));
    await database.client.query(sql);
    expect(await findBroken(database)).toEqual(expected);
  });

  test('it finds nothing in the functions of the product, and says how it checked them', async ({
    migrated,
  }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    const { findings, bodiesCheckedBy } = await verify({ url: migrated.url, directory, rules: false });
    expect(findings.filter(({ kind }) => kind === 'function')).toEqual([]);
    expect(bodiesCheckedBy).toBe('names');
  });
});

test('verify checks the bodies of functions with plpgsql_check if the database has it', async ({
  database,
  migrated,
  skip,
}) => {
  const isAvailable = "select exists (select from pg_available_extensions where name = 'plpgsql_check')";
  if (process.env.REQUIRE_PLPGSQL_CHECK === '1') expect(await database.value(isAvailable)).toBe(true);
  skip((await database.value(isAvailable)) !== true, 'this server does not have the extension plpgsql_check');
  await database.client.query(`${OBJECTS.replace('for update of p;', ';')}; create extension plpgsql_check`);
  await database.client.query('alter table app.log rename person to people');
  const found = await findBroken(database);
  expect(found).toContain('function app.save(integer, text): line 14: column l.person does not exist');
  // A function without a search path may name functions of others, which the planner would execute.
  expect(found).toContain('function app.watch(): it names column app.log.person, which does not exist');
  await migrated.client.query('create extension plpgsql_check');
  const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
  const { findings, bodiesCheckedBy } = await verify({ url: migrated.url, directory, rules: false });
  expect(bodiesCheckedBy).toBe('plpgsql_check');
  expect(findings.filter(({ kind }) => kind === 'function')).toEqual([]);
});
