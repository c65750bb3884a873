import { spawn } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { discard, openStaging, sweepStaging } from '../../../src/postgres/embedded/staging.js';
import { ended, openFolder } from './support.js';

it('sweeps what dead processes left, and nothing of the living', async () => {
  const base = await openFolder();
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await ended(dead);
  const left = join(base, `server.${dead.pid}-0123abcd.tmp`);
  await mkdir(join(left, 'data'), { recursive: true });
  await writeFile(join(left, 'data/file'), '');
  await mkdir(join(base, 'server.of.mine.tmp'));
  const mine = await openStaging(base, 'server');
  expect((await stat(mine)).mode & 0o777).toBe(0o700);
  await Promise.all([sweepStaging(base), sweepStaging(base)]);
  expect((await readdir(base)).sort()).toEqual([basename(mine), 'server.of.mine.tmp'].sort());
  await discard(mine);
  expect(await readdir(base)).toEqual(['server.of.mine.tmp']);
});

it('has nothing to sweep where there is no folder', async () => {
  await sweepStaging(join(await openFolder(), 'missing'));
});
