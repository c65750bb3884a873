import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder that is being filled; it bears its name only when everything in it is on the disk. */
export interface NewFolder {
  /** Where it will be. */
  readonly path: string;
  /** Where to write now. */
  readonly partialPath: string;
  /** Writes a text to a new file that its owner alone may read. */
  write(name: string, text: string): Promise<void>;
  /** Takes all of it to the disk and gives the folder its name. */
  finish(): Promise<void>;
  /** Removes it, finished or not. */
  remove(): Promise<void>;
}

/**
 * Makes a folder that its owner alone may enter, with a number behind its name where there is one already. Until it is
 * finished its name ends in `.partial`, so that what a killed process has left is not taken for whole.
 *
 * @param parent made where it is missing
 */
export async function newFolder(parent: string, name: string): Promise<NewFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const path = await firstFree(join(parent, name));
  const partialPath = `${path}.partial`;
  return {
    path,
    partialPath,
    write: (file, text) => writeFile(join(partialPath, file), text, { flag: 'wx', mode: 0o600, flush: true }),
    finish: async () => {
      await toDisk(partialPath);
      await rename(partialPath, path);
      await toDisk(parent);
    },
    remove: async () => {
      await rm(partialPath, { recursive: true, force: true });
      await rm(path, { recursive: true, force: true });
    },
  };
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

/** A folder's entries reach the disk with the folder; where folders cannot be opened, the system sees to it. */
async function toDisk(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
