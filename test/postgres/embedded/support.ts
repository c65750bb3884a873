import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { readLoginUsers } from '../../../src/postgres/embedded/login-users.js';
import { findEmbeddedPackage } from '../../../src/postgres/embedded/package.js';
import { readProcessTitle } from '../../../src/postgres/embedded/processes.js';
import { findObstacle, type ServerUser } from '../../../src/postgres/embedded/server-user.js';
import { type EmbeddedServer, stopEmbeddedServer } from '../../../src/postgres/embedded.js';
import { SLOW } from '../../support/timeouts.js';

/** The compiled code for child processes, since Node.js 20 cannot run TypeScript. */
const compiled = fileURLToPath(
  new URL('../../../node_modules/.voicesurvey-db-test/postgres', import.meta.url),
);

export const isRoot = process.geteuid?.() === 0;

/** The output of a child process. */
export interface ChildResult {
  readonly code: number | null;
  /** What the call returned, or the error that it threw, with `code` and `message`. */
  readonly value: EmbeddedServer & { readonly code?: string; readonly message?: string };
}

/** Creates a folder that every user can enter. After the test, its server is stopped and the folder removed. */
export async function createFolder(): Promise<string> {
  const folder = await makeTemporaryFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** Returns the path of a server's folder for all tests of a file. Each test must leave it usable for the next one. */
export function sharedDirectory(): { readonly path: string } {
  const shared = { path: '' };
  beforeAll(async () => {
    shared.path = join(await makeTemporaryFolder(), 'db');
  }, SLOW);
  afterAll(() => removeFolder(dirname(shared.path)));
  return shared;
}

/** Returns the path of a server's folder that does not exist yet, in a new folder. */
export async function newDirectory(): Promise<string> {
  return join(await createFolder(), 'db');
}

/** Runs SQL on a new connection and returns the values of the first row. */
export async function queryRow(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0] ?? [];
  } finally {
    await client.end();
  }
}

/** Returns the arguments of Node.js for a program that starts, finds or stops a server and prints the result. */
export function childProgram(verb: 'start' | 'find' | 'stop', directory: string, app = compiled): string[] {
  const module = JSON.stringify(join(app, 'embedded.js'));
  const call = `${verb}EmbeddedServer({ directory: ${JSON.stringify(directory)} })`;
  const toObject = '({ code, message, ...rest }) => ({ code, message, ...rest })';
  return [
    '--input-type=module',
    '--eval',
    `const { ${verb}EmbeddedServer } = await import(${module});
     const value = await ${call}.catch(${toObject});
     process.stdout.write(JSON.stringify(value));`,
  ];
}

/** Starts, finds or stops a server in a child process, by default as the user of this process. */
export async function inChild(
  verb: 'start' | 'find' | 'stop',
  directory: string,
  options: {
    readonly app?: string;
    readonly user?: ServerUser | undefined;
    readonly env?: NodeJS.ProcessEnv;
  } = {},
): Promise<ChildResult> {
  const { user, env } = options;
  const child = spawn(process.execPath, childProgram(verb, directory, options.app), {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    env: { ...process.env, ...env },
    ...(user === undefined ? {} : { uid: user.uid | 0, gid: user.gid | 0 }),
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, value: JSON.parse(output) };
}

/** Kills a process and waits until it is dead. */
export async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  while ((await readProcessTitle(pid)) !== '') await pause(5);
}

/** Waits until a process has ended. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

/** Returns a user who is neither root nor the one that root would choose; undefined if this process is not root. */
export async function ordinaryUser(): Promise<ServerUser | undefined> {
  return isRoot ? (await readLoginUsers()).find(({ name }) => name === 'daemon') : undefined;
}

/** Whether tests can run as an ordinary user: this process is one, or is root and can become one who can use this clone. */
export const hasOrdinaryUser = !isRoot || (await canUseThisClone(await ordinaryUser()));

async function canUseThisClone(user: ServerUser | undefined): Promise<boolean> {
  if (user === undefined) return false;
  const needed = [process.execPath, compiled, (await findEmbeddedPackage()).root];
  const obstacles = await Promise.all(needed.map((path) => findObstacle(user, path, 5)));
  return obstacles.every((obstacle) => obstacle === null);
}

/**
 * Copies the compiled code and the package of PostgreSQL into a folder, as if installed there without install scripts.
 *
 * @returns the folder of the compiled code, for {@link inChild}
 */
export async function installInto(folder: string): Promise<string> {
  const { name, root } = await findEmbeddedPackage();
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await cp(compiled, join(folder, 'dist'), { recursive: true });
  const target = join(folder, 'node_modules', name);
  await mkdir(target, { recursive: true });
  await cp(root, target, { recursive: true, filter: async (path) => !(await isLink(path)) });
  return join(folder, 'dist');
}

async function makeTemporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'voicesurvey-db-test-')));
  await chmod(folder, 0o755);
  return folder;
}

async function removeFolder(folder: string): Promise<void> {
  await stopEmbeddedServer({ directory: join(folder, 'db') }).catch(() => {});
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path)).isSymbolicLink();
}
