import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readRegularFile, readRegularFileSync } from '../../src/text/regular-file.js';
import { folderWith } from '../support/folder.js';

const run = promisify(execFile);
const onUnix = test.skipIf(process.platform === 'win32');
const MEBIBYTE = 2 ** 20;

const FORMS = [
  ['readRegularFile', readRegularFile],
  ['readRegularFileSync', async (path: string, limit?: number) => readRegularFileSync(path, limit)],
] as const;

/** Makes what is not a regular file, one of each kind. */
const SPECIAL: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['a FIFO', (path) => run('mkfifo', [path])],
  ['a directory', (path) => mkdir(path)],
  ['a link to an endless device', (path) => symlink('/dev/zero', path)],
  ['a link to a terminal', (path) => symlink('/dev/tty', path)],
  ['a socket', listenOn],
  [
    'a link to a FIFO',
    async (path) => [await run('mkfifo', [`${path}.real`]), await symlink(`${path}.real`, path)],
  ],
];

async function listenOn(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

describe.each(FORMS)('%s', (_name, read) => {
  test.each([0, 1, 100, 65_535, 65_536, 65_537, 3 * MEBIBYTE])('reads a file of %i bytes', async (length) => {
    const bytes = Buffer.alloc(length, 'content ');
    const folder = await folderWith({ file: bytes });
    const file = await read(join(folder, 'file'));
    expect(file).toMatchObject({ kind: 'content', status: { size: length } });
    expect(file.kind === 'content' && file.bytes.equals(bytes)).toBe(true);
    expect(await read(join(folder, 'file'), length)).toMatchObject({ kind: 'content' });
    if (length === 0) return;
    expect(await read(join(folder, 'file'), length - 1)).toMatchObject({ kind: 'too long' });
  });

  onUnix('reads a link to a file', async () => {
    const folder = await folderWith({ file: 'content' });
    await symlink('file', join(folder, 'link'));
    expect(await read(join(folder, 'link'))).toMatchObject({
      kind: 'content',
      bytes: Buffer.from('content'),
    });
  });

  onUnix.each(SPECIAL)('refuses %s immediately', async (_kind, make) => {
    const path = join(await folderWith(), 'file');
    await make(path);
    expect(await read(path)).toEqual({ kind: 'unusable', problem: 'is not a regular file' });
  });

  test('does not read a file of 3 GB', async () => {
    const folder = await folderWith({ file: '' });
    await truncate(join(folder, 'file'), 3e9);
    const before = process.memoryUsage.rss();
    expect(await read(join(folder, 'file'))).toEqual({ kind: 'too long', problem: 'is larger than 16 MiB' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MEBIBYTE);
  });

  test.runIf(existsSync('/proc/self/pagemap'))(
    'stops at the limit of a file that is longer than its status says',
    async () => {
      expect(await read('/proc/self/status')).toMatchObject({ kind: 'content', status: { size: 0 } });
      // It has eight bytes for each page of the address space.
      expect(await read('/proc/self/pagemap', MEBIBYTE - 1)).toMatchObject({ kind: 'too long' });
    },
  );

  test('names the reason for which a file cannot be read', async () => {
    const folder = await folderWith({ file: '' });
    expect(await read(join(folder, 'other'))).toMatchObject({
      kind: 'missing',
      problem: 'cannot be read (ENOENT)',
    });
    if (process.getuid?.() === 0 || process.platform === 'win32') return;
    await chmod(join(folder, 'file'), 0);
    expect(await read(join(folder, 'file'))).toMatchObject({
      kind: 'unusable',
      problem: 'cannot be read (EACCES)',
    });
  });
});
