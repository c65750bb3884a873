import { describe, expect } from 'vitest';
import type { SnapshotSource } from '../../../src/catalog/snapshot-source.js';
import { down } from '../../../src/migrate/down.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

/** Every timeout of the server is one second for whoever connects from now on. */
async function hurry({ client, name, rows }: TestDatabase): Promise<void> {
  const timeouts = await rows<{ name: string }>(
    "select name from pg_settings where name ~ '^(statement|idle_in_transaction_session|transaction)_timeout$'",
  );
  for (const timeout of timeouts) await client.query(`alter database ${name} set ${timeout.name} = '1s'`);
}

/** A catalog that takes longer than that to describe. */
const slowly: SnapshotSource = {
  format: 1,
  settings: "set local timezone = 'UTC'",
  query: () => "select 'described' as snapshot from pg_catalog.pg_sleep(1.2)",
  intoVariable: (variable) => `perform pg_catalog.pg_sleep(1.2); ${variable} := 'described'`,
};

describe('where the role’s timeouts are short', () => {
  test('a file may take longer, as a whole and in one statement', async ({ database }) => {
    await hurry(database);
    const { url } = database;
    const directory = await folderWith({
      'V1.up.sql': 'select pg_sleep(0.7); select pg_sleep(0.7);',
      'V1.down.sql': 'select pg_sleep(1.2);',
      'V2.up.sql': '-- migrate: no-transaction\nselect pg_sleep(1.2);',
      'V2.down.sql': '',
    });
    expect(await up({ url, directory })).toMatchObject({ current: 'V2' });
    expect(await down({ url, directory, to: '0' })).toMatchObject({ current: null });
  });

  test('the catalog may take longer to describe behind the last file, and is described', async ({
    database,
  }) => {
    await hurry(database);
    const { url, value } = database;
    const directory = await folderWith({ 'V1.up.sql': 'create table t ();', 'V1.down.sql': 'drop table t;' });
    await up({ url, directory, snapshot: slowly });
    expect(await value('select snapshot from voicesurvey_migrations.history')).toBe('described');
  });

  test('and behind a file without a transaction that has set a timeout for itself', async ({ database }) => {
    const { url, value } = database;
    const directory = await folderWith({
      'V1.up.sql': "-- migrate: no-transaction\nset statement_timeout = '1s';",
      'V1.down.sql': '',
    });
    await up({ url, directory, snapshot: slowly });
    expect(await value('select snapshot from voicesurvey_migrations.history')).toBe('described');
  });

  test('and behind the files of a run that fails at a later one', async ({ database }) => {
    await hurry(database);
    const { url, value } = database;
    const directory = await folderWith({
      'V1.up.sql': 'create table t ();',
      'V1.down.sql': 'drop table t;',
      'V2.up.sql': 'select 1 / 0;',
      'V2.down.sql': '',
    });
    await expect(up({ url, directory, snapshot: slowly })).rejects.toMatchObject({
      code: 'migration_failed',
    });
    expect(await value('select snapshot from voicesurvey_migrations.history')).toBe('described');
  });

  test('the history may take longer to be created', async ({ database }) => {
    await database.client.query(`create function wait() returns event_trigger language plpgsql as
      $$ begin perform pg_sleep(1.2); end $$;
      create event trigger wait on ddl_command_start when tag in ('CREATE SCHEMA') execute function wait();`);
    await hurry(database);
    const { url } = database;
    const directory = await folderWith({ 'V1.up.sql': 'create table t ();', 'V1.down.sql': 'drop table t;' });
    expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
  });

  test('a file that sets one too short itself is told which', async ({ database: { url, value }, skip }) => {
    if (Number(await value('show server_version_num')) < 170000) skip('it has no transaction_timeout');
    const directory = await folderWith({
      'V1.up.sql': "set local transaction_timeout = '100ms'; select pg_sleep(5);",
      'V1.down.sql': '',
    });
    await expect(up({ url, directory })).rejects.toMatchObject({
      code: 'connection_lost',
      remedy: expect.stringContaining('by its setting transaction_timeout'),
    });
  });

  test('nothing of a run idles too long between two tries', async ({ database }) => {
    const { url, name, client } = database;
    await client.query(`create table t (); alter database ${name} set idle_session_timeout = '2500ms'`);
    await client.query('begin; lock table t');
    const directory = await folderWith({
      'V1.up.sql': '-- migrate: lock-timeout 50ms\nalter table t add column a integer;',
      'V1.down.sql': '',
    });
    const run = up({
      url,
      directory,
      onEvent: (event) => {
        if (event.kind === 'retrying' && event.pauseMs > 2700) void client.query('rollback');
      },
    });
    expect(await run).toMatchObject({ current: 'V1' });
  });
});
