import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

/** Sets every timeout of the server to one second for the connections that follow. */
async function shortenTimeouts({ client, name, rows }: TestDatabase): Promise<void> {
  const timeouts = await rows<{ name: string }>(
    "select name from pg_settings where name ~ '^(statement|idle_in_transaction_session|transaction)_timeout$'",
  );
  for (const timeout of timeouts) await client.query(`alter database ${name} set ${timeout.name} = '1s'`);
}

/** Makes recording a snapshot take longer than these timeouts, in a database that has a history. */
async function slowDownSnapshots({ client }: TestDatabase): Promise<void> {
  await client.query(`create schema slow;
    create function slow.wait() returns trigger language plpgsql as
      $$ begin perform pg_sleep(1.2); return new; end $$;
    create trigger slow before update of snapshot on voicesurvey_migrations.history
      for each row execute function slow.wait()`);
}

/** A folder whose first migration is applied, so that the history exists. */
async function folderWithHistory({ url }: TestDatabase): Promise<string> {
  const directory = await folderWith({ 'V1.up.sql': 'create table t ();', 'V1.down.sql': 'drop table t;' });
  await up({ url, directory });
  return directory;
}

const newestSnapshot = ({ value }: TestDatabase): Promise<unknown> =>
  value(
    'select version::integer from voicesurvey_migrations.history where snapshot is not null order by id desc',
  );

describe('short timeouts of the role or the database', () => {
  test('do not end a file that takes longer, as a whole or in one statement', async ({ database }) => {
    await shortenTimeouts(database);
    const { url } = database;
    const directory = await folderWith({
      'V1.up.sql': 'select pg_sleep(0.7); select pg_sleep(0.7);',
      'V1.down.sql': 'select pg_sleep(1.2);',
      'V2.up.sql': '-- migrate: no-transaction\nselect pg_sleep(1.2);',
      'V2.down.sql': 'select 1;',
    });
    expect(await up({ url, directory })).toMatchObject({ current: 'V2' });
    expect(await down({ url, directory, to: '0' })).toMatchObject({ current: null });
  });

  test('do not end the snapshot after the last file', async ({ database }) => {
    const directory = await folderWithHistory(database);
    await slowDownSnapshots(database);
    await shortenTimeouts(database);
    await addFiles(directory, { 'V2.up.sql': 'create table u ();', 'V2.down.sql': 'drop table u;' });
    await up({ url: database.url, directory });
    expect(await newestSnapshot(database)).toBe(2);
  });

  test('do not end the snapshot after a no-transaction file that sets a timeout itself', async ({
    database,
  }) => {
    const directory = await folderWithHistory(database);
    await slowDownSnapshots(database);
    await addFiles(directory, {
      'V2.up.sql': "-- migrate: no-transaction\nset statement_timeout = '1s';",
      'V2.down.sql': 'select 1;',
    });
    await up({ url: database.url, directory });
    expect(await newestSnapshot(database)).toBe(2);
  });

  test('do not end the snapshot of a run that fails at a later file', async ({ database }) => {
    const directory = await folderWithHistory(database);
    await slowDownSnapshots(database);
    await shortenTimeouts(database);
    await addFiles(directory, {
      'V2.up.sql': 'create table u ();',
      'V2.down.sql': 'drop table u;',
      'V3.up.sql': 'select 1 / 0;',
      'V3.down.sql': 'select 1;',
    });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'migration_failed' });
    expect(await newestSnapshot(database)).toBe(2);
  });

  test('do not end the creation of the history', async ({ database }) => {
    await database.client.query(`create function wait() returns event_trigger language plpgsql as
      $$ begin perform pg_sleep(1.2); end $$;
      create event trigger wait on ddl_command_start when tag in ('CREATE SCHEMA') execute function wait();`);
    await shortenTimeouts(database);
    const { url } = database;
    const directory = await folderWith({ 'V1.up.sql': 'create table t ();', 'V1.down.sql': 'drop table t;' });
    expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
  });

  test('do not end a session of the run between two attempts', async ({ database }) => {
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

test('a file that sets too short a timeout itself fails with an error that names the setting', async ({
  database: { url, value },
  skip,
}) => {
  if (Number(await value('show server_version_num')) < 170000) skip('it has no transaction_timeout');
  const directory = await folderWith({
    'V1.up.sql': "set local transaction_timeout = '100ms'; select pg_sleep(5);",
    'V1.down.sql': '',
  });
  await expect(up({ url, directory })).rejects.toMatchObject({
    code: 'connection_lost',
    remedy: expect.stringContaining('because of its setting transaction_timeout'),
  });
});
