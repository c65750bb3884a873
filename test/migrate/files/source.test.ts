import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checksumOf, LONGEST_FILE_BYTES, readSourceFile } from '../../../src/migrate/files/source.js';
import { folderWith } from '../../support/folder.js';

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
    return (await readSourceFile(join(folder, 'V1.up.sql'))).text;
  };

  test('is sent with \\n as its line end, whatever the editor wrote', async () => {
    expect(await read('\uFEFFselect 1;\r\nselect 2;\r')).toBe('select 1;\nselect 2;\n');
  });

  test('that is too long to be a migration is refused before it is read', async () => {
    await expect(read(Buffer.alloc(LONGEST_FILE_BYTES + 1, 0x20))).rejects.toMatchObject({
      code: 'file_too_long',
    });
  });

  test('that is not there says so', async () => {
    await expect(readSourceFile('/nowhere/V1.up.sql')).rejects.toMatchObject({ code: 'unreadable_file' });
  });
});
