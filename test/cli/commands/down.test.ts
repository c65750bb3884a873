import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { runCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { versionsOf } from '../../support/migrations.js';

/** Two tables with rows. V2 adds the table `b` and the column `a.more`. */
const FILES = {
  'V1.up.sql': 'create table a (id integer primary key); insert into a values (1), (2);',
  'V1.down.sql': 'drop table a;',
  'V2.up.sql': `alter table a add column more text; create table b (id integer primary key);
    update a set more = 'x' where id = 1; insert into b values (7);`,
  'V2.down.sql': 'drop table b; alter table a drop column more;',
};

async function migrated({ url }: TestDatabase, files: Record<string, string> = FILES): Promise<string> {
  const directory = await folderWith(files);
  await up({ url, directory });
  return directory;
}

describe('the command down', () => {
  test('refuses to delete unnamed data with exit code 4, in text and as a document', async ({ database }) => {
    const directory = await migrated(database);
    const env = { DATABASE_URL: database.url };
    const text = await runCli(['down', '--dir', directory], { env });
    expect(text).toMatchObject({ code: 4, stdout: '' });
    expect(text.stderr).toMatch(
      /^error: This would delete data:\n {2}V2 {2}column a\.more: 1 value\n {2}V2 {2}table b: 1 row\n/,
    );
    const { code, stdout } = await runCli(['down', '--dir', directory, '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      4,
      {
        error: { code: 'would_lose_data' },
        losses: [
          { version: 'V2', what: 'column a.more', name: 'a.more', count: 1, unit: 'values', file: null },
          { version: 'V2', what: 'table b', name: 'b', count: 1, unit: 'rows', file: null },
        ],
      },
    ]);
  });

  test('with --dry-run prints the SQL and the data that it would delete, and changes nothing', async ({
    database,
  }) => {
    const directory = await migrated(database);
    const env = { DATABASE_URL: database.url };
    const { code, stdout, stderr } = await runCli(['down', '--dir', directory, '--dry-run'], { env });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('It would delete data:\n  V2  column a.more: 1 value\n'),
    ]);
    expect(stdout).toContain('drop table b;');
    expect(await versionsOf(database)).toEqual([1, 2]);
  });

  test('with --dry-run warns if a migration would fail, since its losses are then not known', async ({
    database,
  }) => {
    const directory = await migrated(database, { ...FILES, 'V1.down.sql': 'drop table wrong;' });
    const { code, stderr } = await runCli(['down', '--dir', directory, '--dry-run', '--to', '0'], {
      env: { DATABASE_URL: database.url },
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^warning: V1 would fail \(SQLSTATE 42P01\), so the data that it and the later ones delete is not known\n.*\n.*\n {2}V2 {2}column a\.more/,
    );
  });

  test('prints the folder of the backup', async ({ database }) => {
    const directory = await migrated(database);
    const cwd = await folderWith();
    const args = ['down', '--dir', directory, '--lose', 'b', '--lose', 'a.more'];
    const { code, stdout, stderr } = await runCli(args, { env: { DATABASE_URL: database.url }, cwd });
    expect(code).toBe(0);
    const [folder = ''] = /(?<=backed up to )\S+(?=:\n)/.exec(stderr) ?? [];
    expect(folder).toMatch(/^voicesurvey-backup\//);
    expect(stdout).toContain(
      `\nTo restore the data, run \`voicesurvey-db up --dir ${directory} --to V2\`, then \`voicesurvey-db restore ${folder}\`.\n`,
    );
    expect((await readdir(join(cwd, folder))).sort()).toEqual(['1-a.more.tsv', '2-b.tsv', 'restore.sql']);
  });
});

test('the command down names verify --replay if the catalog that it leaves was never recorded', async ({
  database,
}) => {
  const directory = await migrated(database, {
    ...FILES,
    'V3.up.sql': 'create table c ();',
    'V3.down.sql': 'drop table c;',
  });
  const env = { DATABASE_URL: database.url };
  const { code, stdout } = await runCli(['down', '--dir', directory], { env });
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining(
      `\nThe catalog was not compared: no run ended with V2. To find what the rollback left, run \`voicesurvey-db verify --dir ${directory} --replay\`.\n`,
    ),
  ]);
  await up({ url: database.url, directory });
  expect((await runCli(['down', '--dir', directory], { env })).stdout).not.toContain('not compared');
});
