import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { repository, runCli, runJson, startCli } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const faulty = {
  'V1.up.sql': 'create table if not exists people (name text, age integer);',
  'V1.down.sql': 'drop table if exists people;',
  'V2.up.sql': 'create index if not exists by_name on people (name);',
  'V2.down.sql': 'select 1, 100 % 7;\ndrop index by_age;',
};
const clean = { 'V1.up.sql': faulty['V1.up.sql'], 'V1.down.sql': faulty['V1.down.sql'] };

test('check ends with 0 if the files have no fault', async ({ database }) => {
  const dir = await folderWith(clean);
  const { code, stdout, stderr } = await runCli(['check', '--no-lints', '--dir', dir, '--url', database.url]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^1 migration: no fault, over empty tables and over rows, in \d+\.\d s\.\non /);
});

test('check ends with 3 and prints the location, the fault, the failed proof and the remedy', async ({
  database,
}) => {
  const dir = await folderWith(faulty);
  const { code, stdout, stderr } = await runCli(
    ['check', '--no-lints', '--dir', '.', '--url', database.url],
    { cwd: dir },
  );
  expect([code, stderr]).toEqual([3, '']);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^2 migrations: 1 fault, in \d+\.\d s\.$/),
    expect.stringMatching(/^on postgresql:.* \(PostgreSQL \d/),
    '',
    'V2.down.sql:2:1: The down fails: index "by_age" does not exist (SQLSTATE 42704). (down-runs)',
    '  Correct the statement.',
    '',
  ]);
});

test('check --from checks only the newer migrations', async ({ database }) => {
  const dir = await folderWith(faulty);
  const { code, stdout } = await runCli([
    'check',
    '--from',
    'V1',
    '--dir',
    dir,
    '--no-lints',
    '--url',
    database.url,
  ]);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^1 of 2 migrations: 1 fault, in /);
  const unknown = await runCli(['check', '--from', 'V9', '--dir', dir, '--url', database.url]);
  expect(unknown.code).toBe(2);
  const newest = await runCli(['check', '--from', 'V2', '--no-lints', '--dir', dir, '--url', database.url]);
  expect(newest).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Nothing was checked: no migration is newer\.\n/),
  });
});

test('check does not use the server in DATABASE_URL', async ({ database }) => {
  const dir = await folderWith(clean);
  const env = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' };
  const { code } = await runCli(['check', '--no-lints', '--dir', dir, '--url', database.url], { env });
  expect(code).toBe(0);
});

test('check --json prints one document', async ({ database }) => {
  const dir = await folderWith(faulty);
  const { code, stderr, document } = await runJson([
    'check',
    '--no-lints',
    '--dir',
    dir,
    '--url',
    database.url,
  ]);
  expect([code, stderr]).toEqual([3, '']);
  expect(document).toEqual({
    command: 'check',
    ok: true,
    exitCode: 3,
    server: { address: expect.stringMatching(/^postgresql:/), version: expect.stringMatching(/^\d+\.\d+$/) },
    migrations: 2,
    checked: 2,
    squawk: null,
    durationMs: expect.any(Number),
    findings: [
      {
        rule: 'down-runs',
        migration: 'V2',
        file: `${dir}/V2.down.sql`,
        line: 2,
        column: 1,
        message: 'The down fails: index "by_age" does not exist (SQLSTATE 42704).',
        remedy: expect.stringMatching(/./),
      },
    ],
    notes: [],
    notices: [],
    embedded: false,
    addressSource: '--url',
  });
});

describe('check in GitHub Actions', () => {
  test('annotates a fault at its location and escapes special characters', async ({ database }) => {
    const dir = await folderWith({
      ...clean,
      'V2_a,b:c.up.sql': 'select;',
      'V2_a,b:c.down.sql': `do $$ begin raise exception '100%% wrong' using hint = 'a\nb'; end $$;`,
    });
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: dir };
    const { code, stderr } = await runCli(['check', '--no-lints', '--dir', dir, '--url', database.url], {
      env,
    });
    expect(code).toBe(3);
    expect(stderr.split('\n')[0]).toBe(
      '::error file=V2_a%2Cb%3Ac.down.sql,line=1,col=7,title=V2 down-runs::' +
        'The down fails: 100%25 wrong (SQLSTATE P0001). A%0Ab.%0ACorrect the statement.',
    );
  });

  test('prints a note as a notice, without a line if it is about the whole file', async ({ database }) => {
    const dir = `${repository}test/inspect/check/faults/column-restored-at-the-end`;
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: repository };
    const { code, stderr } = await runCli(['check', '--no-lints', '--dir', dir, '--url', database.url], {
      env,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^::notice file=test\/inspect\/check\/faults\/column-restored-at-the-end\/V2\.down\.sql,title=V2 column-order::table people: /,
    );
  });
});

test('check that a signal interrupts drops its databases and reports it', async ({ database }) => {
  const role = `voicesurvey_test_creator_${randomBytes(4).toString('hex')}`;
  await database.client.query(`create role ${role} login createdb password 'secret'`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  const owned = (): Promise<unknown> =>
    database.value('select count(*)::integer from pg_database where pg_get_userbyid(datdba) = $1', [role]);
  const sleeping = (): Promise<unknown> =>
    database.value(
      "select count(*)::integer from pg_stat_activity where usename = $1 and wait_event = 'PgSleep'",
      [role],
    );
  const dir = await folderWith({ ...clean, 'V2.up.sql': 'select pg_sleep(600);', 'V2.down.sql': '' });
  const { child, result } = startCli(['check', '--no-lints', '--dir', dir, '--url', url.href]);
  await expect.poll(sleeping).toBe(2);
  expect(await owned()).toBe(2);
  child.kill('SIGINT');
  const { code, stderr } = await result;
  expect(code).toBe(1);
  expect(stderr).toMatch(/\nerror: Interrupted: the throw-away databases were dropped\.\n/);
  expect(await owned()).toBe(0);
  await database.client.query(`drop role ${role}`);
});

test('check by a role that may not create databases names the missing privilege', async ({ database }) => {
  const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
  await database.client.query(`create role ${role} login password 'secret'`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  const { code, stderr } = await runCli([
    'check',
    '--no-lints',
    '--dir',
    await folderWith(clean),
    '--url',
    url.href,
  ]);
  await database.client.query(`drop role ${role}`);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `alter role "${role}" createdb; or set the URL to a server on which the role may create databases.`,
  );
  expect(stderr).not.toContain('secret');
});

describe('check --locks', () => {
  const files = {
    'V1.up.sql':
      'create table people (name text); create table a_table_whose_name_is_longer_than_any_terminal_likes_it_to_be ();',
    'V1.down.sql': '',
    'V2.up.sql':
      'alter table people\n  alter name type varchar(20);\ncreate table new (id integer);\nselect from a_table_whose_name_is_longer_than_any_terminal_likes_it_to_be;',
    'V2.down.sql': '',
    'V3.up.sql':
      '-- migrate: no-transaction\nalter table a_table_whose_name_is_longer_than_any_terminal_likes_it_to_be add x integer;',
    'V3.down.sql': '',
  };

  test('prints a table of 80 columns, with the table sizes of the database in --url', async ({
    database,
  }) => {
    await database.client.query('create table people as select from generate_series(1, 1234)');
    await database.client.query('analyze people');
    const dir = await folderWith(files);
    const args = ['check', '--locks', '--dir', '.', '--url', database.url];
    const { code, stdout, stderr } = await runCli(args, { cwd: dir });
    expect([code, stderr]).toEqual([0, '']);
    const [summary, server, ...lines] = stdout.split('\n');
    expect(summary).toBe('3 migrations: 2 locks on existing tables, 1 rewrite.');
    expect(server).toMatch(/^on postgresql:/);
    expect(server).toContain(`/${database.name} (PostgreSQL `);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines).toEqual([
      '',
      'V2.up.sql',
      expect.stringMatching(/^ {4}1 {2}access exclusive {8}people {25}\d+ kB ~1\.2K rows$/),
      '       and rewrites the table',
      '',
      'V3.up.sql, each lock for its statement',
      '    2  access exclusive        a_table_whose_name_is_longer…',
      '',
      'access exclusive        reads and writes wait',
      '',
    ]);
  });

  test('--json prints every lock in one document', async ({ database }) => {
    const dir = await folderWith(files);
    const { code, stderr, document } = await runJson([
      'check',
      '--locks',
      '--dir',
      dir,
      '--url',
      database.url,
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(document).toEqual({
      command: 'check',
      ok: true,
      exitCode: 0,
      server: { address: expect.any(String), version: expect.any(String) },
      migrations: 3,
      locks: [
        {
          migration: 'V2',
          file: `${dir}/V2.up.sql`,
          line: 1,
          column: 1,
          table: 'public.people',
          lock: 'access exclusive',
          rewrites: true,
          until: 'file',
          size: null,
        },
        expect.objectContaining({ migration: 'V2', lock: 'access share', line: 4 }),
        expect.objectContaining({ migration: 'V3', until: 'statement', rewrites: false }),
      ],
      embedded: false,
      addressSource: '--url',
    });
  });
});
