import { chmod, lchown, lstat, mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedServerError } from '../errors.js';
import { obstacleFor, type ServerUser } from './server-user.js';
import { systemErrorCode } from './system-errors.js';

const sharedBase = '/var/lib/voicesurvey-db';

/**
 * Chooses the folder that a new server's folder is to lie in. That is the directory itself, unless we are root and the
 * user who runs PostgreSQL has no way in (a clone under /root) or cannot own a file there. Then it is
 * `/var/lib/voicesurvey-db` or, where that cannot be made, `voicesurvey-db` in the system's folder for temporary
 * files, and `<directory>/server` is going to be a link.
 *
 * @param directory an existing folder
 * @param user who runs the server; null for ourselves
 * @throws EmbeddedServerError `embedded_directory_closed` when none of them will do
 */
export async function chooseBase(directory: string, user: ServerUser | null): Promise<string> {
  if (user === null || (await isUsable(directory, user))) return directory;
  const temporary = join(tmpdir(), 'voicesurvey-db');
  for (const base of [sharedBase, temporary]) {
    if ((await makeTrusted(base)) && (await isUsable(base, user))) return base;
  }
  throw new EmbeddedServerError(
    'embedded_directory_closed',
    `PostgreSQL refuses to run as root, and ${user.name}, who runs it instead, can use neither ${directory} nor ${sharedBase} nor ${temporary}.`,
    {
      remedy: `Run the command as an ordinary user, or in a folder that ${user.name} can enter, or set DATABASE_URL to another server.`,
    },
  );
}

/** Whether the user can enter the folder and own a file in it; some file systems know only one owner. */
async function isUsable(base: string, user: ServerUser): Promise<boolean> {
  if ((await obstacleFor(user, base, 1)) !== null) return false;
  const probe = await mkdtemp(join(base, '.owner-'));
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

/** Makes a folder of root's that all can enter; false when it cannot be made, or is one that others can write to. */
async function makeTrusted(base: string): Promise<boolean> {
  try {
    await mkdir(base, { recursive: true });
    const found = await lstat(base);
    if (!found.isDirectory() || found.uid !== process.geteuid?.()) return false;
    if ((found.mode & 0o022) !== 0) return false;
    await chmod(base, 0o755);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}
