import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder } from '../../text/create-folder.js';

/** A folder that is being filled. It gets its name only when everything in it is on the disk. */
export interface BackupFolder {
  /** The path of the folder when it is finished. */
  readonly path: string;
  /** The path until then. */
  readonly partialPath: string;
  /** Writes a text to a new file that only its owner may read. */
  write(name: string, text: string): Promise<void>;
  /** Flushes the folder to the disk and gives it its final name. */
  finish(): Promise<void>;
  /** Removes it, finished or not. */
  remove(): Promise<void>;
}

/**
 * Makes a folder that only its owner may enter. If the name is taken, a number follows it. Until the folder is finished
 * its name ends in `.partial`, so that a user does not mistake the folder of a killed process for a complete backup.
 *
 * @param parent created if it is missing. Git ignores it if this function creates it or finds it empty.
 */
export async function newBackupFolder(parent: string, name: string): Promise<BackupFolder> {
  await createFolder(parent, 0o700);
  if ((await readdir(parent)).length === 0) await ignoreInGit(parent);
  const path = await firstFree(join(parent, name));
  const partialPath = `${path}.partial`;
  return {
    path,
    partialPath,
    write: (file, text) => writeFile(join(partialPath, file), text, { flag: 'wx', mode: 0o600, flush: true }),
    finish: async () => {
      await syncFolder(partialPath);
      await rename(partialPath, path);
      await syncFolder(parent);
    },
    remove: async () => {
      await rm(partialPath, { recursive: true, force: true });
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** The files hold personal data, so a `git add` of the whole project must not add them. */
async function ignoreInGit(folder: string): Promise<void> {
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    // Another process has written it.
    if (error.code !== 'EEXIST') throw error;
  });
}

async function firstFree(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${number}`;
    if (existsSync(candidate)) continue;
    try {
      await mkdir(`${candidate}.partial`, { mode: 0o700 });
      return candidate;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/** The entries of a folder reach the disk with the folder. Windows cannot open folders, and writes the entries itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
