import { chmod, lstat, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { allProcesses } from '../../../src/postgres/embedded/processes.js';
import {
  findEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import { ask, inChild, installInto, isRoot, openFolder } from './support.js';

const sharedBase = '/var/lib/voicesurvey-db';
const before: string[] = await readdir(sharedBase).catch(() => []);

afterAll(async () => {
  const running = (await allProcesses()).map(({ title }) => title);
  for (const name of await readdir(sharedBase).catch(() => [])) {
    const copy = join(sharedBase, name);
    const isOurs = name.startsWith('postgresql-') && !before.includes(name);
    if (isOurs && !running.some((title) => title.includes(copy))) await rm(copy, { recursive: true });
  }
  await rmdir(sharedBase).catch(() => {});
});

describe.skipIf(!isRoot)('root, in a folder that is closed to all others (needs root)', () => {
  it('gets a server whose data lie where its user can go', async () => {
    const directory = await closedDirectory();
    const { url, directory: folder } = await startEmbeddedServer({ directory });
    removeAfterTest(directory, folder);
    expect(dirname(folder)).toBe(sharedBase);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await lstat(join(directory, 'server'))).isSymbolicLink()).toBe(true);
    expect(await ask(url, 'select current_database()')).toEqual(['voicesurvey']);

    await stopEmbeddedServer({ directory });
    expect(await findEmbeddedServer({ directory })).toBeNull();
    expect(await startEmbeddedServer({ directory })).toMatchObject({ url, directory: folder });
  });

  it('gets one also when PostgreSQL itself is installed there', async () => {
    const directory = await closedDirectory();
    const app = await installInto(dirname(directory));
    const { value } = await inChild('start', directory, { app });
    removeAfterTest(directory, value.directory);
    expect(value.started).toBe(true);
    expect(await ask(value.url, 'select 1')).toEqual([1]);
  });

  it('gets one when several commands start it at once', async () => {
    const directory = await closedDirectory();
    const results = await Promise.all([1, 2, 3].map(() => inChild('start', directory)));
    removeAfterTest(directory, results[0]?.value.directory ?? '');
    expect(new Set(results.map(({ value }) => value.url)).size).toBe(1);
  });

  it('gets a new one when what the folder links to is gone', async () => {
    const directory = await closedDirectory();
    const { directory: gone } = await startEmbeddedServer({ directory });
    await stopEmbeddedServer({ directory });
    await rm(gone, { recursive: true });
    const { directory: folder, started } = await startEmbeddedServer({ directory });
    removeAfterTest(directory, folder);
    expect(started).toBe(true);
    expect(folder).not.toBe(gone);
  });
});

async function closedDirectory(): Promise<string> {
  const folder = await openFolder();
  await mkdir(join(folder, 'db'));
  await chmod(folder, 0o700);
  return join(folder, 'db');
}

/** What lies outside of the test's own folder; the server is stopped while there still is a way to it. */
function removeAfterTest(directory: string, folder: string): void {
  onTestFinished(async () => {
    await stopEmbeddedServer({ directory });
    if (dirname(folder) === sharedBase) await rm(folder, { recursive: true });
  });
}
