import { describe, expect } from 'vitest';
import { baseline } from '../../src/inspect/baseline.js';
import { verify } from '../../src/inspect/verify.js';
import { down } from '../../src/migrate/down.js';
import { redo } from '../../src/migrate/redo.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { runCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { TWO_MIGRATIONS } from '../support/migrations.js';

/** Folders that have nothing to do with the product, whatever their names. */
const FOLDERS = {
  'other versions': {
    'V1000.notes.up.sql': 'create table notes ();',
    'V1000.notes.down.sql': 'drop table notes;',
  },
  'the version and the name of the first migration': {
    'V0001.up.sql': 'create table notes ();',
    'V0001.down.sql': 'drop table notes;',
  },
  'the versions of several migrations': {
    'V1.a.up.sql': 'create table a ();',
    'V1.a.down.sql': 'drop table a;',
    'V2.b.up.sql': 'create table b ();',
    'V2.b.down.sql': 'drop table b;',
  },
} as const;

const applied = ({ value }: TestDatabase): Promise<unknown> =>
  value('select count(*)::integer from voicesurvey_migrations.history');

describe.for(Object.entries(FOLDERS))('a folder with %s, on a database of other migrations,', ([, files]) => {
  test('is refused by up, down, redo and baseline, which change nothing', async ({ migrated }) => {
    const { url } = migrated;
    const directory = await folderWith(files);
    const before = await applied(migrated);
    const refused = {
      code: 'other_folder',
      exitCode: 1,
      message: expect.stringMatching(
        /^The folder does not belong to this database: .* \(V0001 to V\d+\.\w+\)\.$/,
      ),
      remedy: expect.stringMatching(/^Nothing was changed\. To use this folder, set .*another database\./),
    };
    await expect(up({ url, directory })).rejects.toMatchObject(refused);
    await expect(up({ url, directory, dryRun: true })).rejects.toMatchObject(refused);
    await expect(down({ url, directory })).rejects.toMatchObject(refused);
    await expect(down({ url, directory, to: '0', asFarAsPossible: true })).rejects.toMatchObject(refused);
    await expect(redo({ url, directory })).rejects.toMatchObject(refused);
    const version = String(parseInt(Object.keys(files)[0]?.slice(1) ?? '', 10));
    await expect(baseline({ url, directory, version })).rejects.toMatchObject(refused);
    expect(await applied(migrated)).toBe(before);
  });

  test('is named by status and verify', async ({ migrated }) => {
    const { url } = migrated;
    const directory = await folderWith(files);
    const { otherFolder } = await status({ url, directory });
    expect(otherFolder).toMatch(/^The folder does not belong to this database/);
    const { findings } = await verify({ url, directory, rules: false });
    expect(findings[0]).toMatchObject({ kind: 'migration', finding: otherFolder });
  });
});

test('a folder of which one file is as applied, or half of the names are, belongs to the database', async ({
  database: { url },
}) => {
  await up({ url, directory: await folderWith(TWO_MIGRATIONS) });
  const { 'V1.up.sql': first, 'V1.down.sql': firstDown } = TWO_MIGRATIONS;
  const renamed = await folderWith({ 'V1.renamed.up.sql': first, 'V1.renamed.down.sql': firstDown });
  const changed = await folderWith({ 'V1.up.sql': `${first} select 1;`, 'V1.down.sql': firstDown });
  for (const directory of [renamed, changed]) {
    expect((await status({ url, directory })).otherFolder).toBeNull();
    await expect(up({ url, directory })).rejects.toMatchObject({ code: 'file_missing' });
  }
});

test('the command up says how to choose another database for the folder, and down does not roll back the other one', async ({
  migrated,
}) => {
  const directory = await folderWith(FOLDERS['other versions']);
  const env = { DATABASE_URL: migrated.url };
  const { code, stderr } = await runCli(['up', '--dir', directory], { env });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /set DATABASE_URL to another database\. `voicesurvey-db up --dir \S+ --create` creates it\. To use it in this database, too, give it a file set\.json such as \{ "set": "billing" \}\. To work on this database, name the folder that it is migrated from with `--dir <folder>`/,
  );
  expect(await runCli(['down', '--dir', directory], { env })).toMatchObject({ code: 1 });
  const { stdout } = await runCli(['status', '--dir', directory], { env });
  expect(stdout).toMatch(
    /\nThe folder does not belong to this database: .*\. Set DATABASE_URL to another database/,
  );
});
