// @ts-check
// Gives a clone of the repository its packages and its build, when they are missing or older than what they are made
// of. Not part of the installed package.
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, '.prepare.lock');
const longestWaitMs = 10 * 60 * 1000;

/** Installs and builds what is stale; of several commands that start at once, one does it and the others wait. */
export async function prepareClone() {
  if (!packagesAreStale() && !buildIsStale()) return;
  try {
    await withLock(() => {
      if (packagesAreStale()) installPackages();
      if (buildIsStale()) build();
    });
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

function packagesAreStale() {
  return modified('package-lock.json') > modified('node_modules/.package-lock.json');
}

function buildIsStale() {
  const built = modified('dist/.built');
  if (
    modified('package.json') > built ||
    modified('tsconfig.json') > built ||
    modified('tsconfig.build.json') > built
  ) {
    return true;
  }
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).some(
    (path) => path.endsWith('.ts') && modified(join('src', path)) > built,
  );
}

/**
 * @param {string} path
 * @returns {number} when it was changed last, in milliseconds; -1 where it is not there
 */
function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

function installPackages() {
  process.stderr.write('Installing the packages of this clone (once; npm ci) …\n');
  run('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']);
}

function build() {
  const started = new Date();
  const fresh = join(root, `dist.${process.pid}.tmp`);
  const old = join(root, `dist.${process.pid}.old.tmp`);
  try {
    run(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
      '--outDir',
      fresh,
    ]);
    const stamp = join(fresh, '.built');
    writeFileSync(stamp, '');
    // A source that is saved while the compiler runs is newer than the stamp, and is built next time.
    utimesSync(stamp, started, started);
    mkdirSync(join(root, 'dist'), { recursive: true });
    renameSync(join(root, 'dist'), old);
    renameSync(fresh, join(root, 'dist'));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  // Standard output belongs to the command that comes after.
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && program === 'npm',
  });
  if (error !== undefined)
    throw new Error(`${program} cannot be run (${error.message}). Install Node.js with npm.`);
  if (status !== 0) throw new Error(`"${program} ${args.join(' ')}" failed in ${root}; its output is above.`);
}

/**
 * Holds a lock file that names our process while the work is done. One that a killed process left is taken away.
 *
 * @param {() => void} work
 */
async function withLock(work) {
  const started = Date.now();
  while (!takeLock()) {
    const holder = readHolder();
    if (holder !== null && !isAlive(holder)) removeStaleLock(holder);
    else if (Date.now() - started > longestWaitMs) {
      throw new Error(`process ${holder} prepares this clone for too long. End it, or remove ${lock}.`);
    } else await sleep(100);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new Error(`${root} cannot be written to, and its packages or its build are missing or stale.`);
  }
}

/** @returns {number | null} the process that holds the lock; null while there is none or it is being written */
function readHolder() {
  try {
    return Number(readFileSync(lock, 'utf8')) || null;
  } catch {
    return null;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Moves the lock away before it is removed: of two processes that find it stale one succeeds, and if what it moved is
 * the new lock of the other, it is put back.
 *
 * @param {number} holder
 */
function removeStaleLock(holder) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readFileSync(aside, 'utf8') === String(holder)) rmSync(aside);
    else renameSync(aside, lock);
  } catch {
    // The other process was faster; the next try to take the lock tells.
  }
}
