import { describe, expect } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { repository } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';
import { hasTerminal, runOnTerminal } from '../support/terminal.js';

/** Runs a command on a terminal of 80 columns; returns the lines that it shows in the end. */
async function linesOnTerminal({ url }: TestDatabase, ...args: string[]): Promise<string[]> {
  const command = [process.execPath, `${repository}bin/voicesurvey-db`, ...args];
  const { stdout } = await runOnTerminal(command, { env: { DATABASE_URL: url } });
  // A terminal shows of a line what comes after its last carriage return.
  return stdout.split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1).replaceAll('\u001B[K', ''));
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
