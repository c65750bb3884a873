import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and its parents, if they are missing.
 *
 * It does not use the option `recursive` of `mkdir`, which in Node.js 20 never returns for a path such as `/proc/x`, where
 * the parent exists and the system still answers ENOENT, and which reports other failures as ENOENT.
 *
 * @param mode of the folders that it creates
 * @returns false if the path exists, whatever it is
 * @throws the error of the system, if a folder cannot be created
 * @example
 * ```ts
 * await createFolder('docs/pictures');
 * ```
 */
export async function createFolder(path: string, mode = 0o777): Promise<boolean> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    await createFolder(parent, mode);
    // Another process may have created it meanwhile.
    await mkdir(path, { mode }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
  return true;
}
