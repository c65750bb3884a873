import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createNewFile } from '../../src/text/new-file.js';
import { folderWith } from '../support/folder.js';

test('a new file is private, and has its name and its whole text from one moment on', async () => {
  const path = join(await folderWith(), 'new', 'results.csv');
  const file = await createNewFile(path);
  await file.write('one\n');
  await file.write('two\n');
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await file.commit();
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a new file replaces no file and no link that got its name meanwhile, and is deleted', async () => {
  const folder = await folderWith({ 'other.csv': 'other' });
  for (const make of [
    (path: string) => writeFile(path, 'other'),
    (path: string) => symlink(join(folder, 'missing.csv'), path),
  ]) {
    const path = join(folder, `${make.toString().length}.csv`);
    const file = await createNewFile(path);
    await file.write('new');
    await make(path);
    await expect(file.commit()).rejects.toMatchObject({ code: 'EEXIST' });
    await file.discard();
  }
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(await readdir(folder)).not.toContain('missing.csv');
});

test('two new files with one path do not write into each other', async () => {
  const path = join(await folderWith(), 'results.csv');
  const [one, two] = [await createNewFile(path), await createNewFile(path)];
  await Promise.all([one.write('one'), two.write('two')]);
  await one.commit();
  await expect(two.commit()).rejects.toMatchObject({ code: 'EEXIST' });
  await two.discard();
  expect(await readFile(path, 'utf8')).toBe('one');
});
