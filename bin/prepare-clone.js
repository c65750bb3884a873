// @ts-check
// Installs the packages of a clone and builds it, if they are missing or stale. Not part of the installed package.
import { spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, npmEnvironment } from './child-environment.js';
import { nameInLock, PrepareError, root, withLock } from './clone-lock.js';

/**
 * Installs and builds what is stale. Of several commands that start concurrently, one does it and the others wait.
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

/**
 * When a source of the build was last modified, in milliseconds. A migration does not count: the engine parses a file that the build
 * has not parsed, so that a command does not wait for a build after each edit of one.
 */
function newestSource() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('src', path));
  return Math.max(...['package.json', 'rolldown.config.ts', ...sources].map(modified));
}

/**
 * @param {string} path
 * @returns {number} when it was last modified, in milliseconds; -1 if it does not exist
 */
function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

async function installPackages() {
  const packages = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false });
  if (packages?.isSymbolicLink() === true) {
    // npm ci would empty the linked folder.
    throw new PrepareError(
      'packages_elsewhere',
      `The packages of ${root} are stale, and its node_modules is a link to another folder.`,
      'Run npm ci in that folder, or remove the link and run the command again.',
    );
  }
  process.stderr.write('Installing the packages of this clone (once; npm ci) …\n');
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  // No package needs an install script: the links to the libraries of the embedded server are created when it starts.
  const which = ['--ignore-scripts', '--include=dev', '--include=optional'];
  await showing('npm ci', () => run('npm', ['ci', ...which, ...quiet], npmEnvironment()));
}

async function build() {
  const bundler = 'node_modules/rolldown/bin/cli.mjs';
  if (modified(bundler) === -1) {
    throw new PrepareError(
      'bundler_missing',
      `${root} is not built, and its packages lack rolldown, which builds it.`,
      'Run npm ci there, with the development packages.',
    );
  }
  // This process holds the lock, so these folders belong to builds that were killed.
  for (const name of readdirSync(root)) if (/^dist\..*\.tmp$/.test(name)) remove(join(root, name));
  const newest = newestSource();
  const fresh = join(root, `dist.${process.pid}.tmp`);
  const old = join(root, `dist.${process.pid}.old.tmp`);
  try {
    // Only the published package needs declarations of the types.
    await showing('Building this clone', () =>
      run(process.execPath, [bundler, '--config', '--dir', fresh], childEnvironment(), 'ignore'),
    );
    const stamp = join(fresh, '.built');
    writeFileSync(stamp, '');
    // The stamp is as old as the newest source, so a source that is saved while the bundler runs is newer and is built
    // next time. Rounded up to a millisecond, because utimes stores less of a time than stat reports.
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

/**
 * Shows on a terminal what runs, with its seconds, once it has taken a second. A terminal that cannot erase a line gets a new
 * one after 1, 2, 4, 8, … seconds.
 *
 * @param {string} text
 * @param {() => Promise<void>} work
 */
async function showing(text, work) {
  if (!process.stderr.isTTY) return work();
  const canErase = process.env.TERM !== 'dumb';
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    if (canErase) process.stderr.write(`\r\u001B[K${text} … ${seconds} s`);
    else if (Number.isInteger(Math.log2(seconds))) process.stderr.write(`${text} … ${seconds} s\n`);
  }, 1000);
  try {
    await work();
  } finally {
    clearInterval(timer);
    if (seconds > 0 && canErase) process.stderr.write('\r\u001B[K');
  }
}

/** @param {string} folder retried, since the bundler of a killed process may still write into it */
function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {2 | 'ignore'} output where its standard output goes; that of this process belongs to the command that runs afterwards
 */
async function run(program, args, env, output = 2) {
  const child = spawn(program, args, {
    cwd: root,
    env,
    stdio: ['ignore', output, 2],
    shell: process.platform === 'win32' && program === 'npm',
  });
  // The child outlives this process if that is killed, so it holds the lock, too.
  if (child.pid !== undefined) nameInLock(child.pid);
  /** @type {{ status?: number | null, error?: Error }} */
  const { status, error } = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (status) => resolve({ status }));
  });
  if (error !== undefined) {
    throw new PrepareError(
      'program_missing',
      `${program} cannot be run (${error.message}).`,
      'Install Node.js together with npm, and add them to PATH.',
    );
  }
  if (status !== 0) {
    throw new PrepareError(
      'prepare_failed',
      `${program === 'npm' ? 'npm ci' : 'The bundler'} failed in ${root}.`,
      'Fix what it reports above and run the command again.',
    );
  }
}
