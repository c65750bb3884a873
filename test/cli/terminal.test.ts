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

const NAME = 'a_column_with_a_name_that_leaves_little_room_on_a_line_of_eighty_columns';

describe.skipIf(!hasTerminal)('on a terminal of 80 columns', () => {
  test('up breaks sentences between words and erases its status line', async ({ database }) => {
    const dir = await folderWith({
      'V1.up.sql': 'create table one (id integer);',
      'V1.down.sql': 'drop table one;',
      'V2.up.sql': 'select wrong;',
      'V2.down.sql': '',
    });
    const lines = await linesOnTerminal(database, 'up', '--dir', dir);
    expect(lines[0]).toMatch(/^V1 applied in \d+ ms$/);
    expect(lines.slice(1).join(' ')).toMatch(
      /^error: \S+ column "wrong" does not exist \(SQLSTATE 42703\)\. {2}1 \| /,
    );
    for (const line of lines) expect(line.length <= 80 || !/\S\s\S/.test(line)).toBe(true);
  });

  test('down keeps the columns of the list of data that it would delete', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': `create table one (note text, ${NAME.slice(0, 60)} text);`,
      'V1.down.sql': 'drop table one;',
      'V2.up.sql': `alter table one rename note to ${NAME.slice(0, 50)};`,
      'V2.down.sql': `alter table one drop column ${NAME.slice(0, 50)}, drop column ${NAME.slice(0, 60)}, add note text;`,
    });
    await up({ url: database.url, directory });
    await database.client.query("insert into one values ('a', 'b'), ('c', 'd')");
    const lines = await linesOnTerminal(database, 'down', '--dir', directory);
    expect(lines).toEqual(
      expect.arrayContaining([
        `  V2  column one.${NAME.slice(0, 60)}:`,
        '      2 values',
        `  V2  column one.${NAME.slice(0, 50)}: 2 values`,
      ]),
    );
  });

  test('up keeps the indent of the list of drift', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': `create table one (${NAME.slice(0, 50)} integer);`,
      'V1.down.sql': 'drop table one;',
    });
    await up({ url: database.url, directory });
    await database.client.query(`alter table one alter ${NAME.slice(0, 50)} set not null`);
    await addFiles(directory, { 'V2.up.sql': 'create table two ();', 'V2.down.sql': 'drop table two;' });
    const lines = await linesOnTerminal(database, 'up', '--dir', directory);
    const start = lines.findIndex((line) => line.startsWith('  column one.'));
    expect(lines.slice(start, start + 2)).toEqual([
      `  column one.${NAME.slice(0, 50)}: null`,
      '    allowed in V1, not here',
    ]);
  });
});
