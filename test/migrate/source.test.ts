import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checksumOf, LONGEST_FILE_BYTES, placeAt, readSource } from '../../src/migrate/source.js';
import { folderWith } from '../support/folder.js';

const text = "create table t (\n  name text default 'ü'\n);\n";

describe('a checksum', () => {
  test.for([
    ['CRLF', text.replaceAll('\n', '\r\n')],
    ['CR', text.replaceAll('\n', '\r')],
    ['a byte order mark', `\uFEFF${text}`],
    ['no last newline', text.trimEnd()],
    ['more newlines at the end', `${text}\n\r\n`],
  ] as const)('is the same with %s (E14)', ([, variant]) => {
    expect(checksumOf(variant)).toBe(checksumOf(text));
  });

  test('differs by one changed letter', () => {
    expect(checksumOf(text.replace('name', 'nane'))).not.toBe(checksumOf(text));
  });
});

describe('a file', () => {
  const read = async (content: string | Uint8Array): Promise<string> => {
    const folder = await folderWith({ 'V1.up.sql': content });
    return (await readSource(join(folder, 'V1.up.sql'))).text;
  };

  test('is sent with \\n as its line end, whatever the editor wrote', async () => {
    expect(await read('\uFEFFselect 1;\r\nselect 2;\r')).toBe('select 1;\nselect 2;\n');
  });

  test.for([
    ['Latin-1', Buffer.from('-- one\n-- f\xfcr\n', 'latin1'), ':2: the file is not UTF-8'],
    ['UTF-16', Buffer.from('\uFEFFselect 1;', 'utf16le'), ':1: the file is UTF-16'],
    ['a NUL byte', Buffer.from('select 1;\n\n\0'), ':3: the file holds a NUL byte'],
  ] as const)('with %s is refused with its line and a cure', async ([, bytes, what]) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'not_utf8',
      message: expect.stringContaining(what),
      remedy: expect.stringContaining('iconv'),
    });
  });

  test('that is too long to be a migration is refused before it is read', async () => {
    await expect(read(Buffer.alloc(LONGEST_FILE_BYTES + 1, 0x20))).rejects.toMatchObject({
      code: 'file_too_long',
    });
  });

  test('that is not there says so', async () => {
    await expect(readSource('/nowhere/V1.up.sql')).rejects.toMatchObject({ code: 'unreadable_file' });
  });
});

describe('a place', () => {
  test('counts characters, not bytes or code units, so that the caret stands below its character', () => {
    const source = { path: 'a.sql', text: "select 'ü😀', wrong;\n" };
    const place = placeAt(source, source.text.indexOf('wrong'));
    expect(place).toMatchObject({ line: 1, column: 14 });
    const [line = '', caret = ''] = place.excerpt.split('\n');
    expect([...line][[...caret].indexOf('^')]).toBe('w');
  });

  test('shows two lines before and behind, numbered', () => {
    const source = { path: 'a.sql', text: '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n' };
    expect(placeAt(source, source.text.indexOf('9')).excerpt.split('\n')).toEqual([
      ' 7 | 7',
      ' 8 | 8',
      ' 9 | 9',
      '   | ^',
      '10 | 10',
      '11 | 11',
    ]);
  });

  test('in a very long line is shown with the part around it', () => {
    const source = { path: 'a.sql', text: `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}` };
    const [line = '', caret = ''] = placeAt(source, 5000).excerpt.split('\n');
    expect(line.length).toBeLessThan(120);
    expect(line[caret.indexOf('^')]).toBe('H');
  });
});
