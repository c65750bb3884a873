import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'libpg-query';
import { expect, inject, test } from 'vitest';
import { readSourceFile } from '../../src/migrate/files/source.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { repository, runCli, runProgram } from '../support/cli.js';
import { folderWith } from '../support/folder.js';

test('the build writes the parse tree of each migration of the product', async () => {
  const names = await readdir(migrationsDirectory);
  const folder = join(repository, 'dist/parsed');
  expect(await readdir(folder)).toHaveLength(names.length);
  for (const name of names) {
    const { text, checksum } = await readSourceFile(join(migrationsDirectory, name));
    const parsed = await readFile(join(folder, `${checksum}.json`), 'utf8');
    expect(JSON.parse(parsed), name).toEqual((await parse(text)).stmts);
  }
});

test('the library leaves the V8 flags of a program alone when it parses a file', async () => {
  const directory = await folderWith({
    'V1.up.sql': 'create table public.one (id integer);',
    'V1.down.sql': 'drop table public.one;',
  });
  const program = `
    import v8 from 'node:v8';
    import { syncBuiltinESMExports } from 'node:module';
    const flags = [];
    v8.setFlagsFromString = (flag) => flags.push(flag);
    syncBuiltinESMExports();
    const { up } = await import(${JSON.stringify(join(repository, 'dist/index.js'))});
    const { sql } = await up(${JSON.stringify({ url: inject('serverUrl'), directory, dryRun: true })});
    await new Promise(setImmediate);
    console.log(JSON.stringify({ flags, parsed: sql.includes('create table public.one') }));`;
  const { stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '--eval', program]);
  expect({ stdout, stderr }).toEqual({ stdout: '{"flags":[],"parsed":true}\n', stderr: '' });
});

test('the command line sets V8 flags only when it parses a file', async () => {
  const directory = await folderWith({
    'V1.up.sql': 'create table public.one (id integer);',
    'V1.down.sql': 'drop table public.one;',
  });
  const recordFlags = `
    import v8 from 'node:v8';
    import { syncBuiltinESMExports } from 'node:module';
    v8.setFlagsFromString = (flag) => process.stderr.write(flag + ' ');
    syncBuiltinESMExports();`;
  const env = {
    DATABASE_URL: inject('serverUrl'),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(recordFlags)}`,
  };
  const flags = '--no-wasm-tier-up --no-wasm-dynamic-tiering ';
  expect((await runCli(['status', '--dir', directory], { env })).stderr).not.toContain(flags);
  expect((await runCli(['up', '--dry-run', '--dir', directory], { env })).stderr).toContain(flags);
});
