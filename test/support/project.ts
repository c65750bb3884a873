import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repository } from './cli.js';
import { folderWith } from './folder.js';

/**
 * Makes a project of a user: a folder with files in which this package, as it is built, and packages of this repository are
 * installed.
 *
 * @param packages those that the files import
 */
export async function projectWith(
  files: Readonly<Record<string, string>>,
  packages: readonly string[],
): Promise<string> {
  const folder = await folderWith({ 'package.json': '{ "type": "module" }', ...files });
  for (const name of packages) await link(join(repository, 'node_modules', name), folder, name);
  await link(repository, folder, 'voicesurvey-db');
  return folder;
}

async function link(target: string, folder: string, name: string): Promise<void> {
  const path = join(folder, 'node_modules', name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
