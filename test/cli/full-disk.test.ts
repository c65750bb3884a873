import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { runCli } from '../support/cli.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';

/** Mounts a file system of 100 KB, which needs root. Returns null if that is not possible. */
function mountSmallDisk(folder: string): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => {
    execFileSync('umount', [folder]);
  });
  return folder;
}

async function smallDisk(): Promise<string | null> {
  const folder = join(await folderWith(), 'disk');
  await mkdir(folder);
  return mountSmallDisk(folder);
}

const files = {
  'V1.up.sql': 'create table one (id integer, note text);',
  'V1.down.sql': 'drop table one;',
};

describe('on a full disk', { timeout: SLOW }, () => {
  test('docs and types leave the older file as it was, and say what to do', async ({ migrated, skip }) => {
    const disk = await smallDisk();
    if (disk === null) return skip();
    const env = { DATABASE_URL: migrated.url };
    await writeFile(join(disk, 'schema.md'), 'older');
    await writeFile(join(disk, 'rows.ts'), 'older');
    await writeFile(join(disk, 'other'), Buffer.alloc(80_000));
    for (const words of [
      ['docs', '--out', disk],
      ['types', '--out', join(disk, 'rows.ts')],
    ]) {
      const { code, stderr } = await runCli(words, { env });
      expect([code, stderr.replaceAll(/\s+/g, ' ')]).toEqual([
        1,
        expect.stringContaining('Free disk space there'),
      ]);
    }
    expect(await readFile(join(disk, 'schema.md'), 'utf8')).toBe('older');
    expect(await readFile(join(disk, 'rows.ts'), 'utf8')).toBe('older');
    expect((await readdir(disk)).sort()).toEqual(['other', 'rows.ts', 'schema.md']);
  });

  test('new leaves no file', async ({ skip }) => {
    const disk = await smallDisk();
    if (disk === null) return skip();
    await writeFile(join(disk, 'other'), Buffer.alloc(102_400)).catch(() => undefined);
    const { code, stderr } = await runCli(['new', 'add a table', '--dir', disk]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Free disk space there.')]);
    expect(await readdir(disk)).toEqual(['other']);
  });

  test('down deletes nothing, and leaves no part of a backup', async ({ database, skip }) => {
    const disk = await smallDisk();
    if (disk === null) return skip();
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    await database.client.query(
      "insert into one select n, repeat('x', 100) from generate_series(1, 5000) as n",
    );
    const { code, stderr } = await runCli(['down', '--dir', directory, '--lose', 'one'], {
      env: { DATABASE_URL: database.url },
      cwd: disk,
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('Free space there')]);
    expect(await database.value('select count(*)::integer from one')).toBe(5000);
    const [folder] = await readdir(disk);
    expect(await readdir(join(disk, folder ?? ''))).toEqual(['.gitignore']);
  });
});
