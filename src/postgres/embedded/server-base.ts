import { chmod, lchown, lstat, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolder } from '../../text/create-folder.js';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { findObstacle, type ServerUser } from './server-user.js';
import { createStaging } from './staging.js';
import { systemErrorCode } from './system-errors.js';

const SHARED_BASE = '/var/lib/voicesurvey-db';
const temporaryBase = (): string => join(tmpdir(), 'voicesurvey-db');

/** Whether a folder may hold the servers of several directories, see {@link chooseBase}. */
export function isSharedBase(folder: string): boolean {
  return folder === SHARED_BASE || folder === temporaryBase();
}

/**
 * Chooses the parent of a new server's folder. That is the directory itself, unless this process is root and the user who
 * runs PostgreSQL cannot enter the directory (a clone under /root) or cannot own a file in it. Then it is
 * `/var/lib/voicesurvey-db`, or `voicesurvey-db` in the system's temporary folder if that cannot be created, and
 * `<directory>/server` will be a link.
 *
 * @param directory an existing folder
 * @param user the user who runs the server; null for the user of this process
 * @throws EmbeddedServerError `embedded_directory_closed` if none of them is usable
 */
export async function chooseBase(directory: string, user: ServerUser | null): Promise<string> {
  if (user === null || (await isUsable(directory, user))) return directory;
  const temporary = temporaryBase();
  for (const base of [SHARED_BASE, temporary]) {
    if ((await createTrusted(base)) && (await isUsable(base, user))) return base;
  }
  throw new EmbeddedServerError(
    'embedded_directory_closed',
    `PostgreSQL refuses to run as root, and the user ${user.name}, who runs it instead, can use neither ${directory} nor ${SHARED_BASE} nor ${temporary}.`,
    {
      remedy: `Run the command as a user other than root, or in a folder that ${user.name} can enter, or set DATABASE_URL (for test databases, TEST_DATABASE_URL) to another server.`,
    },
  );
}

/** Checks whether the user can enter the folder and own a file in it. Some file systems have only one owner. */
async function isUsable(base: string, user: ServerUser): Promise<boolean> {
  if ((await findObstacle(user, base, 1)) !== null) return false;
  const probe = await createStaging(base, '.owner');
  try {
    await lchown(probe, user.uid, user.gid);
    return (await lstat(probe)).uid === user.uid;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  } finally {
    await rmdir(probe);
  }
}

/** Creates a folder of root that every user can enter. Returns false if it cannot be created, or others can write to it. */
async function createTrusted(base: string): Promise<boolean> {
  try {
    await createFolder(base);
    const status = await lstat(base);
    if (!status.isDirectory() || status.uid !== process.geteuid?.()) return false;
    if ((status.mode & 0o022) !== 0) return false;
    await chmod(base, 0o755);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}
