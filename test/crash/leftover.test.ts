import { describe, expect } from 'vitest';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { LOCK_IN_PG_LOCKS } from '../../src/migrate/script/guard.js';
import { up } from '../../src/migrate/up.js';
import { startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { runOnce } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { through } from '../support/listeners.js';
import { until } from '../support/until.js';
import { cutter } from './proxy.js';

/** A lock that the second migration wants to be free: without waiting for it as for a lock, it looks again and again. */
const HELD = 20_250_712;
const UNTIL_IT_IS_FREE = `do $$ begin
  while exists (select from pg_locks where locktype = 'advisory' and objid = ${HELD}
    and database = (select oid from pg_database where datname = current_database()))
  loop
    perform pg_sleep(0.02);
  end loop;
end $$`;

/** The second has a last statement that takes long, and lets its statements wait for locks for a short time only. */
const slow = (last: string): Record<string, string> => ({
  'V1.up.sql': 'create table journal (version integer); insert into journal values (1);',
  'V1.down.sql': 'drop table journal;',
  'V2.up.sql': `-- migrate: lock-timeout 100ms\ncreate table two (a integer); insert into journal values (2); ${last};`,
  'V2.down.sql': 'drop table two; delete from journal where version = 2;',
  'V3.up.sql': 'create table three (a integer); insert into journal values (3);',
  'V3.down.sql': 'drop table three; delete from journal where version = 3;',
});

/** Kills an `up` with SIGKILL while its second migration sleeps. */
async function kill(database: TestDatabase, directory: string, url = database.url): Promise<void> {
  const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: url } });
  await until(() => isSleeping(database));
  child.kill('SIGKILL');
  await result;
}

async function isSleeping({ rows }: TestDatabase): Promise<boolean> {
  const sleeping = await rows(
    "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
  );
  return sleeping.length > 0;
}

async function isLocked({ rows }: TestDatabase): Promise<boolean> {
  return (await rows(`select from pg_locks where ${LOCK_IN_PG_LOCKS}`)).length > 0;
}

async function isWorking({ rows }: TestDatabase): Promise<boolean> {
  const working = await rows(
    `select from pg_stat_activity
     where datname = current_database() and application_name like 'voicesurvey-db%' and state <> 'idle'`,
  );
  return working.length > 0;
}

const each = [{ version: 1 }, { version: 2 }, { version: 3 }];

describe('a statement that the server still executes for a killed run (E8)', () => {
  test('does not keep the next up, at once, from coming to its end; each migration is applied once', async ({
    database,
  }) => {
    const directory = await folderWith(slow('select pg_sleep(1.5)'));
    await kill(database, directory);
    const next = startCli(['up', '--dir', directory, '--json'], { env: { DATABASE_URL: database.url } });
    const { code, stdout } = await next.result;
    expect(JSON.parse(stdout)).toMatchObject({
      current: 'V3',
      applied: [{ version: 'V2' }, { version: 'V3' }],
    });
    expect(code).toBe(0);
    expect(await database.rows('select version from journal')).toEqual(each);
    expect(
      await database.rows('select version::integer from voicesurvey_migrations.history order by id'),
    ).toEqual(each);
  });

  test('is ended by the server soon, with the rest of its file', async ({ database }) => {
    const directory = await folderWith(
      slow(`select pg_sleep(2);${' select pg_sleep(60);'.repeat(5)} select 1`),
    );
    await kill(database, directory);
    await until(async () => !(await isWorking(database)));
    expect(await database.rows('select version from journal')).toEqual([{ version: 1 }]);
  });

  test('is waited for as another run is, whatever the lock timeout, and shown', async ({ database }) => {
    const directory = await folderWith(slow(UNTIL_IT_IS_FREE));
    await database.client.query(`select pg_advisory_lock(${HELD})`);
    await using proxy = await cutter(database.url, undefined, { lingerMs: 60_000 });
    await kill(database, directory, through(database.url, proxy.port));
    const events: RunEvent[] = [];
    const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    await until(async () => events.some(({ kind }) => kind === 'blocked'));
    await database.client.query(`select pg_advisory_unlock(${HELD})`);
    await run;
    expect(events.filter(({ kind }) => kind === 'retrying')).toEqual([]);
    expect(events).toContainEqual({
      kind: 'blocked',
      blocker: expect.objectContaining({ application: expect.stringContaining('voicesurvey-db') }),
    });
    expect(await database.rows('select version from journal')).toEqual(each);
  });

  test('is not waited for longer than --lock-wait allows', async ({ database }) => {
    const behind = Array.from({ length: 6 }, (_, index) => index + 4).flatMap((version) => [
      [`V${version}.up.sql`, 'select 1;'],
      [`V${version}.down.sql`, ''],
    ]);
    const directory = await folderWith({ ...slow(UNTIL_IT_IS_FREE), ...Object.fromEntries(behind) });
    await database.client.query(`select pg_advisory_lock(${HELD})`);
    await using proxy = await cutter(database.url, undefined, { lingerMs: 60_000 });
    await kill(database, directory, through(database.url, proxy.port));
    const start = performance.now();
    await expect(up({ url: database.url, directory, lockWaitMs: 2500 })).rejects.toMatchObject({
      code: 'migration_failed',
      remedy: expect.stringContaining('voicesurvey-db'),
    });
    expect(performance.now() - start).toBeLessThan(7500);
    expect(await database.rows('select version from journal')).toEqual([{ version: 1 }]);
  });

  test('may still be committed; what the next run applies behind it is in its result', async ({
    database,
  }) => {
    const directory = await folderWith(slow(UNTIL_IT_IS_FREE));
    await database.client.query(`select pg_advisory_lock(${HELD})`);
    await using proxy = await cutter(database.url, undefined, { lingerMs: 60_000 });
    await kill(database, directory, through(database.url, proxy.port));
    const events: RunEvent[] = [];
    const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    await until(async () => events.some(({ kind }) => kind === 'blocked'));
    await database.client.query(`select pg_advisory_unlock(${HELD})`);
    expect(await run).toMatchObject({ current: 'V3', applied: [{ version: 'V3', status: 'applied' }] });
    expect(await database.rows('select version from journal')).toEqual(each);
  });

  test('is the last of it that takes effect, although the server has been sent all that stands behind it', async ({
    database,
  }) => {
    const directory = await folderWith(slow(UNTIL_IT_IS_FREE));
    await database.client.query(`select pg_advisory_lock(${HELD})`);
    // Far from its engine, the server learns late that this was killed, and reads on.
    await using proxy = await cutter(database.url, undefined, { lingerMs: 60_000 });
    await kill(database, directory, through(database.url, proxy.port));
    await until(async () => !(await isLocked(database)));
    await database.client.query(`select pg_advisory_unlock(${HELD})`);
    await until(async () => !(await isWorking(database)));
    expect(await database.rows('select version from journal')).toEqual(each.slice(0, 2));
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [{ version: 'V3' }] });
    expect(await database.rows('select version from journal')).toEqual(each);
  });
});

test('a run that waits for a leftover of a no-transaction file ends when it is interrupted', async ({
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
  // Every index that is built concurrently waits for an old snapshot, which this test's own connection holds.
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
