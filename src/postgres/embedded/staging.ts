import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './processes.js';
import { systemErrorCode } from './system-errors.js';

const STAGING_NAME = /\.(\d+)-[0-9a-f]{8}\.tmp$/;

/**
 * Creates an empty folder, open to its owner only, to be renamed when it is complete. Its name contains the id of this
 * process, so that {@link removeStaleStaging} removes it if the process is killed.
 *
 * @param base an existing folder
 * @param name the final name of the folder
 * @returns its path
 */
export async function createStaging(base: string, name: string): Promise<string> {
  const path = stagingPath(base, name);
  await mkdir(path, { mode: 0o700 });
  return path;
}

/** Removes a folder, also while an orphaned program still writes into it. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 10 });
}

/**
 * Removes the staging folders of processes that have ended.
 *
 * @param base the folder that contains them; may be missing
 */
export async function removeStaleStaging(base: string): Promise<void> {
  const names = await readdir(base).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const pid = STAGING_NAME.exec(name)?.[1];
      if (pid === undefined || isAlive(Number(pid))) return;
      const renamed = stagingPath(base, 'abandoned');
      try {
        // An orphaned initdb opens its files by path, so it can add none after the folder is renamed.
        await rename(join(base, name), renamed);
        await removeFolder(renamed);
      } catch (error) {
        // Another process removes the folder, or this user may not. It does no harm.
        if (systemErrorCode(error) === undefined) throw error;
      }
    }),
  );
}

function stagingPath(base: string, name: string): string {
  return join(base, `${name}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
}
