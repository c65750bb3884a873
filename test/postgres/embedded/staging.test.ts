import { spawn } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { createStaging, removeFolder, removeStaleStaging } from '../../../src/postgres/embedded/staging.js';
import { createFolder, ended } from './support.js';

test('removeStaleStaging removes the folders of ended processes only', async () => {
  const base = await createFolder();
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await ended(dead);
  const left = join(base, `server.${dead.pid}-0123abcd.tmp`);
  await mkdir(join(left, 'data'), { recursive: true });
  await writeFile(join(left, 'data/file'), '');
  await mkdir(join(base, 'server.of.mine.tmp'));
  const mine = await createStaging(base, 'server');
  expect((await stat(mine)).mode & 0o777).toBe(0o700);
  await Promise.all([removeStaleStaging(base), removeStaleStaging(base)]);
  expect((await readdir(base)).sort()).toEqual([basename(mine), 'server.of.mine.tmp'].sort());
  await removeFolder(mine);
  expect(await readdir(base)).toEqual(['server.of.mine.tmp']);
});

test('removeStaleStaging accepts a missing folder', async () => {
  await removeStaleStaging(join(await createFolder(), 'missing'));
});
