import { spawnSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readLastStart, readPostmasterState } from '../../../src/postgres/embedded/postmaster.js';
import { readDataMajor } from '../../../src/postgres/embedded/server-folder.js';
import { readPassword } from '../../../src/postgres/embedded/server-password.js';
import { createFolder } from './support.js';

test.skipIf(process.platform === 'win32').each([
  ['the password', 'password', readPassword],
  ['the version of the data', 'data/PG_VERSION', readDataMajor],
  ['postmaster.pid', 'data/postmaster.pid', (folder: string) => readPostmasterState(join(folder, 'data'))],
  ['postmaster.opts', 'data/postmaster.opts', (folder: string) => readLastStart(join(folder, 'data'))],
] as const)('reading %s does not wait for a FIFO, a device or a long file', async (_name, file, read) => {
  const folder = await createFolder();
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  for (const [make, problem] of [
    [async () => spawnSync('mkfifo', [path]), 'is not a regular file'],
    [() => symlink('/dev/zero', path), 'is not a regular file'],
    [() => writeFile(path, Buffer.alloc(2_000_000)), 'is larger than 1 MiB'],
  ] as const) {
    await make();
    await expect(read(folder)).rejects.toMatchObject({
      code: 'embedded_folder_damaged',
      message: `The folder of the embedded server is damaged: ${path} ${problem}.`,
    });
    await rm(path);
  }
});
