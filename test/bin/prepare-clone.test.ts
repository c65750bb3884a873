import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { type CliResult, repository, runCli, runJson, startCli } from '../support/cli.js';
import { clone, sharedClone } from '../support/clone.js';
import { createDatabase, dropDatabase } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { hasTerminal, runOnTerminal } from '../support/terminal.js';
import { until } from '../support/until.js';

const version = (root: string, env = {}): Promise<CliResult> => runCli(['--version'], { root, env });
const worked = { code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' };

/** The temporary files of a build that is running or was killed. */
const leftovers = async (root: string): Promise<string[]> =>
  (await readdir(root)).filter((name) => /\.tmp$|^\.prepare/.test(name));

/** Whether the process that holds the lock of a clone has started the bundler: the lock names both processes. */
const isBuilding = (root: string): Promise<boolean> =>
  readFile(join(root, '.prepare.lock'), 'utf8').then(
    (content) => /^\d+ \d+$/.test(content),
    () => false,
  );

/** The process id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const { child, result } = startCli(['--version']);
  await result;
  return child.pid ?? 0;
}

describe('a clone without a build', () => {
  test('is built once by two concurrent commands, which print nothing about it on standard output', async () => {
    const { root } = await clone({ built: false });
    const results = await Promise.all([version(root), version(root)]);
    for (const { code, stdout, stderr } of results) {
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
      expect(stderr).toMatch(/^(Waiting for process \d+, which installs or builds this clone …\n)?$/);
    }
    expect(await leftovers(root)).toEqual([]);
  });

  test.skipIf(!hasTerminal)('shows the seconds of its build on a terminal, and erases them', async () => {
    const { root } = await clone({ built: false });
    const pause = '\nawait new Promise((resolve) => setTimeout(resolve, 1500));\n';
    await appendFile(join(root, 'rolldown.config.ts'), pause);
    const program = join(root, 'bin/voicesurvey-db');
    const { stdout } = await runOnTerminal([process.execPath, program, '--version']);
    const shown = stdout.split('\r\u001B[K');
    expect(shown).toContain('Building this clone … 1 s');
    expect(shown.at(-1)).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('is built by the next command after a build that was killed', async () => {
    const { root } = await clone({ built: false, name: "somebody's clone" });
    const { child, result } = startCli(['--version'], { root });
    await until(() => isBuilding(root));
    child.kill('SIGKILL');
    // Its bundler goes on as an orphan.
    expect(await version(root)).toMatchObject({ code: 0 });
    await result;
    expect(await leftovers(root)).toEqual([]);
    expect(await version(root)).toEqual(worked);
  });
});

describe('a clone with a build', () => {
  const shared = sharedClone();

  test('is not built again if the build is fresh', async () => {
    const built = await stat(join(shared.root, 'dist'));
    expect(await version(shared.root)).toEqual(worked);
    expect((await stat(join(shared.root, 'dist'))).ino).toBe(built.ino);
  });

  test('is not built again for an edited migration, which the engine parses itself', async () => {
    const { root } = shared;
    const built = await stat(join(root, 'dist'));
    const name = 'src/storage/sql/V9999.added';
    await writeFile(join(root, `${name}.up.sql`), 'select 1;\n');
    await writeFile(join(root, `${name}.down.sql`), 'select 1;\n');
    const { code, stdout } = await runCli(['--version'], { root });
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect((await stat(join(root, 'dist'))).ino).toBe(built.ino);
    for (const end of ['up', 'down']) await rm(join(root, `${name}.${end}.sql`));
  });

  test('is built again once if a source is newer, even if its time is in the future', async () => {
    const { root } = shared;
    await appendFile(join(root, 'src/postgres/connection/application-name.ts'), '\n');
    await writeFile(join(root, 'src/added.ts'), "export const added = 'yes';\n");
    await appendFile(join(root, 'src/index.ts'), "export { added } from './added.js';\n");
    const future = new Date(Date.now() + 86_400_000);
    await utimes(join(root, 'src/added.ts'), future, future);
    expect(await version(root)).toEqual(worked);
    expect(await readFile(join(root, 'dist/index.js'), 'utf8')).toContain('added');
    const built = await stat(join(root, 'dist'));
    expect(await version(root)).toEqual(worked);
    expect((await stat(join(root, 'dist'))).ino).toBe(built.ino);
  });

  test.for([
    [
      'of processes that have ended',
      async (): Promise<string> => `${await deadProcess()} ${await deadProcess()}`,
    ],
    ['that is empty since its process was killed', async (): Promise<string> => ''],
  ] as const)('takes over a lock %s and removes the files of killed builds', async ([, content]) => {
    const { root } = shared;
    await rm(join(root, 'dist/.built'));
    await writeFile(join(root, '.prepare.lock'), await content());
    await utimes(join(root, '.prepare.lock'), 0, 0);
    await writeFile(join(root, 'dist.4711.tmp'), '');
    expect(await version(root)).toEqual(worked);
    expect(await leftovers(root)).toEqual([]);
  });

  test('waits for the running process that holds the lock and names it', async () => {
    const { root } = shared;
    await rm(join(root, 'dist/.built'));
    await writeFile(join(root, '.prepare.lock'), `${await deadProcess()} ${process.pid}`);
    const { child, result } = startCli(['--version'], { root });
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    await rm(join(root, '.prepare.lock'));
    expect(await result).toMatchObject({
      code: 0,
      stderr: `Waiting for process ${process.pid}, which installs or builds this clone …\n`,
    });
  });

  test('whose build fails prints a message and a remedy and keeps the old build', async () => {
    const { root } = shared;
    await writeFile(join(root, 'src/added.ts'), 'export const added = ;\n');
    const future = new Date(Date.now() + 2 * 86_400_000);
    await utimes(join(root, 'src/added.ts'), future, future);
    const { code, stdout, stderr, document } = await runJson(['status'], { root });
    expect(code).toBe(1);
    expect(stderr).toContain('src/added.ts');
    expect(document).toEqual({
      command: 'status',
      ok: false,
      exitCode: 1,
      server: null,
      error: {
        code: 'prepare_failed',
        message: `The bundler failed in ${root}.`,
        location: null,
        remedy: 'Fix what it reports above and run the command again.',
        server: null,
      },
    });
    expect(stdout.startsWith('{')).toBe(true);
    expect(await readFile(join(root, 'dist/index.js'), 'utf8')).toContain('added');
    expect(await leftovers(root)).toEqual([]);
  });
});

test('a migration that is not SQL fails only the commands that run it, with file, line and column', async () => {
  const { root } = await clone({ built: false });
  const folder = join(root, 'src/storage/sql');
  await writeFile(join(folder, 'V9999.broken.up.sql'), '-- V9999\n\nselct 1;\n');
  await writeFile(join(folder, 'V9999.broken.down.sql'), 'drop tabel x;\n');
  await writeFile(join(folder, 'notes.bin'), Buffer.from([0xff, 0x00]));
  await writeFile(join(folder, 'notes.md'), 'not SQL');
  const name = `${inject('runName')}_broken_file`;
  const url = await createDatabase(inject('serverUrl'), name, `${inject('runName')}_schema`);
  const options = { root, env: { DATABASE_URL: url } };
  try {
    expect(await version(root)).toEqual(worked);
    for (const command of ['status', 'verify']) {
      const { code, stderr, document } = await runJson([command], options);
      expect([command, code, stderr, document.ok]).toEqual([command, 3, '', true]);
    }
    expect(await runCli(['types'], options)).toMatchObject({ code: 0 });
    expect(await runCli(['up', '--to', 'V0001'], options)).toMatchObject({ code: 0 });
    const { code, document } = await runJson(['up'], options);
    expect([code, document.error]).toEqual([
      1,
      expect.objectContaining({
        code: 'syntax_error',
        location: expect.objectContaining({
          file: join(folder, 'V9999.broken.up.sql'),
          line: 3,
          column: 1,
        }),
      }),
    ]);
  } finally {
    await dropDatabase(inject('serverUrl'), name);
  }
});

test('a clone without packages fails with a remedy if npm is missing', async () => {
  const { root } = await clone({ built: false });
  await rm(join(root, 'node_modules'));
  const { code, stdout, stderr } = await runCli(['up'], { root, env: { PATH: '/nowhere' } });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^Installing the packages of this clone \(once; npm ci\) …\nerror: npm cannot be run \(spawn npm ENOENT\)\.\nInstall Node\.js together with npm.*\n$/,
  );
  expect(await leftovers(root)).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
  'npm ci and the bundler of a clone get no secret of the caller, and npm runs no install script',
  async () => {
    const { root } = await clone({ built: false });
    const modules = join(root, 'node_modules');
    await rm(modules);
    // Prints what it gets, and installs a bundler that does the same.
    const recorder = `const { writeFileSync } = require('node:fs');
      const record = (name) => writeFileSync(name, JSON.stringify({ args: process.argv.slice(2), env: process.env }));`;
    const programs = await folderWith({
      npm: `#!${process.execPath}
        ${recorder}
        record('npm.json');
        const { mkdirSync } = require('node:fs');
        mkdirSync('node_modules/rolldown/bin', { recursive: true });
        writeFileSync('node_modules/.package-lock.json', '');
        writeFileSync('node_modules/rolldown/bin/cli.mjs', 'import { createRequire } from "node:module";' +
          'const require = createRequire(import.meta.url);' + ${JSON.stringify(recorder)} + 'record("bundler.json");');`,
    });
    await chmod(join(programs, 'npm'), 0o755);
    const secrets = {
      DATABASE_URL: 'postgresql://ann:database-secret@db/survey',
      PGPASSWORD: 'password-secret',
      PGPASSFILE: '/home/ann/secret',
      AWS_SECRET_ACCESS_KEY: 'cloud-secret',
      NODE_OPTIONS: '--title=secret',
    };
    const env = {
      ...secrets,
      PATH: `${programs}:/usr/bin:/bin`,
      npm_config_registry: 'https://npm.example.com',
    };
    await runCli(['up'], { root, env });
    const read = async (name: string) => JSON.parse(await readFile(join(root, name), 'utf8'));
    const [npm, bundler] = [await read('npm.json'), await read('bundler.json')];
    expect(npm.args).toContain('--ignore-scripts');
    expect(npm.env).toMatchObject({
      npm_config_registry: 'https://npm.example.com',
      HOME: expect.anything(),
    });
    for (const child of [npm, bundler]) {
      expect(child.env.PATH).toBe(env.PATH);
      expect(JSON.stringify(child.env)).not.toContain('secret');
      for (const name of Object.keys(secrets)) expect(child.env).not.toHaveProperty(name);
    }
  },
);

test('the program and the scripts are executable', async () => {
  for (const path of [
    'bin/voicesurvey-db',
    'scripts/db_upgrade.sh',
    'scripts/db_downgrade.sh',
    'scripts/db_seed.sh',
  ]) {
    expect((await stat(join(repository, path))).mode & 0o111).toBe(0o111);
  }
});

test('a clone whose node_modules is a link never installs into the linked folder', async () => {
  const { root } = await clone({ built: true });
  const others = join(root, 'others');
  await mkdir(others);
  await writeFile(join(others, 'package.txt'), '');
  await rm(join(root, 'node_modules'));
  await symlink(others, join(root, 'node_modules'), 'dir');
  const { code, stderr } = await runCli(['up'], { root, env: { PATH: '/nowhere' } });
  expect([code, stderr]).toEqual([
    1,
    `error: The packages of ${root} are stale, and its node_modules is a link to another folder.\n` +
      'Run npm ci in that folder, or remove the link and run the command again.\n',
  ]);
  expect(await readdir(others)).toEqual(['package.txt']);
});

describe('an error from before the command line is loaded', () => {
  test('is printed with control characters and commands for a CI service encoded', async () => {
    const { root } = await clone({ built: true, name: 'x\u001b[2J\u202e\u0085##[error]' });
    const future = new Date(Date.now() + 86_400_000);
    // Its packages seem stale, and are a link to those of this repository.
    await utimes(join(root, 'package-lock.json'), future, future);
    const shown = await version(root);
    expect(shown).toMatchObject({ code: 1, stdout: '' });
    expect(shown.stderr).toContain('x\\u001b[2J\\u202e\\u0085#\\#[error]');
    expect(shown.stderr).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    const { stdout, document } = await runJson(['status'], { root });
    expect(stdout).not.toMatch(/[^\n\P{Cc}]|\p{Cf}|##\[/u);
    expect(document).toMatchObject({
      error: { code: 'packages_elsewhere', message: expect.stringContaining(root) },
    });
  });
});
