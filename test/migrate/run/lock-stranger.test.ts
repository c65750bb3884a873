import pg from 'pg';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import { HOLDER_KEY } from '../../../src/migrate/script/guard.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { applicationName } from '../../../src/postgres/connection/application-name.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { until } from '../../support/until.js';

const files = {
  'V1.up.sql': 'create table public.one (id integer);',
  'V1.down.sql': 'drop table public.one;',
};

/** A session of a role without any rights that runs SQL in a transaction. */
async function withStranger(
  { url, client, name }: TestDatabase,
  sql: string,
  use: (stranger: pg.Client) => Promise<void>,
): Promise<void> {
  const role = `${name}_stranger`;
  await client.query(`create role ${role} login password 'secret'`);
  const address = new URL(url);
  address.username = role;
  address.password = 'secret';
  const stranger = new pg.Client({ connectionString: address.href, application_name: applicationName });
  stranger.on('error', () => {});
  await stranger.connect();
  try {
    await stranger.query(`begin; ${sql}`);
    await use(stranger);
  } finally {
    await stranger.end();
    await client.query(`drop role ${role}`);
  }
}

const BOTH_LOCKS = `select pg_advisory_xact_lock(${DEFAULT_SET.lockKey}), pg_advisory_xact_lock(${HOLDER_KEY}, pg_backend_pid())`;

describe('a session that is no run and holds the lock of a run', () => {
  test.for([
    ['with the first lock only', `select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`],
    ['with both locks and the application name of a run', BOTH_LOCKS],
  ] as const)('is reported as such before the first up: %s', async ([, sql], { database }) => {
    const { url } = database;
    await withStranger(database, sql, async (stranger) => {
      const directory = await folderWith(files);
      await expect(up({ url, directory, lockWaitMs: 100 })).rejects.toMatchObject({
        code: 'lock_wait_over',
        message: expect.stringMatching(
          /^No run is migrating this database, but .* held by another session: server process \d+ \(.*_stranger/,
        ),
        remedy: expect.stringContaining('revoke connect on database <database> from public;'),
      });
      expect((await status({ url, directory })).migratingNow).toMatchObject({
        isRun: false,
        role: stranger.user,
      });
    });
  });

  test('is reported as such for a database with a history', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    await addFiles(directory, { 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    await withStranger(database, BOTH_LOCKS, async () => {
      await expect(up({ url, directory, lockWaitMs: 100 })).rejects.toMatchObject({
        message: expect.stringMatching(/^No run is migrating/),
      });
    });
  });

  test('is reported if it holds only the second lock, of the session that wants to be the holder', async ({
    database,
  }) => {
    const { url } = database;
    // The next process ids of the system, which begin again at a low number after the greatest one.
    const all = `select count(pg_advisory_xact_lock(${HOLDER_KEY}, pid))
      from (select generate_series(1, 1000) union select pg_backend_pid() + generate_series(1, 1000)) as next (pid)`;
    await withStranger(database, all, async () => {
      await expect(up({ url, directory: await folderWith(files), lockWaitMs: 100 })).rejects.toMatchObject({
        code: 'lock_wait_over',
        message: expect.stringMatching(/^No run is migrating .*_stranger/),
      });
    });
  });
});

test('a run that waits for another run reports a run', async ({ database: { url, value } }) => {
  const directory = await folderWith({ ...files, 'V1.up.sql': 'select pg_sleep(3);' });
  const first = up({ url, directory });
  await until(async () => (await status({ url, directory })).migratingNow !== null);
  expect((await status({ url, directory })).migratingNow).toMatchObject({ isRun: true });
  await expect(up({ url, directory, lockWaitMs: 100 })).rejects.toMatchObject({
    message: expect.stringMatching(
      /^Another run is still migrating this database after 0.1 s: server process/,
    ),
  });
  await first;
  expect(await value('select 1')).toBe(1);
});
