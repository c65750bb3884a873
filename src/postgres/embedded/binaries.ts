import { constants } from 'node:fs';
import { access, chmod, copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { SET_URL } from './another-server.js';
import { createLibraryLinks } from './library-links.js';
import { type EmbeddedPackage, findEmbeddedPackage } from './package.js';
import { type Access, findObstacle, type ServerUser } from './server-user.js';
import { createStaging, removeFolder } from './staging.js';

/** The programs of PostgreSQL that the server's user can run. */
export interface EmbeddedBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** The version of PostgreSQL, such as `18.4`. */
  readonly version: string;
}

/**
 * Makes the programs of PostgreSQL usable by the user who runs the server.
 *
 * They run in the folder of the npm package, where this creates the symbolic links to their libraries, which npm packages
 * cannot contain. If that is not possible (node_modules belongs to another user, or the server's user cannot enter it), the
 * programs are copied once.
 *
 * @param options.user the user who runs them; null for the user of this process
 * @param options.copyTo an existing folder for the copy, which that user can enter
 * @param options.from the package to use instead of the one for this platform
 * @throws EmbeddedServerError `embedded_not_available` if there is no package for this platform; `embedded_path_unusable`
 *   if PostgreSQL cannot run in the path
 * @example
 * ```ts
 * const { initdb } = await prepareBinaries({ user: null, copyTo: '/srv/clone/.voicesurvey-db' });
 * ```
 */
export async function prepareBinaries(options: {
  readonly user: ServerUser | null;
  readonly copyTo: string;
  readonly from?: EmbeddedPackage;
}): Promise<EmbeddedBinaries> {
  const from = options.from ?? (await findEmbeddedPackage());
  const usable =
    (await isAccessibleTo(options.user, join(from.root, 'native'))) && (await createLibraryLinks(from.root));
  const native = usable ? join(from.root, 'native') : await copyPrograms(from, options.copyTo);
  rejectUnsafePath(native);
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return {
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    postgres: program('postgres'),
    version: from.version,
  };
}

/** Checks by a few files of every kind whether the user can read and run what is in the folder. */
async function isAccessibleTo(user: ServerUser | null, native: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const files: [string, Access][] = [
    ['bin/initdb', 5],
    ['bin/postgres', 5],
    ['lib/postgresql', 5],
    ['share/postgresql/postgres.bki', 4],
  ];
  for (const [file, needed] of files) {
    const path = join(native, file);
    if ((await findObstacle(user, path, needed)) !== null) return false;
    const mode = needed === 5 ? constants.R_OK | constants.X_OK : constants.R_OK;
    if (!(await succeeds(access(path, mode)))) return false;
  }
  return true;
}

async function copyPrograms(from: EmbeddedPackage, base: string): Promise<string> {
  const target = join(base, `postgresql-${from.release}-${basename(from.name)}`);
  const native = join(target, 'native');
  if (await succeeds(access(native))) return native;
  const staging = await createStaging(base, basename(target));
  try {
    await copyFolder(join(from.root, 'native'), join(staging, 'native'));
    await createLibraryLinks(staging);
    await chmod(staging, 0o755);
    await rename(staging, target);
  } catch (error) {
    await removeFolder(staging);
    // Another process may have copied the same release first.
    if (!(await succeeds(access(native)))) throw error;
  }
  return native;
}

/** Copies a folder so that every user can read it and run its programs, whatever the modes of the original are. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isDirectory()) return copyFolder(source, target);
      if (!entry.isFile()) return;
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, basename(from) === 'bin' ? 0o755 : 0o644);
    }),
  );
}

/** Rejects a path that initdb cannot use. It runs other programs in a shell and quotes their paths incompletely. */
function rejectUnsafePath(path: string): void {
  if (process.platform === 'win32' || !/["$`\\\n\r]/.test(path)) return;
  throw new EmbeddedServerError(
    'embedded_path_unusable',
    `PostgreSQL's initdb cannot run in a path that contains one of " $ \` \\: ${path}.`,
    { remedy: `Move or rename the folder, or ${SET_URL}.` },
  );
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
