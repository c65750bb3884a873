import { describe, expect } from 'vitest';
import { type CliOptions, type CliResult, runCli, runJson, startCli } from '../../support/cli.js';
import { test as base, type TestDatabase, withDatabase } from '../../support/database.js';
import { dropDatabase, withDatabaseName } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { SLOW } from '../../support/timeouts.js';
import { until } from '../../support/until.js';

const FILES = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer);',
  'V2.down.sql': 'drop table two;',
};

/** Three empty databases. */
const test = base.extend<{ three: readonly [TestDatabase, TestDatabase, TestDatabase] }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  three: async ({}, use) =>
    withDatabase('template0', (a) =>
      withDatabase('template0', (b) => withDatabase('template0', (c) => use([a, b, c]))),
    ),
});

/** The name that the table gives a database. */
function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** Runs `up` over the addresses of a file `list.txt` in the working directory, whose migrations are in its folder `sql`. */
async function upOver(
  list: string,
  files: Readonly<Record<string, string>>,
  words: readonly string[] = [],
  options: CliOptions = {},
): Promise<CliResult & { readonly dir: string; readonly cwd: string }> {
  const [cwd, dir] = [await folderWith({ 'list.txt': list }), await folderWith(files)];
  const result = await runCli(['up', '--databases', 'list.txt', '--dir', dir, ...words], { cwd, ...options });
  return { ...result, dir, cwd };
}

const urlsOf = (databases: readonly TestDatabase[]): string => databases.map(({ url }) => url).join('\n');

/** The cells of the table, by the name of the database. */
function rowsOf(stdout: string): Readonly<Record<string, readonly string[]>> {
  const lines = stdout.split('\n').slice(3, -1);
  return Object.fromEntries(
    lines.map((line) => line.split(/ {2,}/)).map(([name = '', ...cells]) => [name, cells]),
  );
}

const SECONDS = expect.stringMatching(/^\d+\.\d$/);

describe('up --databases', { timeout: SLOW }, () => {
  test('migrates each database of a list with comments, empty lines and CRLF, and prints one table', async ({
    three,
  }) => {
    const [a, b, c] = three;
    const dir = await folderWith(FILES);
    await runCli(['up', '--dir', dir, '--to', '1'], { env: { DATABASE_URL: b.url } });
    const list = `\uFEFF# customers\r\n${a.url}\r\n\r\n  ${b.url}  \r\n# the last one\r\n${c.url}`;
    const { code, stdout, stderr } = await upOver(list, FILES);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 databases: 3 done\.\n\ndatabase +from +to +applied +seconds +result\n/);
    expect(rowsOf(stdout)).toEqual({
      [nameOf(a.url)]: ['V2', '2', SECONDS, 'applied'],
      [nameOf(b.url)]: ['V1', 'V2', '1', SECONDS, 'applied'],
      [nameOf(c.url)]: ['V2', '2', SECONDS, 'applied'],
    });
    expect(stderr.split('\n').sort()).toEqual(
      ['', ...three.map(({ url }) => `${nameOf(url)}: applied`)].sort(),
    );
    expect(rowsOf((await upOver(list, FILES)).stdout)[nameOf(b.url)]).toEqual([
      'V2',
      'V2',
      '0',
      SECONDS,
      'nothing to do',
    ]);
  });

  test('tries every database after one has failed, explains the failures below the table, and prints no password', async ({
    three: [a, b],
  }) => {
    await b.client.query('create table two ()');
    const missing = withDatabaseName(a.url, 'no_such_database').replace(
      /\/\/[^@]*@/,
      '//postgres:kept-secret@',
    );
    const { code, stdout, stderr } = await upOver(`${missing}\n${b.url}\n${a.url}`, FILES, ['--jobs', '1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^3 databases: 1 done, 2 failed\.\n/);
    expect(rowsOf(stdout)).toMatchObject({
      [nameOf(missing)]: ['0', SECONDS, expect.stringMatching(/^failed: (database_missing|wrong_password)$/)],
      [nameOf(b.url)]: ['V1', '1', SECONDS, 'failed: migration_failed'],
      [nameOf(a.url)]: ['V2', '2', SECONDS, 'applied'],
    });
    expect(stderr).toMatch(/\nserver: postgresql:\S+no_such_database, from line 1 of list\.txt\n/);
    expect(stderr).toContain('V2.up.sql:1:1: relation "two" already exists (SQLSTATE 42P07).\n\n1 | create');
    expect(stderr).toMatch(new RegExp(`\nserver: \\S+${b.name}, from line 2 of list\\.txt\n`));
    expect(stdout + stderr).not.toContain('kept-secret');
  });

  test('explains a failure that several databases have in common once, with each server', async ({
    three,
  }) => {
    const { code, stderr } = await upOver(urlsOf(three), { ...FILES, 'V2.up.sql': 'select 1 / 0;' });
    expect(code).toBe(1);
    expect(stderr.match(/division by zero/g)).toHaveLength(1);
    expect(stderr.match(/^server: .*, from line [123] of list\.txt$/gm)).toHaveLength(3);
  });

  test('advises commands for one database with its address, and exits with 4 if it was only refused', async ({
    three: [a, b],
  }) => {
    const dir = await folderWith(FILES);
    await runCli(['up', '--dir', dir], { env: { DATABASE_URL: a.url } });
    await a.client.query('insert into one values (1)');
    const files = {
      ...FILES,
      'V3.up.sql': 'drop table one;',
      'V3.down.sql': 'create table one (id integer);',
    };
    const refused = await upOver(`${a.url}\n${b.url}`, files);
    expect(refused.code).toBe(4);
    expect(rowsOf(refused.stdout)).toMatchObject({
      [nameOf(a.url)]: ['V2', 'V2', '0', SECONDS, 'refused: would_lose_data'],
      [nameOf(b.url)]: ['V3', '3', SECONDS, 'applied'],
    });
    const allowed = await upOver(`${a.url}\n${b.url}`, files, ['--lose', 'one']);
    expect(allowed.code).toBe(0);
    expect(allowed.stdout).toMatch(
      /: To restore the data, run `DATABASE_URL=<address> voicesurvey-db restore voicesurvey-backup\/\S+`\.\n/,
    );
  });

  test('--json has an element for each database: the document of its result or of its error', async ({
    three: [a, b],
  }) => {
    await b.client.query('create table two ()');
    const dir = await folderWith(FILES);
    const { code, stderr, document } = await runJson(
      ['up', '--databases', '-', '--dir', dir, '--seed', '--to', '2'],
      {
        input: `${b.url}\n${a.url}\n`,
      },
    );
    expect([code, stderr]).toEqual([1, '']);
    const seconds = expect.any(Number);
    expect(document).toMatchObject({
      command: 'up',
      ok: false,
      exitCode: 1,
      databases: [
        {
          ok: false,
          exitCode: 1,
          addressSource: 'line 1 of standard input',
          from: null,
          to: 'V1',
          seconds,
          server: { address: expect.stringContaining(b.name) },
          error: { code: 'migration_failed', location: { line: 1 } },
          migrations: [
            { version: 'V1', status: 'applied' },
            { version: 'V2', status: 'failed' },
          ],
        },
        { ok: false, error: { code: 'no_schema' }, from: null, to: 'V2' },
      ],
    });
  });

  test('--create and --seed create and seed each database', async ({ three: [a] }) => {
    const url = withDatabaseName(a.url, `${a.name}_new`);
    try {
      const { code, stdout } = await runCli(['up', '--databases', '-', '--create', '--seed'], {
        input: `${url}\n${a.url}`,
      });
      expect(code).toBe(0);
      expect(rowsOf(stdout)).toMatchObject({
        [nameOf(url)]: [expect.any(String), expect.any(String), SECONDS, 'created, applied, seeded'],
        [nameOf(a.url)]: [expect.any(String), expect.any(String), SECONDS, 'applied, seeded'],
      });
    } finally {
      await dropDatabase(a.url, `${a.name}_new`);
    }
  });

  test('--dry-run prints the SQL for each database that has pending migrations, and the table as a remark', async ({
    three: [a, b],
  }) => {
    const dir = await folderWith(FILES);
    await runCli(['up', '--dir', dir], { env: { DATABASE_URL: a.url } });
    const { code, stdout, stderr } = await upOver(`${a.url}\n${b.url}`, FILES, ['--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^-- on postgresql:\\S+${b.name}\n-- V1\\.up\\.sql\ncreate table one[\\s\\S]*create table two \\(id integer\\);\n$`,
      ),
    );
    expect(stderr).toMatch(/nothing to do\n[\s\S]*pending\n/);
    expect(await b.value("select to_regclass('one')")).toBe(null);
  });

  test('interrupted ends the runs in progress, starts no other, and says which databases are done', async ({
    three,
  }) => {
    const [a, b, c] = three;
    const dir = await folderWith({
      ...FILES,
      'V2.up.sql': "select pg_sleep(60) where current_setting('test.is_slow', true) = 'yes';",
    });
    await b.client.query(`alter database ${b.name} set test.is_slow = 'yes'`);
    const { child, result } = startCli(['up', '--databases', '-', '--dir', dir, '--jobs', '1'], {
      input: urlsOf(three),
    });
    await until(
      async () =>
        (await b.value(
          "select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
        )) === 1,
    );
    child.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^3 databases: 1 done, 1 failed, 1 not started\.\n/);
    expect(rowsOf(stdout)).toMatchObject({
      [nameOf(a.url)]: ['V2', '2', SECONDS, 'applied'],
      [nameOf(b.url)]: ['V1', '1', SECONDS, 'interrupted'],
      [nameOf(c.url)]: ['not started'],
    });
    expect(stderr).toContain('error: Interrupted in V2. ');
    expect(await c.value("select to_regnamespace('voicesurvey_migrations')")).toBe(null);
    expect(stderr).not.toContain('MaxListeners');
  });
});

describe('up --databases fails before it connects, with a sentence about', () => {
  test.for([
    ['an empty list', '# nothing\r\n\r\n', [], 'list.txt names no database.'],
    [
      'a database that is named twice',
      'postgresql://a@db/survey\n\npostgresql://b@db:5432/survey',
      [],
      'Line 3 of list.txt names the same database as line 1: db/survey.',
    ],
    [
      'a line that is not an address',
      '# one\nmysql://ann:secret@db/survey',
      [],
      'Line 2 of list.txt: The database URL begins with mysql://, which is not the scheme of PostgreSQL.',
    ],
    [
      'an address with a remark after it',
      'postgresql://db/survey # a remark',
      [],
      'Line 1 of list.txt: The database URL contains white space or a control character.',
    ],
    [
      'two options that name servers',
      'postgresql://db/survey',
      ['--embedded'],
      '--databases names some servers and --embedded another.',
    ],
  ] as const)('%s', async ([, list, words, message]) => {
    const cwd = await folderWith({ 'list.txt': list });
    const { code, stdout, stderr } = await runCli(['up', '--databases', 'list.txt', ...words], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: [^\n]+\n[^\n]+\n$/);
    expect(stderr.toLowerCase()).toContain(`error: ${message}\n`.toLowerCase());
    expect(stderr).not.toContain('secret');
  });

  test.for([
    ['a file that does not exist', ['--databases', 'nothing.txt'], 'nothing.txt cannot be read (ENOENT).'],
    ['a folder', ['--databases', '.'], ' is not a regular file.'],
    [
      'an address in the place of a file',
      ['--databases', 'postgresql://ann:secret@db/survey'],
      '--databases takes the name of a file, not an address.',
    ],
    ['--jobs without a list', ['--jobs', '2'], '--jobs is for several databases.'],
  ] as const)('%s', async ([, words, message]) => {
    const cwd = await folderWith();
    const { code, stdout, stderr } = await runCli(['up', ...words], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('secret');
  });

  test('with --verbose names the database of each line of SQL', async ({ three }) => {
    const { stderr } = await upOver(urlsOf(three), FILES, ['--verbose']);
    const lines = stderr.split('\n').filter((line) => line.includes(' ms  '));
    const of = ({ url }: TestDatabase): number =>
      lines.filter((line) => line.includes(`${new URL(url).pathname}: `)).length;
    expect(lines.filter((line) => !/ ms {2}postgresql:\/\/\S+: /.test(line))).toEqual([]);
    expect(three.map(of).every((count) => count > 5)).toBe(true);
  });
});
