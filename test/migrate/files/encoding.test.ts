import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readSourceFile } from '../../../src/migrate/files/source.js';
import { MigrationFileError } from '../../../src/sql/errors.js';
import { runCli, runJson, runProgram } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

async function catchRefusal(path: string): Promise<MigrationFileError> {
  const error: unknown = await readSourceFile(path).catch((caught: unknown) => caught);
  if (error instanceof MigrationFileError) return error;
  throw new Error(`not refused: ${path}`);
}

function bigEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

const SQL = "-- grün\nselect 'grün', 😀 from t;\n";
const LATIN_1 = Buffer.from("-- green\r\nselect 'grün';\n", 'latin1');

describe('a file that PostgreSQL cannot accept as text is refused at its first invalid character:', () => {
  test.for([
    ['Latin-1', LATIN_1, 2, 11, /the byte 0xfc is not UTF-8/, "-- green\nselect 'grün';\n"],
    ['Windows-1252', Buffer.from('€ “'.replace('€ “', '\x80 \x93'), 'latin1'), 1, 1, /0x80/, '€ “'],
    ['Latin-1 after UTF-8', Buffer.concat([Buffer.from('-- 😀�ü\r'), LATIN_1]), 3, 11, /0xfc/, null],
    ['a truncated character', Buffer.from([0x61, 0xf0, 0x9f, 0x98, 0x0a, 0x62]), 1, 2, /0xf0/, null],
    ['UTF-16 with a byte order mark', Buffer.from(`\uFEFF${SQL}`, 'utf16le'), 1, 1, /is UTF-16LE/, SQL],
    ['big-endian UTF-16 with a byte order mark', bigEndian(`\uFEFF${SQL}`), 1, 1, /is UTF-16BE/, SQL],
    ['UTF-16 without a byte order mark', Buffer.from(SQL, 'utf16le'), 1, 1, /is UTF-16LE/, SQL],
    ['big-endian UTF-16 without a byte order mark', bigEndian(SQL), 1, 1, /is UTF-16BE/, SQL],
    ['a NUL byte', Buffer.from("select 1;\n\n 'ü\0'\n"), 3, 4, /NUL byte/, "select 1;\n\n 'ü'\n"],
  ] as const)('%s, with a command that converts it', async ([, bytes, line, column, problem, converted]) => {
    const folder = join(await folderWith(), "it's ours");
    await mkdir(folder);
    const path = join(folder, 'V1.up.sql');
    await writeFile(path, bytes);
    const { code, message, location, remedy } = await catchRefusal(path);
    expect({ code, location }).toMatchObject({ code: 'not_utf8', location: { file: path, line, column } });
    expect(message).toMatch(problem);
    expect(message).toContain(`${path}:${line}:${column}: `);

    const command = /: `((?:iconv|tr) .*)`$/.exec(remedy ?? '')?.[1] ?? '';
    expect(await runProgram('sh', ['-c', command], {})).toMatchObject({ code: 0, stderr: '' });
    const { text } = await readSourceFile(path);
    if (converted !== null) expect(text).toBe(converted);
  });

  test('Latin-1, with an excerpt of its line', async () => {
    const folder = await folderWith({ 'V1.up.sql': LATIN_1 });
    const { location } = await catchRefusal(join(folder, 'V1.up.sql'));
    expect(location?.excerpt.split('\n')).toEqual([
      '1 | -- green',
      "2 | select 'gr�n';",
      '  |           ^',
      '3 |',
    ]);
  });

  test('Latin-1, by the command line, in text and in JSON, before any SQL runs', async ({
    database: { url, value },
  }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': LATIN_1 });
    const args = ['up', '--dir', directory];
    const env = { DATABASE_URL: url };
    const { code, stderr } = await runCli(args, { env });
    expect(code).toBe(1);
    expect(stderr).toContain(`${join(directory, 'V1.down.sql')}:2:11: the byte 0xfc is not UTF-8`);
    const { document } = await runJson(args, { env });
    expect(document.error).toMatchObject({ code: 'not_utf8', location: { line: 2, column: 11 } });
    expect(await value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
  });
});

test('a byte order mark at the beginning of UTF-8 is not part of the text', async () => {
  const folder = await folderWith({ 'V1.up.sql': `\uFEFF${SQL}` });
  expect((await readSourceFile(join(folder, 'V1.up.sql'))).text).toBe(SQL);
  expect((await readFile(join(folder, 'V1.up.sql')))[0]).toBe(0xef);
});
