import { expect } from 'vitest';
import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { runCli } from '../support/cli.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

const files = {
  'V1.up.sql': 'create table one ();',
  'V1.down.sql': 'drop table one;',
  'V3.up.sql': 'create table three ();',
  'V3.down.sql': 'drop table three;',
};

test('status of a database without a history shows every migration as pending, and writes nothing', async ({
  database,
}) => {
  const result = await status({ url: database.url, directory: await folderWith(files) });
  expect(result).toMatchObject({
    upToDate: false,
    current: null,
    migratingNow: null,
    migrations: [
      { version: 'V1', state: 'pending', appliedAt: null },
      { version: 'V3', state: 'pending' },
    ],
  });
  expect(await database.value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
});

test('status distinguishes applied, late, changed, missing and pending migrations', async ({ database }) => {
  const directory = await folderWith(files);
  await up({ url: database.url, directory });
  const other = await folderWith({
    'V2.up.sql': '',
    'V2.down.sql': '',
    'V3.up.sql': 'create table three (id integer);',
    'V3.down.sql': files['V3.down.sql'],
    'V4.up.sql': '',
    'V4.down.sql': '',
  });
  const result = await status({ url: database.url, directory: other });
  expect(result.migrations.map(({ version, state }) => `${version} ${state}`)).toEqual([
    'V1 missing',
    'V2 late',
    'V3 changed',
    'V4 pending',
  ]);
  await addFiles(directory, {});
  expect(await status({ url: database.url, directory })).toMatchObject({
    upToDate: true,
    current: 'V3',
    migrations: [
      { state: 'applied', appliedWith: expect.stringContaining('voicesurvey-db'), origin: 'applied' },
      {},
    ],
  });
});

test('status shows under which name a renamed migration was applied', async ({ database: { url } }) => {
  await up({ url, directory: await folderWith(files) });
  const directory = await folderWith({
    'V1.up.sql': files['V1.up.sql'],
    'V1.down.sql': files['V1.down.sql'],
    'V3.renamed.up.sql': files['V3.up.sql'],
    'V3.renamed.down.sql': files['V3.down.sql'],
  });
  expect(await status({ url, directory })).toMatchObject({
    upToDate: true,
    migrations: [
      { name: 'V1', appliedName: 'V1' },
      { name: 'V3.renamed', appliedName: 'V3' },
    ],
  });
  const { stdout } = await runCli(['status', '--dir', directory], { env: { DATABASE_URL: url } });
  expect(stdout).toMatch(/^V1 +applied +\S+ by \S+\nV3\.renamed +applied +\S+ by \S+ as V3\n/m);
});

test('status shows the session that migrates now', async ({ database }) => {
  await database.client.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
  const { migratingNow } = await status({ url: database.url, directory: await folderWith(files) });
  expect(migratingNow).toMatchObject({ pid: expect.any(Number), since: expect.any(Date) });
  await database.client.query('rollback');
});
