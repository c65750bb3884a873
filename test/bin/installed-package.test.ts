import { access, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { aCampaign } from '../../src/testing.js';
import { repository, runCli, runJson, runProgram } from '../support/cli.js';
import { sharedProject } from '../support/clone.js';
import { createDatabase, dropDatabase, session } from '../support/databases.js';
import { blocksOf } from '../support/page.js';
import { projectWith } from '../support/project.js';
import { SLOW } from '../support/timeouts.js';

/** The strictest options of a user's compiler. */
const STRICT = {
  strict: true,
  target: 'es2023',
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  // The types of Drizzle name packages that are not installed.
  skipLibCheck: true,
  types: ['node'],
};

describe('an installed package', () => {
  const project = sharedProject();

  test('holds the program, the build, the SQL, the scripts and the documents, and nothing else', async () => {
    const tops = [...new Set(project.packed.map((path) => path.split('/')[0]))].sort();
    const pages = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md'];
    const rest = ['.squawk.toml', 'bin', 'dist', 'docs', 'package.json', 'scripts', 'src'];
    expect(tops).toEqual([...pages, ...rest].sort());
    expect(project.packed.filter((path) => path.startsWith('bin/'))).toEqual(['bin/voicesurvey-db']);
    expect(project.packed.filter((path) => path.startsWith('src/'))).toEqual(
      project.packed.filter((path) => path.startsWith('src/storage/')),
    );
    for (const path of [
      'src/storage/sql/V0001.up.sql',
      'src/storage/seed/seed.sql',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/schema.js',
      'dist/schema.d.ts',
      'dist/testing.js',
      'dist/testing.d.ts',
      'docs/services.md',
      'docs/services-by-hand.md',
      'docs/schema.svg',
    ]) {
      expect(project.packed).toContain(path);
    }
    expect(project.packed.filter((path) => /\.test\.|(^|\/)(test|bench)\//.test(path))).toEqual([]);
    for (const path of [
      'bin/voicesurvey-db',
      'scripts/db_upgrade.sh',
      'scripts/db_downgrade.sh',
      'scripts/db_seed.sh',
    ]) {
      expect((await stat(join(project.packageRoot, path))).mode & 0o111).toBe(0o111);
    }
  });

  test('has no script that npm runs when it installs the package', async () => {
    const { scripts } = JSON.parse(await readFile(join(project.packageRoot, 'package.json'), 'utf8'));
    expect(Object.keys(scripts).filter((name) => /install$|^prepare$/.test(name))).toEqual([]);
  });

  test('gives each of its exports to import and to require, without a warning', async () => {
    const { exports } = JSON.parse(await readFile(join(project.packageRoot, 'package.json'), 'utf8'));
    const names = Object.keys(exports).map((path) => path.replace('.', 'voicesurvey-db'));
    expect(names).toContain('voicesurvey-db/testing');
    for (const name of names) {
      const programs = { commonjs: `require('${name}')`, module: `await import('${name}')` };
      for (const [type, text] of Object.entries(programs)) {
        // Node.js imports JSON only with an attribute, and warns about it.
        if (type === 'module' && name.endsWith('.json')) continue;
        const { stdout, stderr } = await runProgram(
          process.execPath,
          [`--input-type=${type}`, '--eval', `console.log(Object.keys(${text}).length > 0)`],
          { cwd: project.root },
        );
        expect([name, type, stdout, stderr]).toEqual([name, type, 'true\n', '']);
      }
    }
  });

  test('has types that compile in an empty TypeScript project, with the types of its dependencies', async () => {
    const folder = join(project.root, 'typed');
    await mkdir(folder);
    const program = `import { up, type UpResult } from 'voicesurvey-db';
      import { ruleOf } from 'voicesurvey-db/schema';
      import { testDatabase } from 'voicesurvey-db/testing';
      export const migrate = (url: string): Promise<UpResult> => up({ url, directory: 'migrations' });
      export const kinds = [typeof ruleOf, typeof testDatabase];`;
    await writeFile(join(folder, 'program.mts'), program);
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const compilerOptions = { strict: true, target: 'es2023', module, moduleResolution, noEmit: true };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
      const { code, stdout } = await runProgram(join(repository, 'node_modules/.bin/tsc'), ['-p', '.'], {
        cwd: folder,
      });
      expect([moduleResolution, stdout, code]).toEqual([moduleResolution, '', 0]);
    }
  });

  test('has types that compile in strict programs for Node.js and for bundlers, and the programs of docs/kysely.md and docs/drizzle.md run', {
    timeout: SLOW,
  }, async () => {
    const program = `import pg from 'pg';
      import { check, type ContactsRow, type RowSource, up } from 'voicesurvey-db';
      import { aCall, aCampaign, testDatabase } from 'voicesurvey-db/testing';
      const rows: RowSource = async (client) => new Map((await client.query('select')).rows);
      await check({ url: (await up({ url: '', directory: '' })).server.address, directory: '', rows });
      const { contacts } = await aCampaign().running().with(1).in((await testDatabase()).pool);
      await aCall().to(contacts[0]).completed().in(new pg.Client());
      export const nameOf = ({ phone_number }: ContactsRow): string => phone_number;`;
    const [kysely = '', drizzle = ''] = ['kysely', 'drizzle'].map(
      (page) => blocksOf(`${page}.md`, `Use ${page[0]?.toUpperCase()}${page.slice(1)}`)[0]?.code,
    );
    const packages = ['pg', 'kysely', 'drizzle-orm', '@types/pg', '@types/node'];
    const files = { 'program.ts': program, 'kysely.ts': kysely, 'drizzle.ts': drizzle };
    const cwd = await projectWith(files, packages, project.packageRoot);
    const compiler = join(repository, 'node_modules/.bin/tsc');
    for (const resolution of [
      { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
      { module: 'nodenext', moduleResolution: 'nodenext' },
    ]) {
      await writeFile(
        join(cwd, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { ...STRICT, ...resolution } }),
      );
      expect(await runProgram(compiler, ['-p', '.'], { cwd })).toMatchObject({ stdout: '', code: 0 });
    }
    const name = `${inject('runName')}_programs`;
    const url = await createDatabase(inject('serverUrl'), name, `${inject('runName')}_schema`);
    const client = await session(url);
    try {
      await aCampaign().running().with(1).in(client);
      const run = (path: string) => runProgram(process.execPath, [path], { cwd, env: { DATABASE_URL: url } });
      const refused = 'phone_number_of_a_contact_is_e164\n';
      expect(await run('kysely.js')).toMatchObject({ stderr: '', stdout: `1\ntrue\ntrue\n${refused}` });
      await client.query('delete from contacts');
      await aCampaign().running().with(1).in(client);
      expect(await run('drizzle.js')).toMatchObject({ stderr: '', stdout: `1\ntrue\n${refused}` });
    } finally {
      await client.end();
      await dropDatabase(inject('serverUrl'), name);
    }
  });

  test('exports what the sources export, and its import loads no engine', async () => {
    const entry = join(project.packageRoot, 'dist/index.js');
    const sources = await import('../../src/index.js');
    expect(Object.keys(await import(entry)).sort()).toEqual(Object.keys(sources).sort());
    const loaded = await modulesLoadedBy(entry);
    expect(loaded).toContain('src/catalog/difference.ts');
    const engines =
      /^src\/(?:cli|seed\/seed|postgres\/(?:embedded|login-errors|redaction)|inspect\/\w+\.|migrate\/(?:down|status|up|run\/lock\.))/;
    expect(loaded.filter((path) => engines.test(path))).toEqual([]);
  });

  test('is imported without pg, which its first connection loads, and is required by a CommonJS program', async () => {
    const program = `import { createRequire } from 'node:module';
      const { cache } = createRequire(import.meta.url);
      const hasPg = () => Object.keys(cache).some((path) => /node_modules.pg.lib/.test(path));
      const { status } = await import('voicesurvey-db');
      const atFirst = hasPg();
      const { code } = await status({ url: 'postgresql://127.0.0.1:1/x', directory: '.' }).catch((error) => error);
      console.log(atFirst, code);`;
    const run = (type: string, text: string) =>
      runProgram(process.execPath, [`--input-type=${type}`, '--eval', text], { cwd: project.root });
    expect((await run('module', program)).stdout).toMatch(/^false \w+\n$/);
    const required = await run('commonjs', "console.log(typeof require('voicesurvey-db').up)");
    expect([required.stdout, required.stderr]).toEqual(['function\n', '']);
  });

  test('loads the modules of its functions by their first call', async () => {
    const program = `import { newMigration, UsageError, verify } from 'voicesurvey-db';
      const error = await verify({ url: 'db', directory: '' }).catch((error) => error);
      const { version } = await newMigration({ directory: 'library', name: 'mine' });
      console.log(error instanceof UsageError, version);`;
    await mkdir(join(project.root, 'library'));
    const { stdout, stderr } = await runProgram(
      process.execPath,
      ['--input-type=module', '--eval', program],
      {
        cwd: project.root,
      },
    );
    expect([stdout, stderr]).toEqual(['true V0001\n', '']);
  });

  test.for([
    ['up', 'DATABASE_URL is not set.', "use the package's own server with --embedded"],
    ['status', 'DATABASE_URL is not set.', "use the package's own server with --embedded"],
    [
      'check',
      'There is no server to try the migrations on.',
      "Or use the package's own server with --embedded",
    ],
    ['start', '"start" manages the package\'s own server', '`npx voicesurvey-db start --embedded`'],
  ] as const)('runs %s without DATABASE_URL, which fails with exit code 2 and starts no server', async ([
    command,
    message,
    remedy,
  ]) => {
    const { code, stdout, stderr } = await runCli([command], {
      root: project.packageRoot,
      cwd: project.root,
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: [^\n]+\.\n[^\n]+\n$/);
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toContain(remedy);
    expect(await readdir(project.root)).not.toContain('.voicesurvey-db');
  });

  test('reads no .env', async () => {
    const { packageRoot, root } = project;
    for (const folder of [packageRoot, root])
      await writeFile(join(folder, '.env'), 'DATABASE_URL=postgresql://ann@db/x');
    const { code, stderr } = await runCli(['url'], { root: packageRoot, cwd: root });
    for (const folder of [packageRoot, root]) await rm(join(folder, '.env'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('DATABASE_URL is not set.')]);
  });

  test('works on the server in DATABASE_URL through its scripts', async () => {
    const url = await createDatabase(inject('serverUrl'), `${inject('runName')}_installed`);
    try {
      const script = join(project.packageRoot, 'scripts/db_upgrade.sh');
      const { code, stdout } = await runProgram(script, ['--seed'], { env: { DATABASE_URL: url }, cwd: '/' });
      expect([code, stdout]).toEqual([0, expect.stringContaining('Added 18 seed rows.')]);
    } finally {
      await dropDatabase(inject('serverUrl'), `${inject('runName')}_installed`);
    }
  });

  test('never builds or installs anything, even if its build is old', async () => {
    const { packageRoot, root } = project;
    await utimes(join(packageRoot, 'dist/cli/main.js'), 0, 0);
    const before = await readdir(packageRoot);
    const { code, stdout, stderr } = await runCli(['--version'], {
      root: packageRoot,
      cwd: root,
      // Without npm.
      env: { PATH: '/nowhere' },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await readdir(packageRoot)).toEqual(before);
  });

  test('with --embedded keeps its server in the project and prints commands that run there', async () => {
    const { packageRoot, root } = project;
    const up = await runCli(['up', '--seed', '--embedded'], { root: packageRoot, cwd: root });
    expect(up.code).toBe(0);
    expect(up.stderr).toContain('its data is in .voicesurvey-db/server.\n');
    expect(up.stdout).toContain('  npx voicesurvey-db sql "table users" --embedded  print');
    await access(join(root, '.voicesurvey-db/server/data'));

    const url = await runCli(['url', '--embedded'], { root: packageRoot, cwd: join(root, 'node_modules') });
    expect(url.stdout).toMatch(
      /^postgresql:\/\/postgres:\S+@127\.0\.0\.1:\d+\/voicesurvey\?sslmode=disable\n$/,
    );
    expect(up.stdout).toContain(url.stdout);
    expect(await readdir(packageRoot)).not.toContain('.voicesurvey-db');

    const stop = await runCli(['stop', '--embedded'], { root: packageRoot, cwd: root });
    expect(stop.stdout).toBe('Stopped; the data stays in .voicesurvey-db.\n');
  });

  test('new refuses to write into the package, where the next install would delete it', async () => {
    const { packageRoot, root } = project;
    const options = { root: packageRoot, cwd: root };
    const before = await readdir(join(packageRoot, 'src/storage/sql'));
    for (const args of [[], ['--dir', 'node_modules/voicesurvey-db/src/storage/sql']]) {
      const { code, stderr } = await runCli(['new', "it's", 'mine', ...args], options);
      expect([code, stderr]).toEqual([
        2,
        'error: The migration would be written into the installed package, where the next install deletes it.\n' +
          "To change the product's schema, use a clone. For another database, create a folder and name it: `mkdir -p migrations && npx voicesurvey-db new 'it'\\''s' mine --dir ./migrations`.\n",
      ]);
    }
    expect(await readdir(join(packageRoot, 'src/storage/sql'))).toEqual(before);
    await mkdir(join(root, 'migrations'));
    expect(await runCli(['new', 'mine', '--dir', 'migrations'], options)).toMatchObject({ code: 0 });
  });

  test('writes schema.md and schema.html with docs, and says how to get the picture, which needs a package', async () => {
    const url = await createDatabase(
      inject('serverUrl'),
      `${inject('runName')}_documented`,
      `${inject('runName')}_schema`,
    );
    const { packageRoot, root } = project;
    const options = { env: { DATABASE_URL: url }, root: packageRoot, cwd: root };
    try {
      const { code, stdout, stderr } = await runCli(['docs', '--out', 'docs'], options);
      expect([code, stdout, stderr]).toEqual([
        0,
        expect.stringMatching(/^Wrote docs\/schema\.md\.\non postgresql:.*\n$/),
        'Did not write docs/schema.svg: the npm package that draws it is not installed. ' +
          'Run `npm install --save-dev @hpcc-js/wasm-graphviz` and then this command again.\n',
      ]);
      expect(await readFile(join(root, 'docs/schema.md'), 'utf8')).toContain('## contacts\n');
      expect((await runJson(['docs'], options)).document).toMatchObject({
        ok: true,
        files: ['schema.md'],
        leftOut: ['schema.svg'],
      });
      const page = await runCli(['docs', '--html', '--out', 'docs'], options);
      expect([page.code, page.stdout, page.stderr]).toEqual([
        0,
        expect.stringMatching(/^Wrote docs\/schema\.html\.\non postgresql:.*\n$/),
        'Did not write the picture in docs/schema.html: the npm package that draws it is not installed. ' +
          'Run `npm install --save-dev @hpcc-js/wasm-graphviz` and then this command again.\n',
      ]);
      // The examples come from a page of the package.
      expect(await readFile(join(root, 'docs/schema.html'), 'utf8')).toContain('<figcaption>Example<');
      await mkdir(join(root, 'node_modules/@hpcc-js'));
      await symlink(
        join(repository, 'node_modules/@hpcc-js/wasm-graphviz'),
        join(root, 'node_modules/@hpcc-js/wasm-graphviz'),
      );
      const { stdout: complete } = await runCli(['docs', '--out', 'docs'], options);
      expect(complete).toMatch(/^Wrote docs\/schema\.md\.\nWrote docs\/schema\.svg\.\non /);
    } finally {
      await dropDatabase(inject('serverUrl'), `${inject('runName')}_documented`);
    }
  });

  test('reports a missing part of the package', async () => {
    const { packageRoot, root } = project;
    await rm(join(packageRoot, 'dist/parts/up.js'));
    const { code, stdout, stderr } = await runCli(['up', '--json'], { root: packageRoot, cwd: root });
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toEqual({
      command: 'up',
      ok: false,
      exitCode: 1,
      server: null,
      error: {
        code: 'package_incomplete',
        message: `A part of the package is missing: Cannot find module '${packageRoot}/dist/parts/up.js'.`,
        remedy: 'Install voicesurvey-db again.',
        location: null,
        server: null,
      },
    });
  });
});

/** The sources of a file of the build and of those that it imports statically. */
async function modulesLoadedBy(file: string, seen = new Set<string>()): Promise<readonly string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = await readFile(file, 'utf8');
  const imported = [...text.matchAll(/^import .*?"(?<path>\.[^"]+)";$/gm)];
  const others = imported.map(({ groups }) => modulesLoadedBy(join(dirname(file), groups?.path ?? ''), seen));
  const own = [...text.matchAll(/^\/\/ (?<path>src\/.*\.ts)$/gm)].map(({ groups }) => groups?.path ?? '');
  return [...own, ...(await Promise.all(others)).flat()];
}
