import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFolder } from '../../src/text/create-folder.js';
import { folderWith } from '../support/folder.js';

test('a folder is created with its parents and its mode', async () => {
  const folder = join(await folderWith({}), 'a/b/c');
  expect(await createFolder(folder, 0o700)).toBe(true);
  expect((await stat(join(folder, '..'))).mode & 0o777).toBe(0o700);
  expect(await createFolder(folder, 0o700)).toBe(false);
});

test('twenty concurrent creations of one folder succeed', async () => {
  const folder = join(await folderWith({}), 'a/b/c');
  await Promise.all(Array.from({ length: 20 }, () => createFolder(folder)));
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test('a folder below a file cannot be created', async () => {
  const folder = await folderWith({ file: '' });
  await expect(createFolder(join(folder, 'file/a/b'))).rejects.toThrow(/ENOTDIR/);
});

test.runIf(process.platform === 'linux')(
  'a folder in /proc is an error and not an endless loop',
  async () => {
    await expect(createFolder('/proc/x/y')).rejects.toThrow(/ENOENT/);
  },
);
