import { inspect } from 'node:util';
import { describe, expect, inject } from 'vitest';
import { MigrationFailedError } from '../../../src/migrate/failure/errors.js';
import { up } from '../../../src/migrate/up.js';
import { runCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { dropDatabase } from '../../support/databases.js';
import { addFiles, folderWith } from '../../support/folder.js';

const BEFORE = `create table people (
  id uuid primary key,
  email text not null constraint one_person_per_email unique,
  age integer constraint age_is_positive check (age > 0)
);
create table letters (id uuid primary key, person_id uuid constraint a_letter_has_a_reader references people);
insert into people values ('5eed0001-0000-4000-8000-000000000001', 'ann@example.com', 7);
create function shout() returns trigger language plpgsql as $$ begin raise exception 'no entry' using hint = 'knock first'; end $$;
create table guarded (id integer);
create trigger nobody_enters before insert on guarded for each row execute function shout();`;

/** Runs a file on top of some tables; gives back the error that it ends with. */
async function failureOf({ url }: TestDatabase, sql: string): Promise<MigrationFailedError> {
  const directory = await folderWith({
    'V1.up.sql': BEFORE,
    'V1.down.sql': '',
    'V2.up.sql': sql,
    'V2.down.sql': '',
  });
  const error = await up({ url, directory }).catch((caught: unknown) => caught);
  if (!(error instanceof MigrationFailedError))
    throw new Error('the migration did not fail', { cause: error });
  return error;
}

const PERSON = "'5eed0001-0000-4000-8000-000000000001'";

describe('every kind of error has its place, and says what PostgreSQL says (E15)', () => {
  test.for([
    ['a missing table', 'select 1;\n\nselect * from nowhere;', '42P01', 3, 15],
    ['a missing column', 'select 1,\n  wrong from people;', '42703', 2, 3],
    ['a missing function', 'select\n  nothing(1);', '42883', 2, 3],
    ['a missing schema', 'select 1;\ncreate table nowhere.t (id integer);', '3F000', 2, 14],
    ['a missing type', 'select 1;\ncreate table t (\n  id wrong\n);', '42704', 3, 6],
    ['a duplicate table', 'select 1;\n  create table people (id integer);', '42P07', 2, 3],
    ['a duplicate column', 'select 1;\nalter table people add column age integer;', '42701', 2, 1],
    [
      'a unique constraint',
      `select 1;\ninsert into people\nvalues (gen_random_uuid(), 'ann@example.com', 1);`,
      '23505',
      2,
      1,
    ],
    [
      'a not-null constraint',
      `select 1;\n  insert into people values (gen_random_uuid(), null, 1);`,
      '23502',
      2,
      3,
    ],
    [
      'a check constraint',
      `\ninsert into people values (gen_random_uuid(), 'bob@example.com', -1);`,
      '23514',
      2,
      1,
    ],
    ['a foreign key', `\ninsert into letters values (gen_random_uuid(), gen_random_uuid());`, '23503', 2, 1],
    [
      'a foreign key in use',
      `\n\ndelete from people; -- nobody\ninsert into letters values (gen_random_uuid(), ${PERSON});`,
      '23503',
      4,
      1,
    ],
    ['a division by zero', 'select 1;\nselect 1 / 0;', '22012', 2, 1],
    ['a wrong number', "select 1;\nselect 'abc'::integer;", '22P02', 2, 8],
    ['a value that is out of range', 'select 1;\n select 99999999999::integer;', '22003', 2, 2],
    [
      'a statement that waits too long',
      "set local statement_timeout = '50ms';\nselect pg_sleep(5);",
      '57014',
      2,
      1,
    ],
    [
      'an error inside a block',
      "do $$\nbegin\n  perform 1;\n  raise exception 'no';\nend\n$$;",
      'P0001',
      4,
      3,
    ],
    [
      'a query inside a block',
      'select 1; do $$\nbegin\n  perform 1;\n  insert into people values (wrong);\nend $$;',
      '42703',
      4,
      30,
    ],
    ['a syntax error inside a block', 'do $$\nbegin\n  perfrm 1;\nend $$;', '42601', 3, 3],
    [
      'an error inside a function of the file',
      'create function half(n integer) returns integer language plpgsql as $body$\nbegin\n  return n / 0;\nend $body$;\n\nselect half(2);',
      '22012',
      3,
      3,
    ],
    ['an error inside a trigger', 'select 1;\ninsert into guarded values (1);', 'P0001', 2, 1],
    [
      'a syntax error inside a function',
      'create function f() returns integer language plpgsql as $$\nbegin\n  retrn 1;\nend $$;',
      '42601',
      3,
      3,
    ],
    [
      'a missing privilege',
      'set local role pg_monitor;\nselect 1;\n create table t (id integer);',
      '42501',
      3,
      15,
    ],
    [
      'a deferred constraint',
      `alter table letters alter constraint a_letter_has_a_reader deferrable initially deferred;\ninsert into letters values (gen_random_uuid(), gen_random_uuid());\nselect 1;`,
      '23503',
      3,
      9,
    ],
    [
      'a dependent object',
      'create view v as select age from people;\nalter table people drop column age;',
      '2BP01',
      2,
      1,
    ],
    [
      'a character beyond the basic plane before it',
      "select '😀ü',\n  '😀', wrong from people;",
      '42703',
      2,
      8,
    ],
    [
      'statements with comments and such characters before it',
      "select '😀' -- one 😀\n;\nselect 2; -- two\n/* three */ select wrong from people;",
      '42703',
      4,
      20,
    ],
    ['the last statement of many', `${'select 1;\n'.repeat(500)}select 1 / 0;`, '22012', 501, 1],
  ] as const)('%s', async ([, sql, sqlState, line, column], { database }) => {
    const error = await failureOf(database, sql);
    expect(error).toMatchObject({
      code: 'migration_failed',
      server: { sqlState },
      location: { line, column },
    });
    expect(error.location?.excerpt).toContain('^');
    expect(error.message).toContain(`V2.up.sql:${line}:${column}: `);
    expect(error.remedy).not.toBe('');
  });

  test('a deferred constraint says so, at the end of the file', async ({ database }) => {
    const error = await failureOf(
      database,
      `alter table letters alter constraint a_letter_has_a_reader deferrable initially deferred;
insert into letters values (gen_random_uuid(), gen_random_uuid());
do $$ begin perform 1; end $$;`,
    );
    expect(error.message).toContain('V2.up.sql:3:30: at the end of the file, where deferred constraints are');
  });

  test('a function of the file that a deferred trigger calls', async ({ database }) => {
    const error = await failureOf(
      database,
      `create function refuse() returns trigger language plpgsql as $$
begin
  raise exception 'no letters';
end $$;
create constraint trigger no_letters after insert on letters initially deferred for each row execute function refuse();
insert into letters values (gen_random_uuid(), null);`,
    );
    expect(error).toMatchObject({ server: { sqlState: 'P0001' }, location: { line: 3, column: 3 } });
  });

  test('the definition of a broken constraint is shown', async ({ database }) => {
    const error = await failureOf(
      database,
      "insert into people values (gen_random_uuid(), 'bob@example.com', -1);",
    );
    expect(error.server).toMatchObject({
      definition: 'CHECK ((age > 0))',
      detail: expect.stringContaining('age_is_positive'),
    });
  });

  test('the definition of a constraint that the file itself makes is its line', async ({ database }) => {
    const error = await failureOf(
      database,
      'create table t (\n  n integer\n    constraint n_is_small check (n < 3)\n);\ninsert into t values (5);',
    );
    expect(error.server?.definition).toBe('constraint n_is_small check (n < 3)');
  });

  test.for([
    ['a unique column', 'e text unique,', "('a', 1, 1, 1), ('a', 1, 2, 1)"],
    ['a primary key', 'primary key (k)', "('a', 1, 1, 1), ('b', 1, 1, 1)"],
    ['a check', 'n integer check (n > 0),', "('a', -1, 1, 1)"],
    ['a check of two columns', 'check (n < 5 or k < 5),', "('a', 9, 9, 1)"],
    ['a foreign key', 'p integer references others,', "('a', 1, 1, 9)"],
    ['one that is added later', 'add unique (n, p);', "('a', 1, 1, 1), ('b', 1, 2, 1)"],
  ] as const)('also where PostgreSQL gives it its name: %s', async ([, line, values], { database }) => {
    const sql = `create table others (id integer primary key);
insert into others values (1);
-- größer 😀
create table t (
  e text unique,
  n integer check (n > 0),
  k integer,
  p integer references others,
  check (n < 5 or k < 5),
  primary key (k)
);
alter table t
  add unique (n, p);`;
    const error = await failureOf(database, `${sql}\ninsert into t values ${values};`);
    expect(error.server?.definition).toBe(line);
  });

  test('a hint of the server is kept', async ({ database }) => {
    expect((await failureOf(database, 'insert into guarded values (1);')).server?.hint).toBe('knock first');
  });

  test('in a database of another encoding', async ({ database }) => {
    const name = `${database.name}_sql_ascii`;
    await database.client.query(
      `create database ${name} encoding 'SQL_ASCII' template template0 locale_provider libc locale 'C'`,
    );
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    const error = await failureOf(
      { ...database, url: url.href },
      `select 1 -- ${'ä'.repeat(60)}\n; select nope from people;\nselect 3;\nselect 4;`,
    );
    expect(error).toMatchObject({ server: { sqlState: '42703' }, location: { line: 2, column: 10 } });
    await dropDatabase(inject('serverUrl'), name);
  });

  test('what only a newer server can read, too, and nothing before it was executed', async ({
    database,
    skip,
  }) => {
    skip(
      ((await database.value("select current_setting('server_version_num')::integer")) as number) >= 170000,
    );
    const error = await failureOf(
      database,
      "select nextval('missing');\nselect 1\n  from json_table('[]', '$[*]' columns (a integer path '$.a')) as t;",
    );
    expect(error).toMatchObject({ server: { sqlState: '42601' }, location: { line: 3, column: 32 } });
  });

  test('the first error wins over those that follow from it', async ({ database }) => {
    const error = await failureOf(database, 'select 1;\nselect first;\nselect second;');
    expect(error).toMatchObject({ server: { sqlState: '42703' }, location: { line: 2 } });
  });
});

describe("an error of the engine's own SQL is no line of the file", () => {
  test.for([
    ['select', 'before its statements, where the engine looks at the history'],
    ['select, update', 'after its statements, where the engine writes the history'],
  ] as const)('as where the role may only %s', async ([rights, where], {
    database: { url, client, name },
  }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    await up({ url, directory });
    const role = `${name}_${rights.length}`;
    await client.query(`create role ${role} login password 'secret';
grant usage on schema voicesurvey_migrations to ${role};
grant ${rights} on voicesurvey_migrations.history to ${role};`);
    await addFiles(directory, { 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = 'secret';
    const error = await up({ url: asRole.href, directory }).catch((caught: unknown) => caught);
    await client.query(`drop owned by ${role}; drop role ${role}`);
    expect(error).toMatchObject({
      code: 'migration_failed',
      server: { sqlState: '42501' },
      location: undefined,
      message: expect.stringContaining(`V2.up.sql, ${where}: permission denied for table history`),
      remedy: expect.stringContaining(
        'grant select, insert, update, delete on voicesurvey_migrations.history',
      ),
    });
  });

  test('as where the row of the history is held for longer than lockWaitMs', async ({
    database: { url, client },
  }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    await up({ url, directory });
    await addFiles(directory, { 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    await client.query('begin; select from voicesurvey_migrations.history for update');
    const error = await up({ url, directory, lockWaitMs: 300 }).catch((caught: unknown) => caught);
    await client.query('rollback');
    expect(error).toMatchObject({
      server: { sqlState: '55P03' },
      location: undefined,
      message: expect.stringContaining('where the engine looks at the history: '),
      remedy: expect.stringContaining('option `lockWaitMs`'),
    });
    expect(error).not.toMatchObject({ remedy: expect.stringContaining('lock-timeout') });
  });
});

describe('an error stays within one screen', () => {
  test.for([
    [
      'of a quote that is not closed',
      `select 1;\ninsert into people values ('x\n${'one more line of the file\n'.repeat(3000)}`,
    ],
    ['of a quote that is not closed in one very long line', `select '${'x'.repeat(300_000)};`],
    [
      'of a recursion without an end',
      'create function f() returns void language plpgsql as $$\nbegin\n  perform f();\nend $$;\nselect f();',
    ],
    [
      'of a constraint that is very long',
      `create table t (n text constraint c check (n <> '${'y'.repeat(300_000)}'));\ninsert into t values ('${'y'.repeat(300_000)}');`,
    ],
    ['of a value that is very long', `select '${'x'.repeat(300_000)}'::integer;`],
    [
      'of a hundred objects that are in the way',
      `${Array.from({ length: 100 }, (_, n) => `create view v${n} as select age from people;`).join('\n')}\ndrop table people;`,
    ],
  ] as const)('%s', async ([, sql], { database }) => {
    const directory = await folderWith({
      'V1.up.sql': BEFORE,
      'V1.down.sql': '',
      'V2.up.sql': sql,
      'V2.down.sql': '',
    });
    const { code, stderr } = await runCli(['up', '--dir', directory], {
      env: { DATABASE_URL: database.url },
    });
    expect(code, stderr.slice(0, 500)).toBe(1);
    expect(stderr.length).toBeLessThan(80 * 40);
    expect(stderr.split('\n').length).toBeLessThan(40);
  });
});

describe("a person's data is not shown", () => {
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
    const { message, remedy, server, location } = await failureOf(database, sql);
    expect(JSON.stringify([message, remedy, server, location])).not.toContain('ann@');
  });

  /** Runs a file where a value stands in a table; gives back all that anybody could log of the error. */
  async function loggedAbout(database: TestDatabase, value: string, sql: string): Promise<string> {
    await database.client.query('create table words (said text)');
    await database.client.query('insert into words values ($1)', [value]);
    const error = await failureOf(database, sql);
    return [JSON.stringify(error), inspect(error, { depth: 9 }), JSON.stringify(error.cause)].join('\n');
  }

  const convertTo = (type: string): string =>
    `alter table words alter column said type ${type} using said::${type};`;

  test.for([
    ['that holds quotes, to an uuid', '{"name":"Ann Secret"}', convertTo('uuid')],
    ['that holds quotes, to a number', 'x"Secret"y', convertTo('integer')],
    ['that holds quotes, to a date', 'x"Secret"y', convertTo('date')],
    ['that is no JSON', '{"a": Secret}', convertTo('json')],
    ['that is no JSON for jsonb', '{"a": Secret}', convertTo('jsonb')],
    ['that is no XML', '<Secret><a>Secret</b>', convertTo('xml')],
    ['that is no query for words', 'Secret & & Ann', convertTo('tsquery')],
    ['that is no list of words', "'Secret", convertTo('tsvector')],
    ['that is no table', 'Secret', 'select said::regclass from words;'],
    ['that is no range', '[Secret', convertTo('int4range')],
    ['that is no label', 'Secret', `create type mood as enum ('a');\n${convertTo('mood')}`],
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
      'that dynamic SQL is made of',
      "nowhere; select 'Secret'",
      "do $$ begin execute 'select * from ' || (select said from words); end $$;",
    ],
    [
      'that becomes a name',
      'Secret@example.com',
      "do $$ begin execute format('create table %I ()', (select said from words)); execute format('create table %I ()', (select said from words)); end $$;",
    ],
  ] as const)('of a value %s', async ([, value, sql], { database }) => {
    expect(await loggedAbout(database, value, sql)).not.toContain('Secret');
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
  ])('of a value that becomes the name of a %s, twice', async ([, statement = ''], { database }) => {
    const logged = await loggedAbout(database, 'Ann Secret', makeTwice(statement));
    expect(logged).toMatch(/"…\\?".* already exists/);
    expect(logged).not.toContain('Secret');
  });

  test.for([
    'words" Secret',
    'words" Secret "words',
    'A "Secret" B',
  ])('of a value that becomes a name with quotes in it: %s', async (value, { database }) => {
    const logged = await loggedAbout(database, value, makeTwice('alter table words add column %I integer'));
    expect(logged).toMatch(/column \\?"…\\?" of relation \\?"words\\?" already exists/);
    expect(logged).not.toContain('Secret');
  });

  test('but what the catalog has is', async ({ database }) => {
    await database.client.query('create table "Kept Things" ()');
    const logged = await loggedAbout(database, 'Kept Things', makeTwice('create table %I ()'));
    expect(logged).toMatch(/relation \\?"Kept Things\\?" already exists/);
  });

  test('of numbers that are no date', async ({ database }) => {
    const logged = await loggedAbout(database, '1987', 'select make_date(said::integer, 13, 32) from words;');
    expect(logged).not.toContain('1987');
  });

  test('but what the file itself says is', async ({ database }) => {
    const quoted = await failureOf(database, `select '{"name":"Ann"}'::uuid;`);
    expect(quoted.message).toContain('uuid: "{"name":"Ann"}" (SQLSTATE');
    const raised = await failureOf(database, "do $$ begin raise 'no % here', 'entry'; end $$;");
    expect(raised.message).toContain(': no entry here (SQLSTATE');
  });

  test('but ids and counts that are raised are, and no telephone number', async ({ database }) => {
    const sql = `do $$ begin raise '% rows, first %; call % or %', 2 * 16, gen_random_uuid(), lpad('17', 3, '0') || ' ' || 40 * 1000, '+' || 7 * 7 || ' ' || 1000 * 100; end $$;`;
    expect((await failureOf(database, sql)).message).toMatch(
      /: 32 rows, first [-0-9a-f]{36}; call … … or \+… … \(SQLSTATE/,
    );
  });

  test('but what a function of the database says is, up to the values', async ({ database }) => {
    await database.client.query(`create function complain() returns void language plpgsql as $$
begin
  raise exception 'nobody may be called %', 'ANN'::text || lower('ANN') using detail = 'the name is taken';
end $$`);
    const error = await failureOf(database, 'select 1;\nselect complain();');
    expect(error.message).toContain('V2.up.sql:2:1: nobody may be called … (SQLSTATE P0001)');
    expect(error.server).toMatchObject({
      detail: 'the name is taken',
      context: expect.stringContaining('function complain() line 3 at RAISE'),
    });
  });

  test('but the ids of the row are', async ({ database }) => {
    const error = await failureOf(database, 'update people set age = -1;');
    expect(error.server?.detail).toContain(PERSON.replaceAll("'", ''));
  });
});
