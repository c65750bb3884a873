import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { loginNameOf, readLoginUsers } from './login-users.js';
import { systemErrorCode } from './system-errors.js';

/** The user as whom root runs PostgreSQL. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
  /** The login name, or `uid 1234` if the user has none. */
  readonly name: string;
}

/** The right to read (4), and to enter a folder or execute a file (1), as in the mode of a file. */
export type Access = 1 | 4 | 5;

/**
 * Chooses the user who runs PostgreSQL. PostgreSQL refuses to run as root, so root runs it as the owner of the folder, or as
 * `nobody` if root owns the folder. Every other user runs it directly.
 *
 * @param directory the folder of the server; if it is missing, its nearest existing parent counts
 * @returns the user to run it as, or null for the user of this process
 * @throws EmbeddedServerError `embedded_root_without_user` if this process is root and there is no other user
 * @example
 * ```ts
 * const user = await chooseServerUser('/srv/clone/.voicesurvey-db');
 * ```
 */
export async function chooseServerUser(directory: string): Promise<ServerUser | null> {
  if (process.geteuid?.() !== 0) return null;
  const users = await readLoginUsers();
  const owner = await ownerOfNearest(directory);
  // initdb looks up its user by uid, so an owner without a login name cannot run it.
  const user =
    users.find(({ uid }) => uid === owner && uid !== 0) ?? users.find(({ name }) => name === 'nobody');
  if (user === undefined) {
    throw new EmbeddedServerError(
      'embedded_root_without_user',
      'PostgreSQL refuses to run as root, and /etc/passwd has no user "nobody" to run it as.',
      {
        remedy:
          'Run the command as a user other than root, or add the user: useradd --system --shell /usr/sbin/nologin nobody',
      },
    );
  }
  return user;
}

/**
 * Returns the user who runs PostgreSQL on existing data: their owner, if this process is root.
 *
 * @param folder an existing folder with data in it
 * @returns the user to run it as, or null for the user of this process
 * @throws EmbeddedServerError `embedded_data_of_root` if the data belongs to root
 */
export async function ownerAsServerUser(folder: string): Promise<ServerUser | null> {
  if (process.geteuid?.() !== 0) return null;
  const { uid, gid } = await stat(folder);
  if (uid === 0) {
    throw new EmbeddedServerError(
      'embedded_data_of_root',
      `The data of the embedded server in ${folder} belongs to root, and PostgreSQL refuses to run as root.`,
      { remedy: `Run: chown -R nobody ${folder}. Then run the command again.` },
    );
  }
  return { uid, gid, name: await loginNameOf(uid) };
}

/**
 * Finds what keeps the server's user from a file: the first folder above it that the user may not enter, or the file
 * itself.
 *
 * @param user null for the user of this process, which is not checked
 * @returns the path of the obstacle, or null if nothing keeps the user away
 */
export async function findObstacle(
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
