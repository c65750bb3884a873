import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { repository, runCli, runJson, runProgram, startCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { hasTerminal, runOnTerminal } from '../../support/terminal.js';
import { SLOW } from '../../support/timeouts.js';
import { until } from '../../support/until.js';

const sql = ({ url }: Pick<TestDatabase, 'url'>, ...args: readonly string[]) =>
  runCli(['sql', ...args], { env: { DATABASE_URL: url } });

const VALUES =
  "select * from (values (1, 'Ann', null), (22, 'NULL', e'a\\nb\\u001b[2J')) as t (id, name, note)";

test('sql prints a table with nulls, quoted text and encoded control characters, and names the server', async ({
  database,
}) => {
  const { code, stdout, stderr } = await sql(database, VALUES);
  expect([code, stdout]).toEqual([
    0,
    [
      'id | name   | note',
      '---+--------+--------------',
      ' 1 | Ann    | NULL',
      '22 | "NULL" | a\\nb\\u001b[2J',
      '(2 rows)',
      '',
    ].join('\n'),
  ]);
  expect(stderr).toMatch(/^on postgresql:\/\/\S+ \(PostgreSQL \d+\.\d+\)\n$/);
});

test('sql --csv prints what PostgreSQL writes as CSV', async ({ database }) => {
  const query = `select * from (values (1, '', null), (2, 'say "no", please', e'two\\nlines'), (3, ' x', 'NULL')) as t (id, "a,b", c)`;
  const { code, stdout } = await sql(database, '--csv', query);
  expect([code, stdout]).toEqual([0, 'id,"a,b",c\n1,"",\n2,"say ""no"", please","two\nlines"\n3, x,NULL\n']);
});

test('sql --json prints numbers, booleans and documents as JSON, and other values as text', async ({
  database,
}) => {
  const query = `create table one (id integer);
    insert into one values (1), (2);
    select 1::smallint as small, 2.5::float8 as float, 'NaN'::float8 as nan, true as yes, 9007199254740993 as big,
      1.10 as numeric, '{"a": [1]}'::jsonb as document, null as nothing, '{1,2}'::integer[] as list, 'x' as id, 'y' as id;`;
  const { code, stderr, document } = await runJson(['sql', query], { env: { DATABASE_URL: database.url } });
  expect([code, stderr]).toEqual([0, '']);
  expect(document).toEqual({
    command: 'sql',
    ok: true,
    exitCode: 0,
    server: { address: expect.any(String), version: expect.any(String) },
    embedded: false,
    addressSource: 'DATABASE_URL',
    notices: [],
    rolledBack: false,
    results: [
      { command: 'CREATE TABLE', columns: null, rows: [] },
      { command: 'INSERT 0 2', columns: null, rows: [] },
      {
        command: 'SELECT 1',
        columns: [
          'small',
          'float',
          'nan',
          'yes',
          'big',
          'numeric',
          'document',
          'nothing',
          'list',
          'id',
          'id_2',
        ],
        rows: [
          {
            small: 1,
            float: 2.5,
            nan: 'NaN',
            yes: true,
            big: '9007199254740993',
            numeric: '1.10',
            document: { a: [1] },
            nothing: null,
            list: '{1,2}',
            id: 'x',
            id_2: 'y',
          },
        ],
      },
    ],
  });
});

test('sql - refuses a NUL byte, which would end the text, and bytes that are not UTF-8', async ({
  database,
}) => {
  const run = (input: Uint8Array) => runCli(['sql', '-'], { env: { DATABASE_URL: database.url }, input });
  const nul = await run(Buffer.from('create table one ();\n\0create table two ();'));
  expect([nul.code, nul.stderr]).toEqual([
    1,
    expect.stringMatching(/^error: standard input:2:1: this is a NUL byte/),
  ]);
  const latin = await run(Buffer.from('create table caf\u00e9 ()', 'latin1'));
  expect([latin.code, latin.stderr]).toEqual([
    1,
    expect.stringMatching(/^error: Standard input is not UTF-8\./),
  ]);
  expect(
    await database.value(
      "select count(*)::integer from pg_class where relnamespace = 'public'::regnamespace",
    ),
  ).toBe(0);
});

test('sql - executes the statements of standard input one after the other, each in its own transaction', async ({
  database,
}) => {
  const input =
    "create table one (id integer);\ninsert into one values (1);\nvacuum one;\nselect ';' as x from one;";
  const { code, stdout } = await runCli(['sql', '-'], { env: { DATABASE_URL: database.url }, input });
  expect([code, stdout]).toEqual([0, 'CREATE TABLE\nINSERT 0 1\nVACUUM\nx\n-\n;\n(1 row)\n']);
});

describe('sql with a mistake', () => {
  test('names the position of a syntax error and sends nothing', async ({ database }) => {
    const { code, stdout, stderr } = await sql(database, 'create table one ();\nselect * form one');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^error: sql:2:10: syntax error at or near "form"\.\n\n1 \| create table one \(\);\n2 \| select \* form one\n {2}\| {10}\^\n\nCorrect the statement\. Nothing was sent to the server\.\n$/,
    );
    expect(await database.value("select to_regclass('one')::text")).toBeNull();
  });

  test('names the position that the server reports, and says that earlier statements took effect', async ({
    database,
  }) => {
    const { document, code } = await runJson(['sql', "create table one ();\nselect 'ü', missing from one"], {
      env: { DATABASE_URL: database.url },
    });
    expect([code, document.error]).toEqual([
      1,
      {
        code: 'statement_failed',
        message: 'sql:2:13: column "missing" does not exist (SQLSTATE 42703).',
        remedy: expect.stringMatching(/^Correct the name\. .* The statement before this one took effect\.$/),
        location: { file: 'sql', line: 2, column: 13, excerpt: expect.stringContaining('^') },
        server: { sqlState: '42703', detail: null, hint: null, context: null, definition: null },
      },
    ]);
    expect(await database.value("select to_regclass('one')::text")).toBe('one');
  });

  test('rolls back a transaction that fails or has no commit, and says so', async ({ database }) => {
    const failed = await sql(database, 'begin; create table one (); select 1/0; commit');
    expect([failed.code, failed.stderr]).toEqual([
      1,
      expect.stringContaining('The transaction was rolled back.'),
    ]);
    const open = await sql(database, 'begin; create table one ()');
    expect([open.code, open.stderr]).toEqual([0, expect.stringContaining('warning: the SQL has no commit')]);
    expect(await database.value("select to_regclass('one')::text")).toBeNull();
  });

  test.for([
    ['', 2, 'There is no SQL statement.'],
    [' -- nothing\n', 2, 'There is no SQL statement.'],
    ['\\d contacts', 1, 'or use psql for its own commands'],
    ['copy one from stdin', 1, 'Load the data with \\copy of psql'],
    ['copy one (id) from stdin;\n1\n2\n\\.\n', 1, 'Execute it with psql'],
    ['copy (select 1) to stdout', 1, 'Write a select instead'],
  ] as const)('refuses %j with exit code %i', async ([text, exitCode, message], { database }) => {
    const { code, stdout, stderr } = await runCli(['sql', '-'], {
      env: { DATABASE_URL: database.url },
      input: text,
    });
    expect([code, stdout, stderr]).toEqual([exitCode, '', expect.stringContaining(message)]);
  });

  test('shows no value of a row in an error', async ({ database }) => {
    const query = "create table one (name text unique); insert into one values ('Ann Smith'), ('Ann Smith')";
    const { code, stderr } = await sql(database, query.replaceAll("'Ann Smith'", "concat('Ann ', 'Smith')"));
    expect(code).toBe(1);
    expect(stderr).not.toContain('Ann Smith');
  });

  test('of several words without quotes is refused with advice', async () => {
    const { code, stderr } = await runCli(['sql', 'select', '1']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Write the SQL in quotes')]);
  });
});

test('sql prints 1000 rows of a long result as a table with the number of all, and all with --csv', {
  timeout: SLOW,
}, async ({ database }) => {
  const table = await sql(database, 'select i from generate_series(1, 2500) as i');
  expect(table.stdout).toMatch(/\n1000\n\(the first 1000 of 2500 rows; --csv prints all\)\n$/);
  // Held as a whole, this result would take more memory than one may.
  const wide = 'select i, array_fill(1, array[1000]) from generate_series(1, 20000) as i';
  const { code, stdout } = await sql(database, '--csv', wide);
  expect([code, stdout.match(/^\d+,/gm)?.at(-1)]).toEqual([0, '20000,']);
  const { document } = await runJson(['sql', wide], { env: { DATABASE_URL: database.url } });
  expect(document.error).toMatchObject({
    code: 'answer_too_large',
    remedy: expect.stringContaining('Use --csv'),
  });
});

test('sql ends as usual if the reader of its output is gone', async ({ database }) => {
  const program = `'${process.execPath}' '${repository}/bin/voicesurvey-db' sql --csv 'select i from generate_series(1, 300000) as i' | head -2`;
  const { code, stdout } = await runProgram('sh', ['-c', program], { env: { DATABASE_URL: database.url } });
  expect([code, stdout]).toEqual([0, 'i\n1\n']);
});

test('sql ends a statement after --statement-timeout', async ({ database }) => {
  const { code, stderr } = await sql(database, '--statement-timeout', '0.1', 'select pg_sleep(100)');
  expect([code, stderr]).toEqual([1, expect.stringContaining('Raise `--statement-timeout <seconds>`.')]);
});

test('sql cancels the current statement on Ctrl-C', async ({ database }) => {
  const { child, result } = startCli(['sql', 'create table one (); select pg_sleep(1000)'], {
    env: { DATABASE_URL: database.url },
  });
  const sleeping =
    "select count(*)::integer from pg_stat_activity where query = 'select pg_sleep(1000)' and state = 'active'";
  await until(async () => (await database.value(sleeping)) === 1);
  child.kill('SIGINT');
  const { code, stderr } = await result;
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      /error: Interrupted: the current statement was canceled\.\n(server: .*\n)?The statement before this one took effect\.\n$/,
    ),
  ]);
  await until(async () => (await database.value(sleeping)) === 0);
});

test.skipIf(!hasTerminal)(
  'sql prints a row that is wider than the terminal line by line',
  async ({ database }) => {
    const command = [
      process.execPath,
      `${repository}/bin/voicesurvey-db`,
      'sql',
      "select 1 as id, repeat('x', 100) as text",
    ];
    const { stdout } = await runOnTerminal(command, { env: { DATABASE_URL: database.url } });
    expect(stdout).toContain(`- row 1\nid   | 1\ntext | ${'x'.repeat(100)}\n(1 row)\n`);
  },
);

test.skipIf(!hasTerminal)('sql --csv encodes control characters only on a terminal', async ({ database }) => {
  const query = "select e'\\u001b[2J' as x";
  const command = [process.execPath, `${repository}/bin/voicesurvey-db`, 'sql', '--csv', query];
  const onTerminal = await runOnTerminal(command, { env: { DATABASE_URL: database.url } });
  expect(onTerminal.stdout).toContain('\\u001b[2J');
  expect((await sql(database, '--csv', query)).stdout).toBe('x\n\u001B[2J\n');
});

test('sql prints the notices of its statements on standard error', async ({ database }) => {
  const { code, stdout, stderr } = await sql(database, "do $$ begin raise notice 'x = %', 1; end $$");
  expect([code, stdout, stderr]).toEqual([0, 'DO\n', expect.stringContaining('notice: x = 1\n')]);
  const { document } = await runJson(['sql', "do $$ begin raise warning 'x = %', 1; end $$"], {
    env: { DATABASE_URL: database.url },
  });
  expect(document.notices).toEqual([{ severity: 'WARNING', text: 'x = 1' }]);
});

test.skipIf(process.platform !== 'linux')(
  'sql - ends on a signal while it reads standard input',
  async ({ database }) => {
    const env = { ...process.env, DATABASE_URL: database.url };
    const child = spawn(process.execPath, [`${repository}/bin/voicesurvey-db`, 'sql', '-'], { env });
    const ended = new Promise((resolve) => child.once('close', resolve));
    // Node.js itself handles SIGINT and SIGTERM, but not SIGHUP, which is the first bit.
    const handlesSignals = async (): Promise<boolean> => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return (Number.parseInt(/^SigCgt:\s*\w+(\w)$/m.exec(status)?.[1] ?? '0', 16) & 1) === 1;
    };
    await until(handlesSignals);
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
  },
);
