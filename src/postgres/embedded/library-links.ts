import { lstat, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from './system-errors.js';

/** A symbolic link: its folder in the package, its name, and the name of the file that it points to. */
interface Link {
  readonly folder: string;
  readonly name: string;
  readonly to: string;
}

/**
 * Creates the symbolic links to PostgreSQL's libraries that are missing in a package. An npm package cannot contain links,
 * so it lists them in a file.
 *
 * @param root the folder of the package
 * @returns false if this user may not create them
 */
export async function createLibraryLinks(root: string): Promise<boolean> {
  for (const { folder, name, to } of await readLinks(root)) {
    const path = join(root, folder, name);
    if ((await lstat(path).catch(() => null)) !== null) continue;
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
