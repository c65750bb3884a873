import { randomBytes } from 'node:crypto';
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readFile,
  realpath,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedServerError } from '../errors.js';
import type { EmbeddedBinaries } from './binaries.js';
import { initialise } from './initialise.js';
import type { ServerUser } from './server-user.js';
import { discard, openStaging } from './staging.js';
import { systemErrorCode } from './system-errors.js';

/**
 * Finds the folder that holds a server's `data`, `password` and `log`: `<directory>/server`, or what that links to.
 *
 * @returns its real path, or null when there is no server
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
 * Makes sure that a folder is there, and that git does not see it, whatever project it lies in.
 *
 * @param directory its path
 * @param user who is going to run the server; when root makes the folder in one of that user's, it is that user's too
 */
export async function prepareDirectory(directory: string, user: ServerUser | null): Promise<void> {
  const isNew = await makeFolder(directory);
  const ignore = join(directory, '.gitignore');
  try {
    await writeFile(ignore, '*\n', { flag: 'wx' });
  } catch (error) {
    // Who may only enter the folder can still be told of its server.
    if (!['EEXIST', 'EACCES', 'EROFS'].includes(systemErrorCode(error) ?? '')) throw error;
  }
  if (user === null || !isNew) return;
  if ((await stat(dirname(directory))).uid === user.uid) {
    for (const path of [directory, ignore]) await lchown(path, user.uid, user.gid);
  } else {
    // Whatever root's umask is: what must be closed lies deeper.
    await chmod(directory, 0o755);
  }
}

/**
 * Makes a new server's folder, with an empty database `voicesurvey` in it: whole, beside its place, and then in one
 * step into it. A killed process never leaves half a server, and of two processes one wins.
 *
 * @param options.base the folder that it is to lie in: `directory`, or one that `<directory>/server` is to link into
 * @param options.user who runs the server; null for ourselves
 * @returns its real path; when another process was faster, that one's
 * @throws EmbeddedServerError `embedded_initdb_failed` when PostgreSQL could not make it
 */
export async function createServerFolder(options: {
  readonly directory: string;
  readonly base: string;
  readonly user: ServerUser | null;
  readonly binaries: EmbeddedBinaries;
}): Promise<string> {
  const { directory, base, user, binaries } = options;
  const staging = await openStaging(base, 'server');
  try {
    await initialise({ folder: staging, user, binaries });
    await settle(staging, directory, base);
  } catch (error) {
    await discard(staging);
    const winner = await findServerFolder(directory);
    if (winner === null) throw error;
    return winner;
  }
  return realpath(join(directory, 'server'));
}

/**
 * Which major version of PostgreSQL wrote the data.
 *
 * @throws EmbeddedServerError `embedded_folder_damaged` when the folder holds no data of PostgreSQL's
 */
export async function majorOfData(folder: string): Promise<string> {
  try {
    return (await readFile(join(folder, 'data/PG_VERSION'), 'utf8')).trim();
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemErrorCode(cause) ?? '')) throw cause;
    throw new EmbeddedServerError(
      'embedded_folder_damaged',
      `${folder} is not a whole server: data/PG_VERSION is missing in it.`,
      { remedy: `Put the folder back from a backup, or move it away and run it again for a new one.`, cause },
    );
  }
}

/** Makes a folder and those above it; false when it is there. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    // Not recursive at first, since that reports any failure, such as a read-only file system, as ENOENT.
    await mkdir(path);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    await mkdir(path, { recursive: true });
  }
  return true;
}

async function settle(staging: string, directory: string, base: string): Promise<void> {
  const place = join(directory, 'server');
  // What the link led to is gone (a container was made anew), so it keeps nothing.
  const leadsNowhere = (await findServerFolder(directory)) === null;
  if (leadsNowhere && (await lstat(place).catch(() => null))?.isSymbolicLink()) await unlink(place);
  if (base === directory) return rename(staging, place);
  const elsewhere = join(base, `${basename(dirname(directory))}-${randomBytes(4).toString('hex')}`);
  await rename(staging, elsewhere);
  try {
    await symlink(elsewhere, place);
  } catch (error) {
    await discard(elsewhere);
    throw error;
  }
}
