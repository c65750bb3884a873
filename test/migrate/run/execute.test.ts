import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { TWO_MIGRATIONS, tablesOf } from '../../support/migrations.js';

const BROKEN = {
  ...TWO_MIGRATIONS,
  'V2.add_two.up.sql': 'create table two (id integer);\n\ninsert into two\nvalues (wrong);\n',
};

describe('a migration that fails', () => {
  test('is rolled back, earlier ones stay applied, later ones do not run, and the error has its location', async ({
    database,
  }) => {
    const directory = await folderWith({
      ...BROKEN,
      'V3.up.sql': 'create table three ();',
      'V3.down.sql': 'drop table three',
    });
    const error = await up({ url: database.url, directory }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'migration_failed',
      exitCode: 1,
      server: { sqlState: '42703' },
      location: { file: join(directory, 'V2.add_two.up.sql'), line: 4, column: 9 },
      results: [
        { version: 'V1', status: 'applied' },
        { version: 'V2', status: 'failed' },
        { version: 'V3', status: 'not_reached' },
      ],
    });
    expect(await tablesOf(database)).toEqual(['one']);
    expect(await status({ url: database.url, directory })).toMatchObject({ current: 'V1' });
  });

  test('can be corrected, and the next up applies it', async ({ database }) => {
    const directory = await folderWith(BROKEN);
    await expect(up({ url: database.url, directory })).rejects.toThrow();
    await addFiles(directory, TWO_MIGRATIONS);
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [{ version: 'V2' }] });
  });

  test('at a deferred constraint is reported with the location of that migration', async ({ database }) => {
    const directory = await folderWith({
      ...TWO_MIGRATIONS,
      'V2.add_two.up.sql':
        'create table two (id integer primary key, other integer references two deferrable initially deferred);\n' +
        'insert into two values (1, 7);',
    });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      server: { sqlState: '23503', detail: expect.not.stringContaining('7') },
      location: { line: 2 },
    });
    expect(await tablesOf(database)).toEqual(['one']);
  });
});

describe('up runs nothing at all, not even an earlier migration', () => {
  test('if an up file cannot be parsed', async ({ database }) => {
    const directory = await folderWith({ ...TWO_MIGRATIONS, 'V2.add_two.up.sql': 'create tabel two ();' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'syntax_error' });
    expect(await tablesOf(database)).toEqual([]);
    expect(await database.value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
  });

  test.for([
    ['cannot be parsed', 'drop table one;\n  drop tabel two;', 'syntax_error', 2, 8],
    ['has a command of psql', '\\d two\n', 'syntax_error', 1, 1],
    ['commits', 'drop table two;\ncommit;\nselect 1;', 'transaction_command', 2, 1],
    ['needs to run without a transaction', 'drop index concurrently i;', 'needs_no_transaction', 1, 1],
  ] as const)('if a down file %s (E15)', async ([, text, code, line, column], { database }) => {
    const directory = await folderWith({ ...TWO_MIGRATIONS, 'V2.add_two.down.sql': text });
    const file = join(directory, 'V2.add_two.down.sql');
    const refusal = { code, location: { file, line, column } };
    await expect(up({ url: database.url, directory })).rejects.toMatchObject(refusal);
    await expect(up({ url: database.url, directory, dryRun: true })).rejects.toMatchObject(refusal);
    expect(await tablesOf(database)).toEqual([]);
    expect(await database.value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
    expect(await up({ url: database.url, directory, to: 'V1' })).toMatchObject({ current: 'V1' });
  });
});
