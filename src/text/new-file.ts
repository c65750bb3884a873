import { randomBytes } from 'node:crypto';
import { access, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createFolder } from './create-folder.js';

/** A file that gets its name when it is complete. */
export interface NewFile {
  write(text: string): Promise<void>;
  /** Gives the file its name. Fails with EEXIST if another file got the name meanwhile. */
  commit(): Promise<void>;
  /** Deletes what was written. */
  discard(): Promise<void>;
}

/** Only this user may read a file with personal data. */
const PRIVATE = 0o600;

/** Returns whether there is a file or anything else at a path. */
export async function pathExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Creates a file, and its folder if that is missing. Until `commit`, the file has a temporary name, so that a process that is
 * killed leaves no incomplete file with the name.
 *
 * @param path where no file is
 * @throws the error of the system
 */
export async function createNewFile(path: string): Promise<NewFile> {
  await createFolder(dirname(path));
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  // Neither a file that others may read nor the target of a link is written to.
  const file = await open(temporary, 'wx', PRIVATE);
  const discard = async (): Promise<void> => {
    await file.close();
    await rm(temporary, { force: true });
  };
  return {
    write: async (text) => {
      await file.writeFile(text);
    },
    commit: async () => {
      await file.close();
      await giveName(temporary, path);
    },
    discard,
  };
}

/** A rename would replace a file, and a link does not. Some file systems have no links. */
async function giveName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    return rename(temporary, path);
  }
  await rm(temporary, { force: true });
}
