import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedServerError } from '../errors.js';
import { loginName, loginUsers } from './login-users.js';
import { systemErrorCode } from './system-errors.js';

/** The user that a process of root runs PostgreSQL as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
  /** For people: a login name, or `uid 1234` where the user has none. */
  readonly name: string;
}

/** May read (4), may enter a folder or execute a file (1), as in a file's mode. */
export type Access = 1 | 4 | 5;

/**
 * Chooses who runs PostgreSQL. Everybody but root does it themselves. PostgreSQL refuses to run as root, so root
 * lets whom the folder belongs to do it, and where that is root as well, `nobody`.
 *
 * @param directory where the server is or is to be; when it is missing, its nearest existing ancestor counts
 * @returns the user to become, or null when the process can run PostgreSQL as it is
 * @throws EmbeddedServerError `embedded_root_without_user` when we are root and there is nobody else
 * @example
 * ```ts
 * const user = await chooseServerUser('/srv/clone/.voicesurvey-db');
 * ```
 */
export async function chooseServerUser(directory: string): Promise<ServerUser | null> {
  if (process.geteuid?.() !== 0) return null;
  const users = await loginUsers();
  const owner = await ownerOfNearest(directory);
  // initdb looks its user up by uid, so an owner without a login name cannot run it.
  const user =
    users.find(({ uid }) => uid === owner && uid !== 0) ?? users.find(({ name }) => name === 'nobody');
  if (user === undefined) {
    throw new EmbeddedServerError(
      'embedded_root_without_user',
      'PostgreSQL refuses to run as root, and /etc/passwd has no user nobody to run it as.',
      {
        remedy:
          'Run the command as an ordinary user, or add one: useradd --system --shell /usr/sbin/nologin nobody.',
      },
    );
  }
  return user;
}

/**
 * Who runs PostgreSQL on data that exist: when we are root, the one whom they belong to.
 *
 * @param folder an existing folder with data in it
 * @returns the user to become, or null when the process can run PostgreSQL as it is
 * @throws EmbeddedServerError `embedded_data_of_root` when the data belong to root
 */
export async function ownerAsServerUser(folder: string): Promise<ServerUser | null> {
  if (process.geteuid?.() !== 0) return null;
  const { uid, gid } = await stat(folder);
  if (uid === 0) {
    throw new EmbeddedServerError(
      'embedded_data_of_root',
      `The data of the embedded server in ${folder} belong to root, and PostgreSQL refuses to run as root.`,
      { remedy: `Give them to an ordinary user (chown -R nobody ${folder}) and run it again.` },
    );
  }
  return { uid, gid, name: await loginName(uid) };
}

/**
 * Looks for what keeps the server's user away from a file: the first folder above it that the user may not enter,
 * or the file itself.
 *
 * @param user null for ourselves, who are not asked
 * @returns the path of the obstacle, or null when there is none
 */
export async function obstacleFor(
  user: ServerUser | null,
  path: string,
  access: Access,
): Promise<string | null> {
  if (user === null) return null;
  const ancestors = [];
  const target = await realpath(path);
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    ancestors.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of ancestors) if (!(await mayAccess(user, folder, 1))) return folder;
  return (await mayAccess(user, target, access)) ? null : target;
}

async function mayAccess(user: ServerUser, path: string, access: Access): Promise<boolean> {
  const { uid, gid, mode } = await stat(path);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & access) === access;
}

async function ownerOfNearest(path: string): Promise<number> {
  try {
    return (await stat(path)).uid;
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' || path === dirname(path)) throw error;
    return ownerOfNearest(dirname(path));
  }
}
