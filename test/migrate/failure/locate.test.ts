import { describe, expect, inject } from 'vitest';
import { test } from '../../support/database.js';
import { dropDatabase } from '../../support/databases.js';
import { catchFailure, PERSON } from './catch-failure.js';

describe('a failure has its location in the file and the SQLSTATE (E15):', () => {
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
      `\n\ndelete from people; -- none\ninsert into letters values (gen_random_uuid(), ${PERSON});`,
      '23503',
      4,
      1,
    ],
    ['a division by zero', 'select 1;\nselect 1 / 0;', '22012', 2, 1],
    ['a text that is not a number', "select 1;\nselect 'abc'::integer;", '22P02', 2, 8],
    ['a value that is out of range', 'select 1;\n select 99999999999::integer;', '22003', 2, 2],
    [
      'a statement that exceeds its timeout',
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
      'an error after a character beyond the basic plane',
      "select '😀ü',\n  '😀', wrong from people;",
      '42703',
      2,
      8,
    ],
    [
      'an error after comments and characters beyond the basic plane',
      "select '😀' -- one 😀\n;\nselect 2; -- two\n/* three */ select wrong from people;",
      '42703',
      4,
      20,
    ],
    ['an error in the last of many statements', `${'select 1;\n'.repeat(500)}select 1 / 0;`, '22012', 501, 1],
  ] as const)('%s', async ([, sql, sqlState, line, column], { database }) => {
    const error = await catchFailure(database, sql);
    expect(error).toMatchObject({
      code: 'migration_failed',
      server: { sqlState },
      location: { line, column },
    });
    expect(error.location?.excerpt).toContain('^');
    expect(error.message).toContain(`V2.up.sql:${line}:${column}: `);
    expect(error.remedy).not.toBe('');
  });

  test('a deferred constraint, at the end of the file', async ({ database }) => {
    const error = await catchFailure(
      database,
      `alter table letters alter constraint a_letter_has_a_reader deferrable initially deferred;
insert into letters values (gen_random_uuid(), gen_random_uuid());
do $$ begin perform 1; end $$;`,
    );
    expect(error.message).toContain('V2.up.sql:3:30: at the end of the file, where deferred constraints are');
  });

  test('a function of the file that a deferred trigger calls, at its line', async ({ database }) => {
    const error = await catchFailure(
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

  test('an error in a database with the encoding SQL_ASCII', async ({ database }) => {
    const name = `${database.name}_sql_ascii`;
    await database.client.query(
      `create database ${name} encoding 'SQL_ASCII' template template0 locale_provider libc locale 'C'`,
    );
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    const error = await catchFailure(
      { ...database, url: url.href },
      `select 1 -- ${'ä'.repeat(60)}\n; select nope from people;\nselect 3;\nselect 4;`,
    );
    expect(error).toMatchObject({ server: { sqlState: '42703' }, location: { line: 2, column: 10 } });
    await dropDatabase(inject('serverUrl'), name);
  });

  test('syntax that only a newer server knows, before any statement is executed', async ({
    database,
    skip,
  }) => {
    skip(
      ((await database.value("select current_setting('server_version_num')::integer")) as number) >= 170000,
    );
    const error = await catchFailure(
      database,
      "select nextval('missing');\nselect 1\n  from json_table('[]', '$[*]' columns (a integer path '$.a')) as t;",
    );
    expect(error).toMatchObject({ server: { sqlState: '42601' }, location: { line: 3, column: 32 } });
  });
});
