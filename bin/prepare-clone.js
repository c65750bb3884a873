// @ts-check
// Gives a clone of the repository its packages and its build, when they are missing or older than what they are made
// of. Not part of the installed package.
import { spawn } from 'node:child_process';
import {
  lstatSync,
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
const sayAfterMs = 1000;
/** A lock that is empty for longer was left by a process that was killed while it wrote. */
const writingTakesMs = 2000;

/** What a clone cannot be prepared for, and what to do about it. */
class PrepareError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} remedy
   */
  constructor(code, message, remedy) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/**
 * Installs and builds what is stale; of several commands that start at once, one does it and the others wait.
 *
 * @throws {PrepareError}
 */
export async function prepareClone() {
  if (!packagesAreStale() && !buildIsStale()) return;
  await withLock(async () => {
    if (packagesAreStale()) await installPackages();
    if (buildIsStale()) await build();
  });
}

function packagesAreStale() {
  return modified('package-lock.json') > modified('node_modules/.package-lock.json');
}

function buildIsStale() {
  return newestSource() > modified('dist/.built');
}

/** When what the build is made of was changed last. */
function newestSource() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|sql)$/.test(path))
    .map((path) => join('src', path));
  return Math.max(...['package.json', 'rolldown.config.ts', ...sources].map(modified));
}

/**
 * @param {string} path
 * @returns {number} when it was changed last, in milliseconds; -1 where it is not there
 */
function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

async function installPackages() {
  const packages = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false });
  if (packages?.isSymbolicLink() === true) {
    // npm ci would empty the folder that the link names.
    throw new PrepareError(
      'packages_elsewhere',
      `The packages of ${root} are stale, and its node_modules is a link to those of somebody else.`,
      'Run npm ci there, or remove the link and run the command again.',
    );
  }
  process.stderr.write('Installing the packages of this clone (once; npm ci) …\n');
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  await run('npm', ['ci', '--include=dev', '--include=optional', ...quiet]);
}

async function build() {
  const bundler = 'node_modules/rolldown/bin/cli.mjs';
  if (modified(bundler) === -1) {
    throw new PrepareError(
      'bundler_missing',
      `${root} has to be built, and its packages are installed without rolldown.`,
      'Run npm ci there, with the development packages.',
    );
  }
  // Those that a killed build has left; nobody else builds here now.
  for (const name of readdirSync(root)) if (/^dist\..*\.tmp$/.test(name)) remove(join(root, name));
  const newest = newestSource();
  const fresh = join(root, `dist.${process.pid}.tmp`);
  const old = join(root, `dist.${process.pid}.old.tmp`);
  try {
    // Declarations of the types are for the published package only.
    await run(process.execPath, [bundler, '--config', '--dir', fresh], 'ignore');
    const stamp = join(fresh, '.built');
    writeFileSync(stamp, '');
    // A source that is saved while the bundler runs is newer than the stamp, and is built next time. File systems
    // keep less of a time than they tell.
    const time = Math.ceil(newest + 1) / 1000;
    utimesSync(stamp, time, time);
    mkdirSync(join(root, 'dist'), { recursive: true });
    renameSync(join(root, 'dist'), old);
    renameSync(fresh, join(root, 'dist'));
  } finally {
    remove(fresh);
    remove(old);
  }
}

/** @param {string} folder removed also while a bundler that has lost its parent still writes into it */
function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {2 | 'ignore'} output where its standard output goes: ours belongs to the command that comes after
 */
async function run(program, args, output = 2) {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', output, 2],
    shell: process.platform === 'win32' && program === 'npm',
  });
  // Where we are killed, it goes on: the lock is also its own.
  if (child.pid !== undefined) writeFileSync(lock, `${process.pid} ${child.pid}`);
  /** @type {{ status?: number | null, error?: Error }} */
  const { status, error } = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (status) => resolve({ status }));
  });
  if (error !== undefined) {
    throw new PrepareError(
      'program_missing',
      `${program} cannot be run (${error.message}).`,
      `Install Node.js together with npm, and see that PATH leads to them.`,
    );
  }
  if (status !== 0) {
    throw new PrepareError(
      'prepare_failed',
      `${program === 'npm' ? 'npm ci' : 'The bundler'} failed in ${root}.`,
      'See what it says above, cure that, and run the command again.',
    );
  }
}

/**
 * Holds a lock file that names our process, and the one that works for us, while the work is done. One that killed
 * processes left is taken away.
 *
 * @param {() => Promise<void>} work
 */
async function withLock(work) {
  const started = Date.now();
  let told = false;
  while (!takeLock()) {
    const { content, age } = readLock();
    const holders = content.split(' ').map(Number).filter(Boolean);
    const waited = Date.now() - started;
    if (holders.length === 0 ? age > writingTakesMs : isAbandonedBy(holders)) {
      removeStaleLock(content);
    } else if (waited > longestWaitMs) {
      throw new PrepareError(
        'prepare_slow',
        `Process ${holders.join(' with ')} has been preparing this clone for too long.`,
        `End it, or if it is something else, remove ${lock}.`,
      );
    } else {
      if (!told && waited > sayAfterMs) {
        process.stderr.write(
          `Waiting for process ${holders.find(isAlive)}, which installs or builds this clone …\n`,
        );
        told = true;
      }
      await sleep(50);
    }
  }
  try {
    await work();
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
    throw new PrepareError(
      'clone_read_only',
      `The packages or the build of ${root} are missing or stale, and this user cannot write there.`,
      'Run any command there once as the user whom the clone belongs to, or clone it to a folder of your own.',
    );
  }
}

/** What the lock file says, empty while it is being written, and how many milliseconds ago it was written. */
function readLock() {
  try {
    return { content: readFileSync(lock, 'utf8'), age: Date.now() - statSync(lock).mtimeMs };
  } catch {
    // It has just gone, or is another user's.
    return { content: '', age: 0 };
  }
}

/**
 * Numbers of processes are used again, in a container most of all: our own is nobody whom we wait for.
 *
 * @param {number[]} holders
 */
function isAbandonedBy(holders) {
  return holders[0] === process.pid || !holders.some(isAlive);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * In a container without an init, an orphan that has ended stays for ever.
 *
 * @param {number} pid
 */
function isZombie(pid) {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Moves the lock away before it is removed: of two processes that find it stale one succeeds, and if what it moved is
 * the new lock of the other, it is put back.
 *
 * @param {string} content of the lock that was found stale
 */
function removeStaleLock(content) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readFileSync(aside, 'utf8') === content) rmSync(aside);
    else renameSync(aside, lock);
  } catch {
    // The other process was faster; the next try to take the lock tells.
  }
}
