import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { stopEmbeddedServer } from '../../src/postgres/embedded.js';
import { repository, runProgram } from './cli.js';
import { SLOW } from './timeouts.js';

/** The parts of a clone, besides its packages. */
const CLONED = [
  'bin',
  'src',
  'docs',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'rolldown.config.ts',
  '.gitignore',
];

/** A clone or a project in a temporary folder, with its own embedded server. */
export interface TemporaryFolder {
  readonly root: string;
}

/**
 * Makes a clone for one test, which shares the packages of this repository.
 *
 * @param options.built whether it has the build of this repository
 * @param options.name the name of its folder
 */
export async function clone(options: { built: boolean; name?: string }): Promise<TemporaryFolder> {
  const root = await makeClone(options);
  onTestFinished(() => removeFolder(root));
  return { root };
}

/** Makes a built clone for all tests of a file. */
export function sharedClone(): TemporaryFolder {
  const folder = { root: '' };
  beforeAll(async () => {
    folder.root = await makeClone({ built: true });
  }, SLOW);
  afterAll(() => removeFolder(folder.root));
  return folder;
}

/**
 * Makes a project for all tests of a file, in which the package is installed from its tarball; `root` is the project. By
 * default it links the dependencies of this repository. With `INSTALL_FROM_REGISTRY=1`, npm installs them, as for a user.
 */
export function sharedProject(): TemporaryFolder & {
  readonly packageRoot: string;
  readonly packed: readonly string[];
} {
  const folder = { root: '', packageRoot: '', packed: [] as string[] };
  beforeAll(async () => {
    Object.assign(folder, await makeProject());
  }, SLOW);
  afterAll(() => removeFolder(folder.root));
  return folder;
}

async function makeClone({ built, name = 'clone' }: { built: boolean; name?: string }): Promise<string> {
  const root = join(await temporaryFolder(), name);
  await mkdir(root);
  for (const path of built ? [...CLONED, 'dist'] : CLONED) {
    await cp(join(repository, path), join(root, path), { recursive: true, preserveTimestamps: true });
  }
  await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
  return root;
}

async function makeProject(): Promise<{ root: string; packageRoot: string; packed: string[] }> {
  const source = await makeClone({ built: false });
  for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', '.squawk.toml']) {
    await cp(join(repository, path), join(source, path));
  }
  const root = await temporaryFolder();
  const npm = (...args: string[]) => runProgram('npm', args, { cwd: source });
  // If npm pack ran this script itself, the script's output would be mixed into the JSON.
  await npm('run', 'prepack');
  const packing = await npm('pack', '--ignore-scripts', '--json', '--pack-destination', root);
  const [packed] = JSON.parse(packing.stdout) as [{ filename: string; files: { path: string }[] }];
  await rm(join(source, '..'), { recursive: true });
  const packageRoot = join(root, 'node_modules/voicesurvey-db');
  await writeFile(join(root, 'package.json'), '{ "name": "project", "private": true }');
  if (process.env.INSTALL_FROM_REGISTRY === '1') await installFromRegistry(root, packed.filename);
  else {
    await mkdir(packageRoot, { recursive: true });
    await runProgram('tar', ['xzf', join(root, packed.filename), '-C', packageRoot, '--strip-components=1']);
    await linkDependencies(root);
    await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
    await symlink('../voicesurvey-db/bin/voicesurvey-db', join(root, 'node_modules/.bin/voicesurvey-db'));
  }
  return { root, packageRoot, packed: packed.files.map(({ path }) => path) };
}

async function installFromRegistry(project: string, tarball: string): Promise<void> {
  const args = ['install', '--no-audit', '--no-fund', '--engine-strict', `./${tarball}`];
  // npm reads how to reach the registry from variables that other programs do not get.
  const { code, stderr } = await runProgram('npm', args, { cwd: project, env: process.env });
  if (code !== 0) throw new Error(`npm install failed: ${stderr}`);
}

/** Links the dependencies of the package into a project, without those that only development needs. */
async function linkDependencies(project: string): Promise<void> {
  const { stdout } = await runProgram('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: repository,
  });
  const names = stdout.split('\n').flatMap((path) => /node_modules\/(.*)$/.exec(path)?.[1] ?? []);
  for (const name of names) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(repository, 'node_modules', name), link);
  }
}

async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'voicesurvey-db-clone-')));
  // A server that root starts runs as the user nobody, which must be able to enter the folder.
  await chmod(folder, 0o755);
  return folder;
}

async function removeFolder(root: string): Promise<void> {
  await stopEmbeddedServer({ directory: join(root, '.voicesurvey-db') }).catch(() => {});
  const folder = root.endsWith('/') ? root.slice(0, -1) : root;
  const top = /^(.*voicesurvey-db-clone-[^/]+)/.exec(folder)?.[1] ?? folder;
  await rm(top, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
