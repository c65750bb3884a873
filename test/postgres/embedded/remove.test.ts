import { lstat, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readProcessTitle } from '../../../src/postgres/embedded/processes.js';
import {
  removeEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import { createFolder, kill, newDirectory } from './support.js';

const missing = { code: 'ENOENT' };

test('removeEmbeddedServer stops a running server and deletes its folder', async () => {
  const directory = await newDirectory();
  expect(await removeEmbeddedServer({ directory })).toBe(false);
  const { pid } = await startEmbeddedServer({ directory });
  expect(await removeEmbeddedServer({ directory })).toBe(true);
  expect(await readProcessTitle(pid)).toBe('');
  await expect(lstat(directory)).rejects.toMatchObject(missing);
  expect(await removeEmbeddedServer({ directory })).toBe(false);
});

test('removeEmbeddedServer deletes a server that was killed, and leaves other files', async () => {
  const directory = await newDirectory();
  const { pid } = await startEmbeddedServer({ directory });
  await kill(pid);
  await writeFile(join(directory, 'notes.txt'), 'mine');
  expect(await removeEmbeddedServer({ directory })).toBe(true);
  expect((await readdir(directory)).sort()).toEqual(['.gitignore', 'notes.txt']);
});

test('removeEmbeddedServer deletes nothing outside if the server is a link of the user', async () => {
  const folder = await createFolder();
  const [directory, elsewhere] = [join(folder, 'db'), join(folder, 'elsewhere')];
  await startEmbeddedServer({ directory });
  await stopEmbeddedServer({ directory });
  await rename(join(directory, 'server'), elsewhere);
  await symlink(elsewhere, join(directory, 'server'));
  await expect(removeEmbeddedServer({ directory })).rejects.toMatchObject({
    code: 'embedded_directory_unusable',
    message: expect.stringContaining(elsewhere),
  });
  expect(await readdir(elsewhere)).toContain('data');
});

test('removeEmbeddedServer removes a link whose target is gone', async () => {
  const directory = await newDirectory();
  await mkdir(directory);
  await symlink('/var/lib/voicesurvey-db/gone', join(directory, 'server'));
  expect(await removeEmbeddedServer({ directory })).toBe(false);
  await expect(lstat(directory)).rejects.toMatchObject(missing);
});
