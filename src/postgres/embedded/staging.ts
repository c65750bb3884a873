import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLiveness, identifyThisProcess } from './process-identity.js';
import { systemErrorCode } from './system-errors.js';

/** Ends the name of a staging folder: the process that made it, a random number, and `.tmp`. */
const STAGING_NAME = /\.(?<pid>\d+)-(?<space>[0-9a-f]{8})-(?<start>\d+)-[0-9a-f]{8}\.tmp$/;
/** A staging folder is completed within seconds, on a slow machine within minutes. */
const LONGEST_USE_MS = 10 * 60 * 1000;

/**
 * Creates an empty folder, open to its owner only, to be renamed when it is complete. Its name identifies this process, so
 * that {@link removeStaleStaging} removes it if the process is killed.
 *
 * @param base an existing folder
 * @param name the final name of the folder
 * @returns its path
 */
export async function createStaging(base: string, name: string): Promise<string> {
  const path = await stagingPath(base, name);
  await mkdir(path, { mode: 0o700 });
  return path;
}

/** Removes a folder, also while an orphaned program still writes into it. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 10 });
}

/**
 * Removes the staging folders of processes that have ended. A process in another container that uses the same folder cannot
 * be seen from here; its staging folders are removed after ten minutes.
 *
 * @param base the folder that contains them; may be missing
 */
export async function removeStaleStaging(base: string): Promise<void> {
  const names = await readdir(base).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      if (!(await isStale(base, name))) return;
      const renamed = await stagingPath(base, 'abandoned');
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

async function isStale(base: string, name: string): Promise<boolean> {
  const { pid, space = '', start = '' } = STAGING_NAME.exec(name)?.groups ?? {};
  if (pid === undefined) return false;
  const liveness = await checkLiveness({ pid: Number(pid), space, start });
  if (liveness !== 'elsewhere') return liveness === 'ended';
  const status = await stat(join(base, name)).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > LONGEST_USE_MS;
}

/** Makes an unused path for a staging folder, whose name identifies this process. */
export async function stagingPath(base: string, name: string): Promise<string> {
  const { pid, space, start } = await identifyThisProcess();
  return join(base, `${name}.${pid}-${space}-${start}-${randomBytes(4).toString('hex')}.tmp`);
}
