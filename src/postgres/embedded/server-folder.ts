import { randomBytes } from 'node:crypto';
import { chmod, lchown, lstat, realpath, rename, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createFolder } from '../../text/create-folder.js';
import { EmbeddedServerError } from '../errors/explained-error.js';
import type { EmbeddedBinaries } from './binaries.js';
import { initializeServer } from './initialize.js';
import { readServerFile } from './server-file.js';
import type { ServerUser } from './server-user.js';
import { createStaging, removeFolder } from './staging.js';
import { systemErrorCode } from './system-errors.js';

/** The `.gitignore` of the folder. */
export const IGNORE_EVERYTHING = '*\n';

/**
 * Finds the folder with a server's `data`, `password` and `log`: `<directory>/server`, or the target of that link.
 *
 * @returns its real path, or null if there is no server
 */
export async function findServerFolder(directory: string): Promise<string | null> {
  try {
    return await realpath(join(directory, 'server'));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Creates a folder if it is missing, and makes git ignore it in any project.
 *
 * @param directory its path
 * @param user the user who will run the server. If root creates the folder in a folder of that user, it belongs to the user.
 */
export async function prepareDirectory(directory: string, user: ServerUser | null): Promise<void> {
  const isNew = await createFolder(directory);
  const ignore = join(directory, '.gitignore');
  try {
    await writeFile(ignore, IGNORE_EVERYTHING, { flag: 'wx' });
  } catch (error) {
    // A user who may only read the folder can still find its server.
    if (!['EEXIST', 'EACCES', 'EROFS'].includes(systemErrorCode(error) ?? '')) throw error;
  }
  if (user === null || !isNew) return;
  if ((await stat(dirname(directory))).uid === user.uid) {
    for (const path of [directory, ignore]) await lchown(path, user.uid, user.gid);
  } else {
    // Open to all users, whatever root's umask is. The folders inside it protect the data.
    await chmod(directory, 0o755);
  }
}

/**
 * Creates a new server's folder with an empty database `voicesurvey`. It is completed in a staging folder and then renamed,
 * so a killed process never leaves half a server, and one of two concurrent processes wins.
 *
 * @param options.base the parent of the folder: `directory`, or a folder that `<directory>/server` will link into
 * @param options.user the user who runs the server; null for the user of this process
 * @param options.signal ends the programs of PostgreSQL, so that the call fails
 * @returns its real path, or that of the process that won
 * @throws EmbeddedServerError `embedded_initdb_failed` if PostgreSQL could not create the data
 */
export async function createServerFolder(options: {
  readonly directory: string;
  readonly base: string;
  readonly user: ServerUser | null;
  readonly binaries: EmbeddedBinaries;
  readonly signal?: AbortSignal | undefined;
}): Promise<string> {
  const { directory, base, user, binaries, signal } = options;
  const staging = await createStaging(base, 'server');
  try {
    await initializeServer({ folder: staging, user, binaries, signal });
    await moveIntoPlace(staging, directory, base);
  } catch (error) {
    await removeFolder(staging);
    const winner = await findServerFolder(directory);
    if (winner === null) throw error;
    return winner;
  }
  return realpath(join(directory, 'server'));
}

/**
 * Reads which major version of PostgreSQL wrote the data.
 *
 * @throws EmbeddedServerError `embedded_folder_damaged` if the folder contains no data of PostgreSQL
 */
export async function readDataMajor(folder: string): Promise<string> {
  const major = await readServerFile(join(folder, 'data/PG_VERSION'));
  if (major !== null) return major.trim();
  throw new EmbeddedServerError(
    'embedded_folder_damaged',
    `The embedded server in ${folder} is incomplete: data/PG_VERSION is missing.`,
    {
      remedy:
        'Restore the folder from a backup. For a new, empty server, move the folder to another place and run the command again.',
    },
  );
}

async function moveIntoPlace(staging: string, directory: string, base: string): Promise<void> {
  const path = join(directory, 'server');
  // A link whose target is gone, as after a container was recreated, refers to no server.
  const isDangling = (await findServerFolder(directory)) === null;
  if (isDangling && (await lstat(path).catch(() => null))?.isSymbolicLink()) await unlink(path);
  if (base === directory) return rename(staging, path);
  const target = join(base, `${basename(dirname(directory))}-${randomBytes(4).toString('hex')}`);
  await rename(staging, target);
  try {
    await symlink(target, path);
  } catch (error) {
    await removeFolder(target);
    throw error;
  }
}
