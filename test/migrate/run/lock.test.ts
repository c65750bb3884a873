import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import { down } from '../../../src/migrate/down.js';
import { readMigrations } from '../../../src/migrate/files/read-folder.js';
import { changeHistory } from '../../../src/migrate/run/change-history.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import type { Planner } from '../../../src/migrate/run/plan.js';
import { run } from '../../../src/migrate/run/run.js';
import { guard } from '../../../src/migrate/script/guard.js';
import { NO_SAFEGUARD } from '../../../src/migrate/script/safeguard.js';
import { fileParser, upWork } from '../../../src/migrate/script/work.js';
import { up } from '../../../src/migrate/up.js';
import { connect } from '../../../src/postgres/connect.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { until } from '../../support/until.js';

const files = { 'V1.up.sql': 'create table one (id integer);', 'V1.down.sql': 'drop table one;' };

async function holdLock(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'another deploy' });
  client.on('error', () => {});
  await client.connect();
  await client.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
  return client;
}

/** Ends the session that holds the lock of the run which sends this, and waits until the lock is released. */
const END_LOCK = `select pg_terminate_backend(pid, 60000)
  from (
    select distinct pid
    from pg_locks
    where locktype = 'advisory' and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())
  ) as holder;`;

describe('up, while another run holds the lock,', () => {
  test('waits, reports the holder, and applies its migrations when the lock is free', async ({
    database: { url },
  }) => {
    const holder = await holdLock(url);
    const events: RunEvent[] = [];
    const waiting = up({ url, directory: await folderWith(files), onEvent: (event) => events.push(event) });
    await until(() => events.length > 0);
    expect(events).toEqual([
      {
        kind: 'waiting',
        holder: expect.objectContaining({ application: 'another deploy', pid: expect.any(Number) }),
      },
    ]);
    await holder.end();
    expect(await waiting).toMatchObject({ current: 'V1' });
  });

  test('reports what was changed by hand meanwhile', async ({ database: { url, client } }) => {
    await up({ url, directory: await folderWith(files) });
    const directory = await folderWith({
      ...files,
      'V2.up.sql': 'create table two (id integer);',
      'V2.down.sql': 'drop table two;',
    });
    const holder = await holdLock(url);
    const events: RunEvent[] = [];
    const waiting = up({ url, directory, onEvent: (event) => events.push(event) });
    await until(() => events.length > 0);
    await client.query('alter table one add by_hand text');
    await holder.end();
    expect(await waiting).toMatchObject({ current: 'V2', drift: [{ object: 'column one.by_hand' }] });
  });

  test('keeps no session idle, so that idle_session_timeout does not end it', async ({
    database: { url, name, client, value },
  }) => {
    await client.query(`alter database ${name} set idle_session_timeout = '4s'`);
    const holder = await holdLock(url);
    const waiting = up({ url, directory: await folderWith(files) });
    const isLongerThanTimeout =
      "select clock_timestamp() - xact_start > interval '6 s' from pg_stat_activity where application_name = 'another deploy' and datname = current_database()";
    await until(async () => (await value(isLongerThanTimeout)) === true);
    await holder.end();
    expect(await waiting).toMatchObject({ current: 'V1' });
  });

  test('fails after lockWaitMs and names the holder', async ({ database: { url } }) => {
    const holder = await holdLock(url);
    await expect(up({ url, directory: await folderWith(files), lockWaitMs: 200 })).rejects.toMatchObject({
      code: 'lock_wait_over',
      message: expect.stringContaining('another deploy'),
    });
    await holder.end();
  });

  test('has no transaction open between two attempts to get the lock', async ({
    database: { url, value },
  }) => {
    const holder = await holdLock(url);
    const waiting = up({ url, directory: await folderWith(files) });
    const samples: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      await sleep(20);
      samples.push(
        await value(
          "select count(*)::int from pg_stat_activity where datname = current_database() and application_name like 'voicesurvey-db%' and state = 'idle in transaction'",
        ),
      );
    }
    expect(samples.filter((count) => count === 0).length).toBeGreaterThan(15);
    await holder.end();
    await waiting;
  });

  test('does not wait if nothing is pending', async ({ database: { url } }) => {
    const directory = await folderWith(files);
    await up({ url, directory });
    const holder = await holdLock(url);
    expect(await up({ url, directory })).toMatchObject({ applied: [] });
    await holder.end();
  });

  test('plans again when it gets the lock, if the history has changed meanwhile', async ({
    database: { url },
  }) => {
    const directory = await folderWith({ ...files, 'V2.up.sql': 'select 1;', 'V2.down.sql': '' });
    const [, second] = await readMigrations(directory);
    if (second === undefined) throw new Error('there is no V2');
    const work = await upWork(second, fileParser(DEFAULT_SET));
    await up({ url, directory, to: 'V1' });
    const plans: (bigint | undefined)[] = [];
    const planner: Planner = async (_, { rows }) => {
      plans.push(rows.at(-1)?.id);
      if (plans.length > 1) return [];
      // The same version is the newest again afterwards.
      await down({ url, directory });
      await up({ url, directory, to: 'V1' });
      return [work];
    };
    const connection = await connect(parseDatabaseUrl(url), { pipeline: true });
    expect(
      await run(connection, planner, { set: DEFAULT_SET, after: [], migrations: [] }, NO_SAFEGUARD, {}),
    ).toEqual({
      results: [],
      drift: [],
      driftUnknown: null,
      sql: null,
      snapshotMissing: null,
    });
    expect(plans).toEqual([1n, 2n]);
  });
});

describe('a run whose lock session ends', () => {
  test('stops at its next transaction, and the next up applies the rest', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': `${END_LOCK} create table one (id integer);`,
      'V1.down.sql': 'drop table one;',
      'V2.up.sql': 'create table two (id integer);',
      'V2.down.sql': 'drop table two;',
    });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'lock_lost' });
    expect(await database.value("select to_regclass('two')")).toBeNull();
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
  });

  test('in a no-transaction file reports that the file stopped part-way, and the next up resumes it', async ({
    database: { url, value },
  }) => {
    const directory = await folderWith({
      'V1.up.sql': `-- migrate: no-transaction
        create table one (id integer);
        ${END_LOCK}
        create index concurrently one_by_id on one (id);`,
      'V1.down.sql': 'drop table one;',
    });
    await expect(up({ url, directory })).rejects.toMatchObject({
      code: 'lock_lost',
      remedy: expect.stringMatching(/^V1 stopped part-way\..* Run the command again\.$/),
    });
    expect(await value("select to_regclass('one')::text")).toBe('one');
    expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
  });
});

test('a change of the history whose lock session ends records nothing, and says so', async ({ database }) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table one (id integer);',
    'V1.down.sql': 'drop table one;',
  });
  await up({ url: database.url, directory });
  const connection = await connect(parseDatabaseUrl(database.url), { pipeline: true });
  try {
    await expect(
      changeHistory(connection, DEFAULT_SET, true, {}, (run) => [
        `select pg_terminate_backend(${run.lockPid}, 60000)`,
        guard(1n, run),
        `delete from ${DEFAULT_SET.historyTable}`,
      ]),
    ).rejects.toMatchObject({ code: 'lock_lost', remedy: 'Nothing was recorded. Run the command again.' });
  } finally {
    await connection.close();
  }
  expect(await database.value(`select count(*)::integer from ${DEFAULT_SET.historyTable}`)).toBe(1);
});

test('concurrent ups and downs leave a schema that agrees with the history', async ({
  database: { url, value },
}) => {
  const directory = await folderWith(files);
  await up({ url, directory });
  for (let round = 0; round < 5; round++) {
    await Promise.all([up({ url, directory }), down({ url, directory }), up({ url, directory })]);
    const applied = await value('select count(*)::int from voicesurvey_migrations.history');
    expect(await value("select (to_regclass('public.one') is not null)::int")).toBe(applied);
  }
});
