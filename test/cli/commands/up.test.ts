import { describe, expect } from 'vitest';
import { type CliResult, runCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { dropDatabase, withDatabaseName } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';

const run = (url: string, ...args: string[]): Promise<CliResult> =>
  runCli(args, { env: { DATABASE_URL: url } });

function addressOf(url: string): string {
  const { username, host, pathname } = new URL(url);
  return `postgresql://${username}@${host}${pathname}`;
}

const tablesOf = async ({ rows }: TestDatabase): Promise<unknown[]> =>
  (await rows("select tablename as name from pg_tables where schemaname = 'public' order by 1")).map(
    ({ name }) => name,
  );

describe('on a database', () => {
  test('up --seed applies and seeds, and a second run has nothing to do', async ({ database }) => {
    const first = await run(database.url, 'up', '--seed');
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/^V0001 committed in \d+ ms\n(\S+ committed in \d+ ms\n)+$/);
    expect(first.stdout).toMatch(
      /^Done: \d+ applied, the database is at V\d+\.\nAdded 18 seed rows\.\non .*\n$/,
    );
    expect(first.stdout).toContain(`\non ${addressOf(database.url)} (PostgreSQL `);

    const second = await run(database.url, 'up', '--seed');
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toMatch(
      /^Nothing to do: the database is at V\d+\.\nNothing to seed: the rows are there already\.\non .*\n$/,
    );
    expect(await run(database.url, 'seed')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Nothing to seed: the rows are there already\.\non /),
    });
  });

  test('up --create creates the database once', async ({ database }) => {
    const url = withDatabaseName(database.url, `${database.name}_new`);
    const dir = await folderWith({ '1.up.sql': 'create table one ();', '1.down.sql': 'drop table one;' });
    try {
      const created = await run(url, 'up', '--create', '--dir', dir);
      expect(created.stderr).toMatch(/^1 committed in \d+ ms\n$/);
      expect(created.stdout).toMatch(/^Done: 1 applied, the database is at 1\.\nCreated the database\.\non /);
      const again = await run(url, 'up', '--create', '--dir', dir);
      expect(again.stdout).toMatch(/^Nothing to do: the database is at 1\.\non /);
    } finally {
      await dropDatabase(database.url, `${database.name}_new`);
    }
  });

  test('up prints the location of an error and the server, and rolls the migration back', async ({
    database,
  }) => {
    const dir = await folderWith({
      '1.up.sql': 'create table one ();\nselect wrong\nfrom one;',
      '1.down.sql': 'drop table one;',
    });
    const { code, stdout, stderr } = await run(database.url, 'up', '--dir', dir);
    expect([code, stdout]).toEqual([1, '']);
    const excerpt = ['1 | create table one ();', '2 | select wrong', '  |        ^', '3 | from one;'];
    expect(stderr.split('\n')).toEqual([
      `error: ${dir}/1.up.sql:2:8: column "wrong" does not exist (SQLSTATE 42703).`,
      '',
      ...excerpt,
      '',
      `server: ${addressOf(database.url)}`,
      expect.stringContaining('Fix the cause'),
      '',
    ]);
    expect(await tablesOf(database)).toEqual([]);
  });
});

test('up, down and status work on a folder with other naming styles', async ({ database }) => {
  const dir = await folderWith({
    'README.md': 'not a migration',
    '000001_init.up.sql': 'create table one (id integer);',
    '000001_init.down.sql': 'drop table one;',
    'V0002.WebAuthn.up.sql': 'create table two (id integer);',
    'V0002.WebAuthn.down.sql': 'drop table two;',
    '3__third-one.up.sql': 'create table three (id integer);',
    '3__third-one.down.sql': 'drop table three;',
  });
  const commands = (...args: string[]): Promise<CliResult> => run(database.url, ...args, '--dir', dir);

  const up = await commands('up');
  expect(up.stderr).toMatch(
    /^000001_init committed in \d+ ms\nV0002\.WebAuthn committed .*\n3__third-one committed .*\n$/,
  );
  expect(up.stdout).toMatch(/^Done: 3 applied, the database is at 3\.\non /);
  expect(await tablesOf(database)).toEqual(['one', 'three', 'two']);

  const down = await commands('down');
  expect(down.code).toBe(0);
  expect(down.stderr).toMatch(/^3__third-one rollback committed in \d+ ms\n$/);
  expect(down.stdout).toMatch(/^Done: 1 rolled back, the database is at V0002\.\non /);

  const status = await commands('status');
  expect([status.code, status.stderr]).toEqual([3, '']);
  expect(status.stdout).toMatch(
    /^2 applied, 1 pending\.\nNo drift since V0002\.WebAuthn\.\non .*\n\n000001_init {5}applied {2}\S+Z by \S+\nV0002\.WebAuthn {2}applied .*\n3__third-one {4}pending\n$/,
  );

  expect((await commands('down', '--steps', '1')).stdout).toContain('the database is at 000001.');
  expect((await commands('up', '--to', '2')).stdout).toContain('Done: 1 applied, the database is at V0002.');
  expect((await commands('down', '--to', '0')).stdout).toContain(
    'Done: 2 rolled back, the database has no migration.',
  );
  expect(await tablesOf(database)).toEqual([]);
  expect((await commands('down')).stdout).toMatch(/^Nothing to do: the database has no migration\.\non /);
});

describe('an option with an impossible value fails with exit code 2 and a remedy', () => {
  test.for([
    ['down --steps 1 --to 0', 'Give `--steps <number>` or `--to <version>`, not both.'],
    ['down --to 99', 'It has none. To roll back everything, use `--to 0`.'],
    ['up --to 99', 'Name a version of the folder, V0001 to V'],
    ['up --dir /nowhere/at/all', 'Name an existing folder with `--dir <folder>`.'],
  ])('%s', async ([line = '', remedy = ''], { database }) => {
    const { code, stdout, stderr } = await run(database.url, ...line.split(' '));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: [^\n]+\.\n[^\n]+\n$/);
    expect(stderr).toContain(`\n${remedy}`);
  });
});

test.for([
  ["select 'a\n::error::b';", 'characters that a terminal or a CI service would obey as escapes'],
  ["create role ann password 'Geh3im';", "'***' for secrets"],
] as const)('up --dry-run of %j says what it shows otherwise', async ([sql, shown], { database }) => {
  const dir = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
  const { stderr } = await run(database.url, 'up', '--dry-run', '--dir', dir);
  expect(stderr).toContain(`Do not run it with psql: it shows ${shown}.`);
});

test('up --dry-run prints the statements of the files, and with --verbose all SQL, on standard output', async ({
  database,
}) => {
  const dir = await folderWith({ '1.up.sql': 'create table one ();', '1.down.sql': 'drop table one;' });
  const dryRun = (...args: string[]): Promise<CliResult> =>
    run(database.url, 'up', '--dry-run', '--dir', dir, ...args);
  const short = await dryRun();
  expect([short.code, short.stdout]).toEqual([0, '-- 1.up.sql\ncreate table one ();\n']);
  expect(short.stderr).toMatch(/^These statements would be sent\. Nothing was changed\. .*--verbose.*\non /);
  const { stdout, stderr } = await dryRun('--verbose');
  expect(stdout).toMatch(/^commit;$/m);
  expect(stderr).toMatch(/^This SQL would be sent\. Nothing was changed\.\non /m);
  expect(await tablesOf(database)).toEqual([]);
});

test('seed on a database without the schema advises up', async ({ database }) => {
  const { code, stdout, stderr } = await run(database.url, 'seed');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^error: This database does not have the schema yet: .*\nserver: .*\nApply the migrations with `voicesurvey-db up`, then run `voicesurvey-db seed` again\.\n$/,
  );
});
