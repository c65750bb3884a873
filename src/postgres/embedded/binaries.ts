import { constants } from 'node:fs';
import { access, chmod, copyFile, lstat, mkdir, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedServerError } from '../errors.js';
import { type EmbeddedPackage, findEmbeddedPackage } from './package.js';
import { type Access, obstacleFor, type ServerUser } from './server-user.js';
import { discard, openStaging } from './staging.js';
import { systemErrorCode } from './system-errors.js';

/** PostgreSQL's programs, ready to be run by the server's user. */
export interface EmbeddedBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** PostgreSQL's version, `18.4`. */
  readonly version: string;
}

interface Link {
  /** Its folder below the package, its name in there and the name of the file that it leads to. */
  readonly folder: string;
  readonly name: string;
  readonly to: string;
}

/**
 * Makes PostgreSQL's programs usable by the user who is to run them.
 *
 * They are used where npm has put them. The symbolic links to their libraries, which npm leaves out, are made there.
 * Where that is not possible (node_modules belongs to somebody else, or the server's user has no way into it), they
 * are copied once.
 *
 * @param options.user who runs them; null for ourselves
 * @param options.copyTo an existing folder for the copy, which that user can enter
 * @param options.from the package to take, when it is not the one for this platform
 * @throws EmbeddedServerError `embedded_not_available` where there is no package for this platform;
 *   `embedded_path_unusable` where PostgreSQL cannot work with the path
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
    (await isOpenTo(options.user, join(from.root, 'native'))) &&
    (await makeLinks(from.root, await readLinks(from.root)));
  const native = usable ? join(from.root, 'native') : await copy(from, options.copyTo);
  refuseUnsafePath(native);
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return {
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    postgres: program('postgres'),
    version: from.version,
  };
}

/** Whether the user can read and run what is in the folder, judged by a few files of every kind. */
async function isOpenTo(user: ServerUser | null, native: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const files: [string, Access][] = [
    ['bin/initdb', 5],
    ['bin/postgres', 5],
    ['lib/postgresql', 5],
    ['share/postgresql/postgres.bki', 4],
  ];
  for (const [file, needed] of files) {
    const path = join(native, file);
    if ((await obstacleFor(user, path, needed)) !== null) return false;
    const mode = needed === 5 ? constants.R_OK | constants.X_OK : constants.R_OK;
    if (!(await succeeds(access(path, mode)))) return false;
  }
  return true;
}

async function readLinks(root: string): Promise<Link[]> {
  const text = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch((error) => {
    if (systemErrorCode(error) === 'ENOENT') return '[]';
    throw error;
  });
  const links: { source: string; target: string }[] = JSON.parse(text);
  return links.map(({ source, target }) => ({
    folder: dirname(target),
    name: basename(target),
    to: basename(source),
  }));
}

/** Makes the links that are missing; false when we may not. */
async function makeLinks(root: string, links: readonly Link[]): Promise<boolean> {
  for (const { folder, name, to } of links) {
    const path = join(root, folder, name);
    if (await succeeds(lstat(path))) continue;
    try {
      await symlink(to, path);
    } catch (error) {
      const code = systemErrorCode(error) ?? '';
      if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return false;
      if (code !== 'EEXIST') throw error;
    }
  }
  return true;
}

async function copy(from: EmbeddedPackage, base: string): Promise<string> {
  const target = join(base, `postgresql-${from.release}-${basename(from.name)}`);
  const native = join(target, 'native');
  if (await succeeds(access(native))) return native;
  const staging = await openStaging(base, basename(target));
  try {
    await copyFolder(join(from.root, 'native'), join(staging, 'native'));
    await makeLinks(staging, await readLinks(staging));
    await chmod(staging, 0o755);
    await rename(staging, target);
  } catch (error) {
    await discard(staging);
    // Somebody else's copy of the same release came first.
    if (!(await succeeds(access(native)))) throw error;
  }
  return native;
}

/** Copies a folder so that everybody can read it and run its programs, whatever the modes of the original are. */
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

/** initdb calls the other programs by a shell and quotes their paths too little. */
function refuseUnsafePath(path: string): void {
  if (process.platform === 'win32' || !/["$`\\\n\r]/.test(path)) return;
  throw new EmbeddedServerError(
    'embedded_path_unusable',
    `PostgreSQL's initdb cannot work in a folder whose path has one of " $ \` \\ in it: ${path}.`,
    { remedy: 'Move or rename the folder, or set DATABASE_URL to the address of a PostgreSQL 15 or newer.' },
  );
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
