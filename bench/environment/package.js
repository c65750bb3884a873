// @ts-check
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Files that a build does not read or must not find. */
const NOT_COPIED = new Set(['.git', 'node_modules', 'dist', 'bench', 'test', '.voicesurvey-db', 'coverage']);

/**
 * Builds the voicesurvey-db package as for npm and lays it out as an installation. So the benchmark measures what a user
 * gets. It builds a copy of the clone, so that edits in the clone during the benchmark have no effect.
 *
 * @param {string} clone the clone, after "npm ci"
 * @param {string} target the folder to create
 * @returns {Promise<void>} rejected if the build fails
 */
export async function installPackage(clone, target) {
  const copy = `${target}-build`;
  await cp(clone, copy, {
    recursive: true,
    filter: (path) => path === clone || !NOT_COPIED.has(basename(path)),
  });
  await symlink(join(clone, 'node_modules'), join(copy, 'node_modules'), 'dir');
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'prepack'], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`The build of ${clone} failed. Run "npm ci" there first.\n${stdout}${stderr}`);
  }
  await mkdir(target);
  const manifest = JSON.parse(await readFile(join(copy, 'package.json'), 'utf8'));
  for (const path of ['package.json', ...manifest.files]) {
    await cp(join(copy, path), join(target, path), { recursive: true }).catch(ignoreMissing);
  }
  await symlink(join(clone, 'node_modules'), join(target, 'node_modules'), 'dir');
  await rm(copy, { recursive: true });
}

/**
 * npm also leaves out a file that the manifest lists but that does not exist.
 *
 * @param {NodeJS.ErrnoException} error
 */
function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}
