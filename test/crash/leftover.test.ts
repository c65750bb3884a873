import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { lockInPgLocks } from '../../src/migrate/script/guard.js';
import { up } from '../../src/migrate/up.js';
import { startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { runOnce } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { through } from '../support/listeners.js';
import { until } from '../support/until.js';
import { startProxy } from './proxy.js';

/** The advisory lock that keeps the second migration busy. */
const BUSY_LOCK = 20_250_712;
/** Polls the lock instead of waiting for it, so that `lock_timeout` does not apply. */
const WAIT_WHILE_BUSY = `do $$ begin
  while exists (select from pg_locks where locktype = 'advisory' and objid = ${BUSY_LOCK}
    and database = (select oid from pg_database where datname = current_database()))
  loop
    perform pg_sleep(0.02);
  end loop;
end $$`;

/** Three migrations. The last statement of the second is slow, and its lock timeout is short. */
const filesWith = (slowStatement: string): Record<string, string> => ({
  'V1.up.sql': 'create table journal (version integer); insert into journal values (1);',
  'V1.down.sql': 'drop table journal;',
  'V2.up.sql': `-- migrate: lock-timeout 100ms\ncreate table two (a integer); insert into journal values (2); ${slowStatement};`,
  'V2.down.sql': 'drop table two; delete from journal where version = 2;',
  'V3.up.sql': 'create table three (a integer); insert into journal values (3);',
  'V3.down.sql': 'drop table three; delete from journal where version = 3;',
});

/** Starts an `up` and kills it while its second migration sleeps. */
async function killUp(database: TestDatabase, directory: string, url = database.url): Promise<void> {
  const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: url } });
  await until(() => isSleeping(database));
  child.kill('SIGKILL');
  await result;
}

async function isSleeping({ rows }: TestDatabase): Promise<boolean> {
  const sessions = await rows(
    "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
  );
  return sessions.length > 0;
}

async function isLocked({ rows }: TestDatabase): Promise<boolean> {
  return (await rows(`select from pg_locks where ${lockInPgLocks(DEFAULT_SET)}`)).length > 0;
}

async function isEngineActive({ rows }: TestDatabase): Promise<boolean> {
  const sessions = await rows(
    `select from pg_stat_activity
     where datname = current_database() and application_name like 'voicesurvey-db%' and state <> 'idle'`,
  );
  return sessions.length > 0;
}

const takeBusyLock = ({ client }: TestDatabase): Promise<unknown> =>
  client.query(`select pg_advisory_lock(${BUSY_LOCK})`);
const releaseBusyLock = ({ client }: TestDatabase): Promise<unknown> =>
  client.query(`select pg_advisory_unlock(${BUSY_LOCK})`);

/** A proxy behind which the server does not learn that its client was killed. */
const startDistantServer = (url: string) => startProxy(url, { lingerMs: 60_000 });

const allVersions = [{ version: 1 }, { version: 2 }, { version: 3 }];

describe('a statement that the server still executes for a killed up (E8)', () => {
  test('does not prevent the next up from applying each migration once', async ({ database }) => {
    const directory = await folderWith(filesWith('select pg_sleep(1.5)'));
    await killUp(database, directory);
    const next = startCli(['up', '--dir', directory, '--json'], { env: { DATABASE_URL: database.url } });
    const { code, stdout } = await next.result;
    expect(JSON.parse(stdout)).toMatchObject({
      current: 'V3',
      applied: [{ version: 'V2' }, { version: 'V3' }],
    });
    expect(code).toBe(0);
    expect(await database.rows('select version from journal')).toEqual(allVersions);
    expect(
      await database.rows('select version::integer from voicesurvey_migrations.history order by id'),
    ).toEqual(allVersions);
  });

  test('is ended by the server soon, and the rest of its file is not executed', async ({ database }) => {
    const directory = await folderWith(
      filesWith(`select pg_sleep(2);${' select pg_sleep(60);'.repeat(5)} select 1`),
    );
    await killUp(database, directory);
    await until(async () => !(await isEngineActive(database)));
    expect(await database.rows('select version from journal')).toEqual([{ version: 1 }]);
  });

  test('makes the next up wait beyond the lock timeout of the file, and report the session as blocking', async ({
    database,
  }) => {
    const directory = await folderWith(filesWith(WAIT_WHILE_BUSY));
    await takeBusyLock(database);
    await using proxy = await startDistantServer(database.url);
    await killUp(database, directory, through(database.url, proxy.port));
    const events: RunEvent[] = [];
    const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    await until(async () => events.some(({ kind }) => kind === 'blocked'));
    await releaseBusyLock(database);
    await run;
    expect(events.filter(({ kind }) => kind === 'retrying')).toEqual([]);
    expect(events).toContainEqual({
      kind: 'blocked',
      blocker: expect.objectContaining({ application: expect.stringContaining('voicesurvey-db') }),
    });
    expect(await database.rows('select version from journal')).toEqual(allVersions);
  });

  test('makes the next up wait no longer than lockWaitMs', async ({ database }) => {
    const laterFiles = Array.from({ length: 6 }, (_, index) => index + 4).flatMap((version) => [
      [`V${version}.up.sql`, 'select 1;'],
      [`V${version}.down.sql`, ''],
    ]);
    const directory = await folderWith({ ...filesWith(WAIT_WHILE_BUSY), ...Object.fromEntries(laterFiles) });
    await takeBusyLock(database);
    await using proxy = await startDistantServer(database.url);
    await killUp(database, directory, through(database.url, proxy.port));
    const start = performance.now();
    await expect(up({ url: database.url, directory, lockWaitMs: 2500 })).rejects.toMatchObject({
      code: 'migration_failed',
      remedy: expect.stringContaining('voicesurvey-db'),
    });
    expect(performance.now() - start).toBeLessThan(7500);
    expect(await database.rows('select version from journal')).toEqual([{ version: 1 }]);
  });

  test('may still commit its migration; the next up then reports only the migrations that it applied', async ({
    database,
  }) => {
    const directory = await folderWith(filesWith(WAIT_WHILE_BUSY));
    await takeBusyLock(database);
    await using proxy = await startDistantServer(database.url);
    await killUp(database, directory, through(database.url, proxy.port));
    const events: RunEvent[] = [];
    const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    await until(async () => events.some(({ kind }) => kind === 'blocked'));
    await releaseBusyLock(database);
    expect(await run).toMatchObject({ current: 'V3', applied: [{ version: 'V3', status: 'applied' }] });
    expect(await database.rows('select version from journal')).toEqual(allVersions);
  });

  test('is in the last transaction that commits, although the server has received later transactions', async ({
    database,
  }) => {
    const directory = await folderWith(filesWith(WAIT_WHILE_BUSY));
    await takeBusyLock(database);
    await using proxy = await startDistantServer(database.url);
    await killUp(database, directory, through(database.url, proxy.port));
    await until(async () => !(await isLocked(database)));
    await releaseBusyLock(database);
    await until(async () => !(await isEngineActive(database)));
    expect(await database.rows('select version from journal')).toEqual(allVersions.slice(0, 2));
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [{ version: 'V3' }] });
    expect(await database.rows('select version from journal')).toEqual(allVersions);
  });
});

test('an up that waits for the index build of a killed up ends when it is interrupted', async ({
  database,
}) => {
  const index = '-- migrate: no-transaction\ncreate index concurrently t_by_a on t (a);';
  const directory = await folderWith({
    'V1.up.sql': 'create table t (a integer); create table other (a integer);',
    'V1.down.sql': 'drop table t, other;',
    'V2.up.sql': index,
    'V2.down.sql': 'drop index t_by_a;',
  });
  await up({ url: database.url, directory, to: 'V1' });
  // A concurrent index build waits for older snapshots; this connection holds one.
  await database.client.query('begin isolation level repeatable read; select count(*) from other');
  const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: database.url } });
  const isBuilding = async (): Promise<boolean> =>
    (
      await runOnce(
        database.url,
        "select from pg_stat_progress_create_index where datname = current_database() and phase like 'waiting%'",
      )
    ).rows.length > 0;
  await until(isBuilding);
  child.kill('SIGKILL');
  await result;
  const controller = new AbortController();
  const run = up({
    url: database.url,
    directory,
    signal: controller.signal,
    onEvent: ({ kind }) => kind === 'leftover' && controller.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'interrupted' });
  await database.client.query('rollback');
  expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
});
