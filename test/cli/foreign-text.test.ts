import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { type CliResult, runCli, runJson, startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';
import { until } from '../support/until.js';

/**
 * Clears the screen, writes the clipboard, overwrites the line, reverses the text, separates lines, and commands GitHub
 * Actions and Azure Pipelines.
 */
const NASTY =
  'x\u001b[2J\u001b]52;c;eA==\u0007\u009b1m\u0085\rover\u202etxt\u2066\u2028\n::error::hit ##[error]hit ##vso[x]\u007f';
const UNSAFE = /(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const COMMAND = /^[^\S\n]*::|##\w*\[/m;
/** In a file, a carriage return is a line break. */
const IN_FILE = NASTY.replace('\r', '');
const ONE_LINE = IN_FILE.replace('\n', ' ');
const IDENTIFIER = pg.escapeIdentifier(IN_FILE);
const TYPE = pg.escapeIdentifier(`t${IN_FILE}`);
const LITERAL = pg.escapeLiteral(IN_FILE);

function expectHarmless({ stdout, stderr }: CliResult): void {
  for (const output of [stdout, stderr]) {
    expect(UNSAFE.exec(output)?.[0]?.codePointAt(0)?.toString(16)).toBeUndefined();
    expect(COMMAND.exec(output)?.[0]).toBeUndefined();
  }
}

function withParameter(url: URL, name: string): URL {
  url.searchParams.set(name, NASTY);
  return url;
}

/** Runs a command with and without `--json`, and returns its output for people. */
async function runBoth({ url }: Pick<TestDatabase, 'url'>, ...args: string[]): Promise<CliResult> {
  const env = { DATABASE_URL: url };
  const result = await runCli(args, { env });
  expectHarmless(result);
  expectHarmless(await runJson(args, { env }));
  return result;
}

// Runs the command line some eighty times.
describe('no control character and no command for a CI service reaches the output', { timeout: SLOW }, () => {
  test('from the names and the text of a file, a notice and an error', async ({ database }) => {
    const folder = join(await folderWith({}), NASTY.replaceAll('/', ''));
    await mkdir(folder);
    await writeFile(
      join(folder, `V1.${NASTY}.up.sql`),
      `create table ${IDENTIFIER} (id integer constraint ${IDENTIFIER} check (id > 0));
do $$ begin raise notice using message = ${LITERAL}; raise warning using message = ${LITERAL}; end $$;
insert into ${IDENTIFIER} values (0 /* ${IN_FILE} */);`,
    );
    await writeFile(join(folder, `V1.${NASTY}.down.sql`), `drop table ${IDENTIFIER}; -- ${ONE_LINE}`);
    const failed = await runBoth(database, 'up', '--dir', folder);
    expect(failed.stderr).toMatch(/notice: x\\u001b\[2J/);
    expect(failed.stderr).toMatch(/error: .*x\\u001b\[2J/);
    expectHarmless(
      await runCli(['up', '--dry-run', '--dir', folder], { env: { DATABASE_URL: database.url } }),
    );
    for (const command of ['status', 'verify', 'check']) await runBoth(database, command, '--dir', folder);
  });

  test('from a message that is raised with every field', async ({ database }) => {
    const sql = `do $$ begin raise exception using errcode = '23505', message = ${LITERAL}, detail = ${LITERAL},
  hint = ${LITERAL}, schema = ${LITERAL}, table = ${LITERAL}, column = ${LITERAL}, datatype = ${LITERAL},
  constraint = ${LITERAL}; end $$;`;
    const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
    const { code } = await runBoth(database, 'up', '--dir', directory);
    expect(code).toBe(1);
    const error = await up({ url: database.url, directory }).catch((caught: unknown) => caught);
    const { message, remedy, server, cause } = error as {
      message: string;
      remedy: string;
      server: object;
      cause: Error;
    };
    for (const text of [message, remedy, ...Object.values(server), cause.message, cause.stack]) {
      expect(UNSAFE.test(text ?? '')).toBe(false);
    }
  });

  test('from the objects of a database', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': `create type ${TYPE} as enum (${pg.escapeLiteral(NASTY.slice(0, 12))}, ${pg.escapeLiteral(IN_FILE.slice(20, 50))});
create table ${IDENTIFIER} (${IDENTIFIER} integer primary key, mood ${TYPE}, parent integer references ${IDENTIFIER});
comment on table ${IDENTIFIER} is ${pg.escapeLiteral(`*/ <script> ${IN_FILE}`)};
comment on column ${IDENTIFIER}.mood is ${pg.escapeLiteral(`*/ <img src=x> ${IN_FILE} Personal data.`)};
create function ${IDENTIFIER}(${IDENTIFIER} integer) returns integer return 1;
comment on function ${IDENTIFIER} is ${pg.escapeLiteral(`*/ <script> ${IN_FILE}`)};`,
      'V1.down.sql': `drop function ${IDENTIFIER}; drop table ${IDENTIFIER}; drop type ${TYPE};`,
    });
    const { code, stderr } = await runBoth(database, 'up', '--dir', directory);
    expect(code, stderr).toBe(0);
    await database.client.query(`insert into ${IDENTIFIER} values (1);
create table ${pg.escapeIdentifier(`b${NASTY}`)} (); create index ${pg.escapeIdentifier(`i${NASTY}`)} on ${IDENTIFIER} (parent);
comment on table ${IDENTIFIER} is ${pg.escapeLiteral(`other ${NASTY}`)}`);
    for (const args of [
      ['status'],
      ['verify'],
      ['down'],
      ['down', '--dry-run'],
      ['down', '--lose', NASTY],
      ['types'],
    ]) {
      await runBoth(database, ...args, '--dir', directory);
    }
    await database.client.query('drop schema voicesurvey_migrations cascade');
    await runBoth(database, 'baseline', 'V1', '--dir', directory);
    await runBoth(database, 'check', '--dir', directory);
    await runBoth(database, 'check', '--locks', '--dir', directory);
    const actions = await runCli(['check', '--dir', directory], {
      env: { DATABASE_URL: database.url, GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: directory },
    });
    const own = /^::(?:error|notice) file=V1\.\w+\.sql,.*$/gm;
    expect(actions.stderr).toMatch(own);
    expectHarmless({ ...actions, stderr: actions.stderr.replaceAll(own, '') });
    expect(UNSAFE.test(actions.stderr)).toBe(false);
  });

  test('from the comments of a schema in its documentation, its picture and its types', async ({
    database,
  }) => {
    const directory = await folderWith({
      'V1.up.sql': `create table ${IDENTIFIER} (${IDENTIFIER} integer primary key, p integer references ${IDENTIFIER});
comment on table ${IDENTIFIER} is ${pg.escapeLiteral(`*/ <script> ${IN_FILE}`)};
comment on column ${IDENTIFIER}.p is ${pg.escapeLiteral(`*/ \`<script>\`\` ${IN_FILE}`)};`,
      'V1.down.sql': '',
    });
    await up({ url: database.url, directory });
    const out = await folderWith({});
    await runBoth(database, 'docs', '--dir', directory, '--out', out);
    await runBoth(database, 'docs', '--html', '--dir', directory, '--out', out);
    await runBoth(database, 'types', '--dir', directory, '--out', join(out, 'rows.ts'));
    for (const file of ['schema.md', 'schema.svg', 'schema.html', 'rows.ts']) {
      const text = await readFile(join(out, file), 'utf8');
      expect(UNSAFE.exec(text)?.[0]?.codePointAt(0)?.toString(16), file).toBeUndefined();
      const scripts = file === 'schema.html' ? 1 : 0;
      if (file !== 'rows.ts') expect(text.split('<script>').length - 1, file).toBe(scripts);
    }
    expect((await readFile(join(out, 'rows.ts'), 'utf8')).match(/\*\//g)).toHaveLength(
      (await readFile(join(out, 'rows.ts'), 'utf8')).match(/\/\*\*/g)?.length ?? 0,
    );
  });

  test('from the query of a session that holds a lock', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': 'create table one (id integer);',
      'V1.down.sql': 'drop table one;',
      'V2.up.sql': '-- migrate: lock-timeout 200ms\nalter table one add column n integer;',
      'V2.down.sql': 'alter table one drop column n;',
    });
    await up({ url: database.url, directory, to: 'V1' });
    await database.client.query(`begin; set application_name = ${LITERAL}`);
    await database.client.query(`lock table one; select 1 as ${IDENTIFIER}`);
    const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: database.url } });
    let shown = '';
    child.stderr?.on('data', (text) => {
      shown += text;
    });
    await until(() => shown.includes('waiting for a lock'));
    await database.client.query('rollback');
    expectHarmless(await result);
  });

  test.for([
    ['a command', [NASTY]],
    ['an option', ['up', `--${NASTY}`]],
    ['a version', ['up', '--to', NASTY]],
    ['a number', ['down', '--steps', NASTY]],
    ['a folder', ['up', '--dir', NASTY]],
    ['the name of a migration', ['new', '--dir', NASTY, NASTY]],
    ['an argument too many', ['status', NASTY]],
    ['a version to repair', ['repair', NASTY, '--reason', NASTY]],
    ['an output file', ['docs', '--out', `/dev/null/${NASTY}`]],
    ['an address on the command line', ['up', `postgresql://a:b@c/${NASTY}`]],
  ] as const)('from %s that is typed', async ([, args], { database }) => {
    const result = await runCli(args, { env: { DATABASE_URL: database.url } });
    expect(result.code).not.toBe(0);
    expectHarmless(result);
    expectHarmless(await runCli([...args, '--json'], { env: { DATABASE_URL: database.url } }));
  });

  test.for([
    ['the user', (url: URL) => Object.assign(url, { username: NASTY })],
    ['the database', (url: URL) => Object.assign(url, { pathname: `/${NASTY}` })],
    ['a parameter', (url: URL) => withParameter(url, 'options')],
    ['an unknown parameter', (url: URL) => withParameter(url, NASTY)],
  ] as const)('from %s of the address', async ([, change], { database }) => {
    const { href } = change(new URL(database.url));
    for (const command of ['status', 'url']) {
      expectHarmless(await runCli([command], { env: { DATABASE_URL: href } }));
    }
    expectHarmless(await runCli(['status', '--json'], { env: { DATABASE_URL: href } }));
  });

  test('from an address that cannot be read', async () => {
    expectHarmless(await runCli(['status'], { env: { DATABASE_URL: NASTY } }));
    expectHarmless(await runCli(['status', '--json'], { env: { DATABASE_URL: NASTY } }));
  });
});
