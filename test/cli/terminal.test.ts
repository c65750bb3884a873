import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { repository, runCli, runProgram } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';
import { hasTerminal, runOnTerminal, type TerminalOptions } from '../support/terminal.js';

/** Runs a command on a terminal; returns everything that it writes. */
async function outputOnTerminal(
  { url }: Pick<TestDatabase, 'url'>,
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<string> {
  const command = [process.execPath, `${repository}bin/voicesurvey-db`, ...args];
  const env = { DATABASE_URL: url, ...options.env };
  return (await runOnTerminal(command, { ...options, env })).stdout;
}

/** Runs a command on a terminal of 80 columns; returns the lines that it shows in the end, without their colors. */
async function linesOnTerminal(database: TestDatabase, ...args: string[]): Promise<string[]> {
  const output = await outputOnTerminal(database, args);
  // A terminal shows of a line what comes after its last carriage return.
  return output.split('\n').map((line) => stripVTControlCharacters(line.slice(line.lastIndexOf('\r') + 1)));
}

/** A name of 61 characters: with what a list says about it, a line does not fit into 80 columns. */
const LONG_NAME = 'a_name_that_leaves_little_room_on_a_line_of_eighty_characters';

describe.skipIf(!hasTerminal)('on a terminal of 80 columns', () => {
  test('up breaks sentences between words and erases its status line', async ({ database }) => {
    const dir = await folderWith({
      'V1.up.sql': 'create table one (id integer);',
      'V1.down.sql': 'drop table one;',
      'V2.up.sql': 'select wrong;',
      'V2.down.sql': '',
    });
    const lines = await linesOnTerminal(database, 'up', '--dir', dir);
    expect(lines[0]).toMatch(/^V1 committed in \d+ ms$/);
    expect(lines.slice(1).join(' ')).toMatch(
      /^error: \S+ column "wrong" does not exist \(SQLSTATE 42703\)\. {2}1 \| /,
    );
    for (const line of lines) expect(line.length <= 80 || !/\S\s\S/.test(line)).toBe(true);
  });

  test('down keeps the columns of the list of data that it would delete', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': `create table one (id integer); create table ${LONG_NAME} (id integer);`,
      'V1.down.sql': `drop table one; drop table ${LONG_NAME};`,
    });
    await up({ url: database.url, directory });
    await database.client.query(`insert into one values (1); insert into ${LONG_NAME} values (1), (2)`);
    const lines = await linesOnTerminal(database, 'down', '--dir', directory);
    const start = lines.findIndex((line) => line.startsWith('  V1  '));
    expect(lines.slice(start, start + 3).sort()).toEqual([
      '      rows',
      `  V1  table ${LONG_NAME}: 2`,
      '  V1  table one: 1 row',
    ]);
    expect(lines[lines.indexOf('      rows') - 1]).toBe(`  V1  table ${LONG_NAME}: 2`);
  });

  test('up keeps the indent of the list of drift', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': `create table one (${LONG_NAME} integer);`,
      'V1.down.sql': 'drop table one;',
    });
    await up({ url: database.url, directory });
    await database.client.query(`alter table one alter ${LONG_NAME} set not null`);
    await addFiles(directory, { 'V2.up.sql': 'create table two ();', 'V2.down.sql': 'drop table two;' });
    const lines = await linesOnTerminal(database, 'up', '--dir', directory);
    const start = lines.findIndex((line) => line.startsWith('  column one.'));
    expect(lines.slice(start, start + 2)).toEqual([
      `  column one.${LONG_NAME}: null`,
      '    allowed in V1, not here',
    ]);
  });
});

const RED = '\u001B[31m';
const YELLOW = '\u001B[33m';

/** A database with one migration applied and one pending, whose table was changed outside of migrations. */
async function drifted({ url, client }: TestDatabase): Promise<string> {
  const directory = await folderWith({
    'V1.up.sql': 'create table one (id integer);',
    'V1.down.sql': 'drop table one;',
    'V2.up.sql': 'create table two (id integer);',
    'V2.down.sql': 'drop table two;',
  });
  await up({ url, directory, to: 'V1' });
  await client.query('alter table one add column by_hand text');
  return directory;
}

describe.skipIf(!hasTerminal)('the colors of a terminal', () => {
  test('status shows what is pending in yellow and drift in red', async ({ database }) => {
    const output = await outputOnTerminal(database, ['status', '--dir', await drifted(database)]);
    expect(output).toContain(`${YELLOW}1 applied, 1 pending.`);
    expect(output).toContain(`${YELLOW}V2  pending`);
    expect(output).toContain(`${RED}Drift: `);
    expect(output).toMatch(/^V1 {2}applied/m);
  });

  test('verify shows a finding in red, and an error has a red label', async ({ database }) => {
    const dir = await drifted(database);
    const output = await outputOnTerminal(database, ['verify', '--no-rules', '--dir', dir]);
    expect(output).toContain(`${RED}drift\u001B[39m `);
    const error = await outputOnTerminal(database, ['up', '--to', 'V9', '--dir', dir]);
    expect(error).toContain(`${RED}error\u001B[39m: `);
  });

  test.for([
    ['NO_COLOR', '1'],
    ['TERM', 'dumb'],
  ] as const)('%s=%s switches them off', async ([name, value], { database }) => {
    const args = ['status', '--dir', await drifted(database)];
    const output = await outputOnTerminal(database, args, { env: { [name]: value } });
    expect(output).toContain('1 applied, 1 pending.');
    expect(output).not.toContain('\u001B');
  });
});

describe.skipIf(!hasTerminal)('the status line of a terminal', () => {
  test('up counts the seconds of a slow migration, and erases the line afterwards', async ({ database }) => {
    const dir = await folderWith({ 'V1.up.sql': 'select pg_sleep(1.5);', 'V1.down.sql': '' });
    const output = await outputOnTerminal(database, ['up', '--dir', dir]);
    expect(output).toContain('\r\u001B[KV1 up … 1 s\r\u001B[KV1 committed in ');
  });

  test('up counts the seconds of each statement of a no-transaction file, with its line', async ({
    database,
  }) => {
    const dir = await folderWith({
      'V1.up.sql': `-- migrate: no-transaction
create function slow() returns integer language plpgsql immutable as $$ begin perform pg_sleep(1.3); return 1; end $$;
create table t (id integer);
insert into t values (1);
create index concurrently slowly on t ((id + slow()));
select pg_sleep(1.3);`,
      'V1.down.sql': '',
    });
    const output = await outputOnTerminal(database, ['up', '--dir', dir]);
    expect(output).toContain('\u001B[KV1 up, line 6 … 1 s');
    expect(output).toContain('\u001B[KV1 up, line 5 …\r');
  });

  test('status counts the seconds of its wait for a locked history', async ({ database }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    await up({ url: database.url, directory });
    await database.client.query('begin; lock table voicesurvey_migrations.history');
    const running = outputOnTerminal(database, ['status', '--dir', directory]);
    await pause(2500);
    await database.client.query('rollback');
    const output = await running;
    expect(output).toMatch(/Reading the history and the catalog … [12] s/);
    expect(output).toContain('\r\u001B[KEverything is applied.');
  });

  test('is a new line after 1, 2, 4 … seconds on a terminal that cannot erase one', async ({ database }) => {
    const dir = await folderWith({
      'V1.up.sql': 'select 1;',
      'V1.down.sql': '',
      'V2.up.sql': 'select pg_sleep(4.5);',
      'V2.down.sql': '',
    });
    const output = await outputOnTerminal(database, ['up', '--dir', dir], { env: { TERM: 'dumb' } });
    for (const control of ['\r', '\u001B']) expect(output).not.toContain(control);
    const lines = output.split('\n');
    expect(lines.filter((line) => line.startsWith('V2 '))).toEqual([
      'V2 up … 1 s',
      'V2 up … 2 s',
      'V2 up … 4 s',
      expect.stringMatching(/^V2 committed in \d+ ms$/),
    ]);
    expect(output).not.toContain('V1 up');
  });

  test('of check is at most one line a second on a terminal that cannot erase one', async ({ database }) => {
    const dir = await folderWith({
      'V1.up.sql': 'select pg_sleep(0.3);',
      'V1.down.sql': 'select 1;',
      'V2.up.sql': 'select pg_sleep(0.3);',
      'V2.down.sql': 'select 1;',
    });
    const args = ['check', '--no-lints', '--url', database.url, '--dir', dir];
    const started = performance.now();
    const output = await outputOnTerminal(database, args, { env: { TERM: 'dumb' } });
    const seconds = (performance.now() - started) / 1000;
    const lines = output.split('\n').filter((line) => line.startsWith('Checking V'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(seconds);
  });

  test('does not exist in a file, which gets one line for each event', async ({ database }) => {
    const dir = await folderWith({ 'V1.up.sql': 'select pg_sleep(1.2);', 'V1.down.sql': '' });
    const { stderr } = await runCli(['up', '--dir', dir], { env: { DATABASE_URL: database.url } });
    expect(stderr).toMatch(/^V1 committed in \d+ ms\n$/);
  });
});

describe.skipIf(!hasTerminal)('a narrow and a wide terminal', () => {
  test.for([40, 200])('of %i columns gets no line that is wider, unless one word is', async (columns, {
    database,
  }) => {
    const dir = await drifted(database);
    for (const args of [
      ['status', '--dir', dir],
      ['verify', '--dir', dir],
      ['down', '--dir', dir],
      ['up', '--to', 'V9', '--dir', dir],
      ['up', '--help'],
      ['--help'],
    ]) {
      const output = await outputOnTerminal(database, args, { columns });
      for (const line of stripVTControlCharacters(output).split(/[\n\r]/)) {
        // A command to copy is one word.
        const words = line
          .replace(/^Usage: .*|^ {2}\S*voicesurvey-db .*/, '')
          .replaceAll(/`[^`]*`/g, (command) => command.replaceAll(' ', '_'));
        expect(line.length <= columns || !/\S\s+\S+\s+\S/.test(words), line).toBe(true);
      }
    }
  });
});

describe('a pipe', () => {
  test('gets no color and no movement of the cursor from any command', async ({ database }) => {
    const dir = await drifted(database);
    const env = { DATABASE_URL: database.url };
    for (const args of [['status'], ['verify'], ['up'], ['down'], ['up', '--to', 'V9']]) {
      const { stdout, stderr } = await runCli([...args, '--dir', dir], { env });
      for (const code of ['\u001B', '\r']) expect(stdout + stderr).not.toContain(code);
    }
  });

  test('gets colors if FORCE_COLOR asks for them', async ({ database }) => {
    const env = { DATABASE_URL: database.url, FORCE_COLOR: '1' };
    const { stdout } = await runCli(['status', '--dir', await drifted(database)], { env });
    expect(stdout).toContain(`${YELLOW}1 applied, 1 pending.`);
  });

  test('gets no color and no warning if NO_COLOR contradicts FORCE_COLOR', async ({ database }) => {
    const env = { DATABASE_URL: database.url, FORCE_COLOR: '1', NO_COLOR: '1' };
    const { stdout, stderr } = await runCli(['status', '--dir', await drifted(database)], { env });
    expect(stdout).toMatch(/^1 applied, 1 pending\.\n/);
    expect(stderr).toBe('');
  });

  test('that ends early, as in status | head -1, gets the result as its first line, and status ends quietly', async ({
    database,
  }) => {
    const program = `'${process.execPath}' '${repository}bin/voicesurvey-db'`;
    const script = `{ ${program} status --dir '${await drifted(database)}'; echo $? >&2; } | head -1`;
    const { stdout, stderr } = await runProgram('sh', ['-c', script], {
      env: { DATABASE_URL: database.url },
    });
    expect([stdout, stderr]).toEqual(['1 applied, 1 pending.\n', '3\n']);
  });
});
