import { spawnSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { computeChecksum, MAX_FILE_BYTES, readSourceFile } from '../../../src/migrate/files/source.js';
import { folderWith } from '../../support/folder.js';

const text = "create table t (\n  name text default 'ü'\n);\n";

describe('the checksum of a file', () => {
  test.for([
    ['CRLF', text.replaceAll('\n', '\r\n')],
    ['CR', text.replaceAll('\n', '\r')],
    ['a byte order mark', `\uFEFF${text}`],
    ['a last newline', text.trimEnd()],
    ['the number of newlines at the end', `${text}\n\r\n`],
  ] as const)('does not depend on %s (E14)', ([, variant]) => {
    expect(computeChecksum(variant)).toBe(computeChecksum(text));
  });

  test('changes with one letter', () => {
    expect(computeChecksum(text.replace('name', 'nane'))).not.toBe(computeChecksum(text));
  });
});

describe('a file of SQL', () => {
  const read = async (content: string | Uint8Array): Promise<string> => {
    const folder = await folderWith({ 'V1.up.sql': content });
    return (await readSourceFile(join(folder, 'V1.up.sql'))).text;
  };

  test('is read with \\n as its line end, whatever the editor wrote', async () => {
    expect(await read('\uFEFFselect 1;\r\nselect 2;\r')).toBe('select 1;\nselect 2;\n');
  });

  test('that is too long for a migration is refused before it is read', async () => {
    await expect(read(Buffer.alloc(MAX_FILE_BYTES + 1, 0x20))).rejects.toMatchObject({
      code: 'file_too_long',
    });
  });

  test.skipIf(process.platform === 'win32')('that is not a regular file is refused immediately', async () => {
    const folder = await folderWith();
    const path = (name: string): string => join(folder, name);
    spawnSync('mkfifo', [path('fifo')]);
    await mkdir(path('directory'));
    for (const [name, target] of [
      ['link to a fifo', path('fifo')],
      ['endless', '/dev/zero'],
      ['terminal', '/dev/tty'],
    ] as const) {
      await symlink(target, path(name));
    }
    for (const name of ['fifo', 'directory', 'link to a fifo', 'endless', 'terminal']) {
      await expect(readSourceFile(path(name)), name).rejects.toMatchObject({
        code: 'unreadable_file',
        message: `${path(name)} is not a regular file.`,
      });
    }
  });

  test('that does not exist is reported as unreadable', async () => {
    await expect(readSourceFile('/nowhere/V1.up.sql')).rejects.toMatchObject({ code: 'unreadable_file' });
  });
});
