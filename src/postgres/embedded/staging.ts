import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './processes.js';
import { systemErrorCode } from './system-errors.js';

const stagingName = /\.(\d+)-[0-9a-f]{8}\.tmp$/;

/**
 * Makes an empty folder beside the one that it is going to become, open to its owner only. Its name tells which
 * process builds in it, so that others can remove what a killed process left.
 *
 * @param base an existing folder
 * @param name what it is going to be
 * @returns its path
 */
export async function openStaging(base: string, name: string): Promise<string> {
  const path = stagingPath(base, name);
  await mkdir(path, { mode: 0o700 });
  return path;
}

/** Removes a folder that nobody uses, also while a program that was orphaned still writes into it. */
export async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 10 });
}

/**
 * Removes the staging folders of processes that are dead.
 *
 * @param base the folder they lie in; may be missing
 */
export async function sweepStaging(base: string): Promise<void> {
  const names = await readdir(base).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const pid = stagingName.exec(name)?.[1];
      if (pid === undefined || isAlive(Number(pid))) return;
      const mine = stagingPath(base, 'abandoned');
      try {
        // An initdb that has lost its parent finds its files by path: under another name it can no longer add any.
        await rename(join(base, name), mine);
        await discard(mine);
      } catch (error) {
        // Somebody else sweeps it, or we may not: it is in nobody's way.
        if (systemErrorCode(error) === undefined) throw error;
      }
    }),
  );
}

function stagingPath(base: string, name: string): string {
  return join(base, `${name}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
}
