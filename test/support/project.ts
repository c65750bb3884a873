import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repository } from './cli.js';
import { folderWith } from './folder.js';

/**
 * Makes a project of a user: a folder with files in which this package and packages of this repository are installed.
 *
 * @param packages those that the files import
 * @param root the package to install; by default this repository as it is built, without types
 */
export async function projectWith(
  files: Readonly<Record<string, string>>,
  packages: readonly string[],
  root: string = repository,
): Promise<string> {
  const folder = await folderWith({ 'package.json': '{ "type": "module" }', ...files });
  for (const name of packages) await link(join(repository, 'node_modules', name), folder, name);
  await link(root, folder, 'voicesurvey-db');
  return folder;
}

async function link(target: string, folder: string, name: string): Promise<void> {
  const path = join(folder, 'node_modules', name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
