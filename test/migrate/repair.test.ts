import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { down } from '../../src/migrate/down.js';
import { repair } from '../../src/migrate/repair.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

const files = { 'V1.up.sql': 'create table one (id integer);', 'V1.down.sql': 'drop table one;' };

describe('repair', () => {
  test('accepts a changed file and records the reason, and up runs again', async ({ database: { url } }) => {
    const directory = await folderWith(files);
    await up({ url, directory });
    await addFiles(directory, { 'V1.up.sql': '-- a table\ncreate table one (id integer);' });
    await expect(up({ url, directory })).rejects.toMatchObject({ code: 'file_changed' });
    const reason = 'only a comment was added';
    expect(await repair({ url, directory, version: '1', reason })).toMatchObject({ repaired: 'V1', reason });
    expect(await up({ url, directory })).toMatchObject({ applied: [] });
    expect(await status({ url, directory })).toMatchObject({
      upToDate: true,
      migrations: [{ origin: 'repaired', reason }],
    });
  });

  test('records a changed down, which down then runs', async ({ database: { url, value } }) => {
    const directory = await folderWith(files);
    await up({ url, directory });
    await addFiles(directory, { 'V1.down.sql': 'drop table one; create table instead (id integer);' });
    await repair({ url, directory, version: 'V1', reason: 'the down was wrong' });
    await down({ url, directory });
    expect(await value("select to_regclass('instead')::text")).toBe('instead');
  });

  for (const start of ['', '-- migrate: no-transaction\ndrop index concurrently if exists one_by_id;\n']) {
    test(`is the remedy of a down that fails${start && ' part-way'}, and down then runs the corrected file`, async ({
      database: { url },
    }) => {
      const directory = await folderWith({
        ...files,
        'V1.down.sql': `${start}drop table two;`,
      });
      await up({ url, directory });
      const failure: unknown = await down({ url, directory }).catch((error: unknown) => error);
      const remedy = String(Reflect.get(Object(failure), 'remedy'));
      expect(remedy).toMatch(/correct V1\.down\.sql .* `repair\(\{ version: 'V1', reason: '<why>' \}\)`\.$/);
      await addFiles(directory, { 'V1.down.sql': `${start}drop table one;` });
      await expect(down({ url, directory })).rejects.toMatchObject({ remedy });
      await repair({ url, directory, version: 'V1', reason: 'the down was wrong' });
      expect(await down({ url, directory })).toMatchObject({ current: null });
    });
  }

  test.for([
    ['up', 'V1.up.sql'],
    ['down', 'V1.down.sql'],
  ])('does not change the history if the new %s cannot be parsed', async ([, name = ''], { database }) => {
    const { url, rows } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    const history = 'select * from voicesurvey_migrations.history';
    const before = await rows(history);
    await addFiles(directory, { [name]: 'drop tabel one;' });
    await expect(repair({ url, directory, version: 'V1', reason: 'why' })).rejects.toMatchObject({
      code: 'syntax_error',
      location: { file: join(directory, name), line: 1, column: 6 },
    });
    expect(await rows(history)).toEqual(before);
  });

  test('refuses a migration that the history has under another name', async ({ database: { url, rows } }) => {
    const second = { 'V2.up.sql': 'create table two (id integer);', 'V2.down.sql': 'drop table two;' };
    const directory = await folderWith({ ...files, ...second });
    await up({ url, directory });
    const history = 'select * from voicesurvey_migrations.history';
    const before = await rows(history);
    const another = await folderWith({
      ...second,
      'V1.x.up.sql': 'select 1;',
      'V1.x.down.sql': 'select 2;',
    });
    const refusal = {
      code: 'another_migration',
      message: expect.stringMatching(/has V1 as V1, .* has V1\.x,/),
    };
    await expect(up({ url, directory: another })).rejects.toMatchObject(refusal);
    await expect(repair({ url, directory: another, version: 'V1', reason: 'why' })).rejects.toMatchObject(
      refusal,
    );
    expect(await rows(history)).toEqual(before);
  });

  const second = { 'V2.up.sql': 'create table two (id integer);', 'V2.down.sql': 'drop table two;' };
  const meanwhile: readonly (readonly [
    string,
    (options: { url: string; directory: string }) => Promise<unknown>,
  ])[] = [
    ['rolls the migration back', (options) => down(options)],
    [
      'applies another one',
      async (options) => up({ ...options, directory: await folderWith({ ...files, ...second }) }),
    ],
  ];
  for (const [what, change] of meanwhile) {
    test(`records nothing and does not say that it did if another run ${what} meanwhile`, async ({
      database: { url, rows },
    }) => {
      const directory = await folderWith(files);
      await up({ url, directory });
      await addFiles(directory, { 'V1.down.sql': 'drop table if exists one;' });
      const history = 'select * from voicesurvey_migrations.history';
      let before: unknown;
      const judge = async () => {
        await change({ url, directory });
        before = await rows(history);
        return { notes: [], snapshot: null };
      };
      await expect(repair({ url, directory, version: 'V1', reason: 'why' }, judge)).rejects.toMatchObject({
        code: 'history_changed',
        message: expect.stringContaining('Nothing was recorded.'),
      });
      expect(await rows(history)).toEqual(before);
    });
  }

  test.for([
    [{ version: 'V1', reason: ' ' }, 'no_reason', 2],
    [{ version: 'V9', reason: 'why' }, 'unknown_version', 2],
    [{ version: 'V1', reason: 'why' }, 'nothing_to_repair', 1],
  ] as const)('with %j is refused', async ([options, code, exitCode], { database: { url } }) => {
    const directory = await folderWith(files);
    await up({ url, directory });
    await expect(repair({ url, directory, ...options })).rejects.toMatchObject({ code, exitCode });
  });
});
