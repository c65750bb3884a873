import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createStaging, removeFolder, removeStaleStaging } from '../../../src/postgres/embedded/staging.js';
import { until } from '../../support/until.js';
import { createFolder, ended } from './support.js';

/** The process that a staging folder's name identifies. */
const IDENTITY = /\.(?<pid>\d+)-(?<space>[0-9a-f]{8})-(?<start>\d+)-(?<random>[0-9a-f]{8})\.tmp$/;

/** Makes the staging folder of a process that was killed in initdb. Its name differs in some parts from one of this process. */
async function leaveStaging(base: string, changes: Readonly<Record<string, unknown>>): Promise<string> {
  const own = await createStaging(base, 'server');
  const parts = { ...IDENTITY.exec(own)?.groups, ...changes };
  await removeFolder(own);
  const left = join(base, `server.${parts.pid}-${parts.space}-${parts.start}-${parts.random}.tmp`);
  await mkdir(join(left, 'data'), { recursive: true });
  await writeFile(join(left, 'data/file'), '');
  return left;
}

test('removeStaleStaging removes the folders of ended processes only', async () => {
  const base = await createFolder();
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await ended(dead);
  await leaveStaging(base, { pid: dead.pid });
  await mkdir(join(base, 'server.of.mine.tmp'));
  const mine = await createStaging(base, 'server');
  expect((await stat(mine)).mode & 0o777).toBe(0o700);
  await Promise.all([removeStaleStaging(base), removeStaleStaging(base)]);
  expect((await readdir(base)).sort()).toEqual([basename(mine), 'server.of.mine.tmp'].sort());
  await removeFolder(mine);
  expect(await readdir(base)).toEqual(['server.of.mine.tmp']);
});

describe.runIf(existsSync('/proc/self/stat'))('removeStaleStaging', () => {
  test('removes the folder of an ended process whose id another process, or this one, has now', async () => {
    const base = await createFolder();
    await leaveStaging(base, { start: 1 });
    await leaveStaging(base, { pid: process.ppid, start: 1 });
    await removeStaleStaging(base);
    expect(await readdir(base)).toEqual([]);
  });

  test('removes the folder of a zombie, as a killed process stays in a container without init', async () => {
    const base = await createFolder();
    // The shell becomes a program that never waits for its child, which has ended by then.
    const parent = spawn('sh', ['-c', '(echo $(exec sh -c "echo \\$PPID")) & exec sleep 600']);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    await until(async () => /\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
    const start = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')[21];
    await leaveStaging(base, { pid, start });
    await removeStaleStaging(base);
    expect(await readdir(base)).toEqual([]);
  });

  test('keeps the folder of a process in another container for ten minutes', async () => {
    const base = await createFolder();
    const left = await leaveStaging(base, { pid: 1, space: '01234567' });
    await removeStaleStaging(base);
    expect(await readdir(base)).toEqual([basename(left)]);
    const before = new Date(Date.now() - 11 * 60_000);
    await utimes(left, before, before);
    await removeStaleStaging(base);
    expect(await readdir(base)).toEqual([]);
  });
});

test('removeStaleStaging accepts a missing folder', async () => {
  await removeStaleStaging(join(await createFolder(), 'missing'));
});
