import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { stopEmbeddedServer } from '../../src/postgres/embedded.js';
import { repository, runProgram } from './cli.js';

/** What a clone consists of, besides its packages. */
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

/** A clone or a project of its own in a temporary folder, whose embedded server disturbs nobody. */
export interface Place {
  readonly root: string;
}

/**
 * A clone for one test, with the packages of ours.
 *
 * @param options.built with our build, as fresh as ours is
 * @param options.name of its folder
 */
export async function clone(options: { built: boolean; name?: string }): Promise<Place> {
  const root = await makeClone(options);
  onTestFinished(() => removePlace(root));
  return { root };
}

/** A built clone for all tests of a file. */
export function sharedClone(): Place {
  const place = { root: '' };
  beforeAll(async () => {
    place.root = await makeClone({ built: true });
  });
  afterAll(() => removePlace(place.root));
  return place;
}

/** A project for all tests of a file, in which the package is installed as npm would; its root is the project's. */
export function sharedProject(): Place & {
  readonly packageRoot: string;
  readonly packed: readonly string[];
} {
  const place = { root: '', packageRoot: '', packed: [] as string[] };
  beforeAll(async () => {
    Object.assign(place, await makeProject());
  });
  afterAll(() => removePlace(place.root));
  return place;
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
  for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
    await cp(join(repository, path), join(source, path)).catch(() => {});
  }
  const root = await temporaryFolder();
  const npm = (...args: string[]) => runProgram('npm', args, { cwd: source });
  // Of a script that `npm pack` runs itself, the output is mixed into its own.
  await npm('run', 'prepack');
  const packing = await npm('pack', '--ignore-scripts', '--json', '--pack-destination', root);
  const [packed] = JSON.parse(packing.stdout) as [{ filename: string; files: { path: string }[] }];
  await rm(join(source, '..'), { recursive: true });
  const packageRoot = join(root, 'node_modules/voicesurvey-db');
  await mkdir(packageRoot, { recursive: true });
  await runProgram('tar', ['xzf', join(root, packed.filename), '-C', packageRoot, '--strip-components=1']);
  for (const name of await readdir(join(repository, 'node_modules'))) {
    if (/^\.|^voicesurvey-db$/.test(name)) continue;
    await symlink(join(repository, 'node_modules', name), join(root, 'node_modules', name));
  }
  await writeFile(join(root, 'package.json'), '{ "name": "project", "private": true }');
  return { root, packageRoot, packed: packed.files.map(({ path }) => path) };
}

async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'voicesurvey-db-place-')));
  // Where root starts a server, it runs as `nobody`, who has to get here.
  await chmod(folder, 0o755);
  return folder;
}

async function removePlace(root: string): Promise<void> {
  await stopEmbeddedServer({ directory: join(root, '.voicesurvey-db') }).catch(() => {});
  const folder = root.endsWith('/') ? root.slice(0, -1) : root;
  const top = /^(.*voicesurvey-db-place-[^/]+)/.exec(folder)?.[1] ?? folder;
  await rm(top, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
