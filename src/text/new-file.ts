import { access, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createFolder } from './create-folder.js';

/** A file that gets its name when it is complete. */
export interface NewFile {
  write(text: string): Promise<void>;
  /** Gives the file its name. */
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
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', PRIVATE);
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
      await rename(temporary, path);
    },
    discard,
  };
}
