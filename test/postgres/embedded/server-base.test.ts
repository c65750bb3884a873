import { chmod, lstat, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { listProcesses } from '../../../src/postgres/embedded/processes.js';
import {
  findEmbeddedServer,
  removeEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import { SLOW } from '../../support/timeouts.js';
import { createFolder, inChild, installInto, isRoot, queryRow } from './support.js';

const SHARED_BASE = '/var/lib/voicesurvey-db';
const before: string[] = await readdir(SHARED_BASE).catch(() => []);

afterAll(async () => {
  const running = (await listProcesses()).map(({ title }) => title);
  for (const name of await readdir(SHARED_BASE).catch(() => [])) {
    const copy = join(SHARED_BASE, name);
    const isOurs = name.startsWith('postgresql-') && !before.includes(name);
    if (isOurs && !running.some((title) => title.includes(copy))) await rm(copy, { recursive: true });
  }
  await rmdir(SHARED_BASE).catch(() => {});
});

describe.skipIf(!isRoot)(
  'root in a folder that other users cannot enter (needs root)',
  { timeout: SLOW },
  () => {
    test('root gets a server in a closed folder, with its data in a folder that the server user can enter', async () => {
      const directory = await closedDirectory();
      const { url, directory: folder } = await startEmbeddedServer({ directory });
      removeAfterTest(directory, folder);
      expect(dirname(folder)).toBe(SHARED_BASE);
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      expect((await lstat(join(directory, 'server'))).isSymbolicLink()).toBe(true);
      expect(await queryRow(url, 'select current_database()')).toEqual(['voicesurvey']);

      await stopEmbeddedServer({ directory });
      expect(await findEmbeddedServer({ directory })).toBeNull();
      expect(await startEmbeddedServer({ directory })).toMatchObject({ url, directory: folder });
    });

    test('root gets a server in a closed folder although PostgreSQL is installed in it', async () => {
      const directory = await closedDirectory();
      const app = await installInto(dirname(directory));
      const { value } = await inChild('start', directory, { app });
      removeAfterTest(directory, value.directory);
      expect(value.started).toBe(true);
      expect(await queryRow(value.url, 'select 1')).toEqual([1]);
    });

    test('removeEmbeddedServer leaves nothing of a server in a closed folder', async () => {
      const directory = await closedDirectory();
      const app = await installInto(dirname(directory));
      const { value } = await inChild('start', directory, { app });
      expect(dirname(value.directory)).toBe(SHARED_BASE);
      expect(await removeEmbeddedServer({ directory })).toBe(true);
      const names: string[] = await readdir(SHARED_BASE).catch(() => []);
      expect(names).not.toContain(basename(value.directory));
      // The copied programs stay only if another server is there, which may use them.
      if (names.every((name) => name.startsWith('postgresql-'))) expect(names).toEqual([]);
      await expect(lstat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    test('concurrent starts of root in a closed folder get the same server', async () => {
      const directory = await closedDirectory();
      const results = await Promise.all([1, 2, 3].map(() => inChild('start', directory)));
      removeAfterTest(directory, results[0]?.value.directory ?? '');
      expect(new Set(results.map(({ value }) => value.url)).size).toBe(1);
    });

    test('root gets a new server if the target of the link in the folder is gone', async () => {
      const directory = await closedDirectory();
      const { directory: gone } = await startEmbeddedServer({ directory });
      await stopEmbeddedServer({ directory });
      await rm(gone, { recursive: true });
      const { directory: folder, started } = await startEmbeddedServer({ directory });
      removeAfterTest(directory, folder);
      expect(started).toBe(true);
      expect(folder).not.toBe(gone);
    });
  },
);

async function closedDirectory(): Promise<string> {
  const folder = await createFolder();
  await mkdir(join(folder, 'db'));
  await chmod(folder, 0o700);
  return join(folder, 'db');
}

/** Removes the data outside of the test's folder. Stops the server first, while the link to it exists. */
function removeAfterTest(directory: string, folder: string): void {
  onTestFinished(async () => {
    await stopEmbeddedServer({ directory });
    if (dirname(folder) === SHARED_BASE) await rm(folder, { recursive: true });
  });
}
