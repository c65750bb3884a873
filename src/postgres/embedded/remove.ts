import { lstat, readdir, readFile, realpath, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { killOrphans } from './postmaster.js';
import { isSharedBase } from './server-base.js';
import { findServerFolder, IGNORE_EVERYTHING } from './server-folder.js';
import { removeFolder, removeStaleStaging, stagingPath } from './staging.js';
import { stopPostmaster } from './stop.js';
import { systemErrorCode } from './system-errors.js';

/** A copy of the programs of PostgreSQL, see binaries.ts. */
const PROGRAMS = /^postgresql-/;

/**
 * Stops the server of a folder and deletes its files, also those in a shared folder.
 *
 * @param directory an absolute path
 * @returns false if it has no server
 * @throws EmbeddedServerError `embedded_directory_unusable` if `<directory>/server` is a link to a folder that this package
 *   did not create: root must not delete what the owner of a link chooses
 */
export async function removeServer(directory: string): Promise<boolean> {
  const folder = await findServerFolder(directory);
  if (folder !== null) {
    const base = dirname(folder);
    const isOwn = base === (await realpath(directory));
    if (!isOwn && !isSharedBase(base)) throw foreignLink(directory, folder);
    await removeData(folder);
    if (!isOwn) await removeUnusedBase(base);
  }
  await removeDirectory(directory);
  return folder !== null;
}

/** Moves the folder aside before it is deleted, so that no process starts a server in half of it. */
async function removeData(folder: string): Promise<void> {
  await stopPostmaster(folder);
  const aside = await moveAside(folder);
  // Another process may have started the server meanwhile, or a killed one has left processes.
  await stopPostmaster(aside);
  await killOrphans(join(aside, 'data'));
  await removeFolder(aside);
}

/** Removes a shared folder if it holds no other server. */
async function removeUnusedBase(base: string): Promise<void> {
  await removeStaleStaging(base);
  const names = await readdir(base);
  if (!names.every((name) => PROGRAMS.test(name))) return;
  for (const name of names) await removeFolder(await moveAside(join(base, name)));
  await removeIfEmpty(base);
}

async function removeDirectory(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  await removeStaleStaging(directory);
  for (const name of names) {
    const path = join(directory, name);
    if (PROGRAMS.test(name)) await removeFolder(await moveAside(path));
    else if (name === 'server' && (await lstat(path).catch(() => null))?.isSymbolicLink()) await unlink(path);
  }
  const ignore = join(directory, '.gitignore');
  const isAlone = (await readdir(directory).catch(() => [])).join() === '.gitignore';
  if (isAlone && (await readFile(ignore, 'utf8').catch(() => '')) === IGNORE_EVERYTHING) await rm(ignore);
  await removeIfEmpty(directory);
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

async function moveAside(path: string): Promise<string> {
  const aside = await stagingPath(dirname(path), 'removed');
  await rename(path, aside);
  return aside;
}

function foreignLink(directory: string, folder: string): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded_directory_unusable',
    `${join(directory, 'server')} is a link to ${folder}, which this package did not create.`,
    { remedy: `Stop the server, then delete ${folder} and the link yourself. Nothing was deleted.` },
  );
}
