// @ts-check
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What a build does not read, or must not meet. */
const NOT_COPIED = new Set(['.git', 'node_modules', 'dist', 'bench', 'test', '.voicesurvey-db', 'coverage']);

/**
 * Builds our package from a copy of the clone, as for npm, and lays it out as an installation has it, so that what is measured is
 * what a user gets, and so that nobody who works in the clone meanwhile changes it.
 *
 * @param {string} clone the clone, with its packages installed
 * @param {string} target a folder that is made
 */
export async function layOutPackage(clone, target) {
  const copy = `${target}-build`;
  await cp(clone, copy, {
    recursive: true,
    filter: (path) => path === clone || !NOT_COPIED.has(basename(path)),
  });
  await symlink(join(clone, 'node_modules'), join(copy, 'node_modules'), 'dir');
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'prepack'], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${clone} cannot be built (is "npm ci" done there?):\n${stdout}${stderr}`);
  }
  await mkdir(target);
  const manifest = JSON.parse(await readFile(join(copy, 'package.json'), 'utf8'));
  for (const path of ['package.json', ...manifest.files]) {
    await cp(join(copy, path), join(target, path), { recursive: true }).catch(ignoreMissing);
  }
  await symlink(join(clone, 'node_modules'), join(target, 'node_modules'), 'dir');
  await rm(copy, { recursive: true });
}

/** @param {NodeJS.ErrnoException} error a file of the manifest that is not written yet, as npm too leaves it out */
function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}
