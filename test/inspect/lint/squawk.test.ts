import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { check } from '../../../src/inspect/check.js';
import { findSquawk, lintWithSquawk } from '../../../src/inspect/lint/squawk.js';
import { readMigrations } from '../../../src/migrate/files/read-folder.js';
import { repository } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const FILES = {
  'V1.up.sql': 'create table if not exists a (b text, c text);\ncreate index if not exists by_c on a (c);',
  'V1.down.sql': 'drop table if exists a;',
  'V2.up.sql': '-- é\n  alter table a rename column b to d;',
  'V2.down.sql': 'alter table a rename column d to b;',
  'V3.up.sql':
    '-- migrate: no-transaction\ndrop index by_c;\nalter table a drop column c;\ntruncate a cascade;\ndrop table a;',
  'V3.down.sql': 'create index by_c on a (c);',
};

test('squawk is found where Node finds it for the folder, and nowhere else', async () => {
  expect(findSquawk(join(repository, 'src/storage/sql'))).toMatchObject({
    version: expect.stringMatching(/^\d/),
  });
  expect(findSquawk(await folderWith())).toBeNull();
});

test('squawk lints the files with their locations, without the rules that check answers itself', async () => {
  const squawk = findSquawk(repository);
  if (squawk === null) throw new Error('The package squawk-cli is not installed.');
  const directory = await folderWith(FILES);
  const violations = await lintWithSquawk(squawk, directory, await readMigrations(directory));
  expect(violations.map(({ name, migration, offset }) => [name, migration.label, offset])).toEqual([
    ['squawk/renaming-column', 'V2', expect.any(Number)],
    ['squawk/require-concurrent-index-deletion', 'V3', expect.any(Number)],
  ]);
  expect(violations[0]?.offset).toBeGreaterThan(FILES['V2.up.sql'].indexOf('alter'));
});

test('squawk gets no secret of the environment', async () => {
  vi.stubEnv('DATABASE_URL', 'postgresql://deploy:secret@db/survey');
  vi.stubEnv('PGPASSWORD', 'secret');
  vi.stubEnv('NODE_OPTIONS', '--title=secret');
  const directory = await folderWith({
    ...FILES,
    'squawk.mjs': `import { writeFileSync } from 'node:fs';
      writeFileSync('environment.json', JSON.stringify(process.env));
      console.log('[]');`,
  });
  const squawk = { program: join(directory, 'squawk.mjs'), version: '0' };
  await lintWithSquawk(squawk, directory, await readMigrations(directory));
  vi.unstubAllEnvs();
  const environment = await readFile(join(directory, 'environment.json'), 'utf8');
  expect(environment).toContain('PATH');
  expect(environment).not.toContain('secret');
});

test('check runs squawk if it is installed, and one comment allows an exception from its rules', async ({
  database: { url },
}) => {
  const directory = await folderWith({
    ...FILES,
    'V2.up.sql': '-- check: allow squawk/renaming-column because\nalter table a rename column b to d;',
    'V3.up.sql': '-- check: allow squawk/ban-char-field because\nselect 1;',
    'node_modules.txt': '',
  });
  const { mkdir, symlink } = await import('node:fs/promises');
  const withoutSquawk = await check({ url, directory });
  expect(withoutSquawk.squawk).toBeNull();
  expect(withoutSquawk.findings.filter(({ rule }) => /squawk|exception/.test(rule))).toEqual([]);
  await mkdir(join(directory, 'node_modules'));
  await symlink(join(repository, 'node_modules/squawk-cli'), join(directory, 'node_modules/squawk-cli'));
  const result = await check({ url, directory });
  expect(result.squawk).toMatch(/^\d/);
  expect(
    result.findings
      .filter(({ rule }) => /squawk|exception/.test(rule))
      .map(({ rule, migration, line }) => [rule, migration, line]),
  ).toEqual([['exception', 'V3', 1]]);
});
