import { describe, expect } from 'vitest';
import { baseline } from '../../../src/inspect/baseline.js';
import { down } from '../../../src/migrate/down.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { seed } from '../../../src/seed/seed.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

const files = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer);',
  'V2.down.sql': 'drop table two;',
};

/** Runs the SQL that a remedy advises. */
async function follow({ client }: TestDatabase, failing: Promise<unknown>): Promise<string> {
  const error: unknown = await failing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const remedy = String(Reflect.get(Object(error), 'remedy'));
  const sql = /alter schema \S+ rename to \S+;/.exec(remedy)?.[0];
  expect(sql, remedy).toBeDefined();
  await client.query(sql ?? '');
  return remedy;
}

describe('a history that was restored', () => {
  test('without its tables is set aside as the remedy of up, down and baseline advises', async ({
    database,
  }) => {
    const { url, client } = database;
    const directory = await folderWith(files);
    const restoreHistoryAlone = async (): Promise<void> => {
      await client.query('drop schema if exists before_voicesurvey_migrations cascade');
      await up({ url, directory });
      await client.query('drop table if exists one, two, three');
    };
    await restoreHistoryAlone();
    await addFiles(directory, {
      'V3.up.sql': 'alter table one add note text;',
      'V3.down.sql': 'alter table one drop note;',
    });
    await follow(database, up({ url, directory }));
    expect(await up({ url, directory })).toMatchObject({ current: 'V3' });
    await restoreHistoryAlone();
    await follow(database, down({ url, directory }));
    expect(await up({ url, directory })).toMatchObject({ current: 'V3' });
    await restoreHistoryAlone();
    await client.query('create table one (id integer, note text); create table two (id integer)');
    await follow(database, baseline({ url, directory, version: 'V3' }));
    expect(await baseline({ url, directory, version: 'V3' })).toMatchObject({ current: 'V3' });
  });

  test('without the product tables is set aside as the remedy of seed advises, and up creates them', async ({
    migrated,
  }) => {
    const { url, client } = migrated;
    await client.query('drop schema public, voicesurvey, voicesurvey_rules cascade; create schema public');
    await expect(up({ url, directory: migrationsDirectory })).rejects.toMatchObject({
      code: 'history_without_objects',
    });
    await follow(migrated, seed({ url }));
    await up({ url, directory: migrationsDirectory });
    expect(await seed({ url })).toMatchObject({ inserted: 18 });
  });

  test.for([
    ['without its rows', 'truncate voicesurvey_migrations.history'],
    ['older than its tables', 'delete from voicesurvey_migrations.history where version = 2'],
    ['not at all', 'drop schema voicesurvey_migrations cascade'],
  ])('%s is set aside and replaced by a baseline, as the remedy of up advises', async ([, damage = ''], {
    database,
  }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    await database.client.query(damage);
    const remedy = await follow(database, up({ url, directory }));
    expect(remedy).toContain("`baseline({ version: '<version>' })`");
    expect(await baseline({ url, directory, version: 'V2' })).toMatchObject({
      current: 'V2',
      differences: [],
    });
    expect((await status({ url, directory })).drift.state).toBe('none');
  });
});
