import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { readMigrations } from '../../../src/migrate/files/read-folder.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import type { Planner } from '../../../src/migrate/run/plan.js';
import { run } from '../../../src/migrate/run/run.js';
import { LOCK_KEY } from '../../../src/migrate/script/guard.js';
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
  await client.query(`begin; select pg_advisory_xact_lock(${LOCK_KEY})`);
  return client;
}

/** Ends the session that holds the lock of the run which sends this, and waits until it has let go. */
const END_LOCK = `select pg_terminate_backend(pid, 60000)
  from (
    select distinct pid
    from pg_locks
    where locktype = 'advisory' and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())
  ) as holder;`;

describe('one at a time', () => {
  test('a run waits for another, says for whom, and goes on when it is free', async ({
    database: { url },
  }) => {
    const holder = await holdLock(url);
    const events: RunEvent[] = [];
    const run = up({ url, directory: await folderWith(files), onEvent: (event) => events.push(event) });
    await until(async () => events.length > 0);
    expect(events).toEqual([
      {
        kind: 'waiting',
        holder: expect.objectContaining({ application: 'another deploy', pid: expect.any(Number) }),
      },
    ]);
    await holder.end();
    expect(await run).toMatchObject({ current: 'V1' });
  });

  test('nothing of a run idles while it waits, where sessions must not', async ({
    database: { url, name, client },
  }) => {
    await client.query(`alter database ${name} set idle_session_timeout = '4s'`);
    const holder = await holdLock(url);
    const run = up({ url, directory: await folderWith(files) });
    await sleep(6000);
    await holder.end();
    expect(await run).toMatchObject({ current: 'V1' });
  });

  test('the wait is bounded when asked for', async ({ database: { url } }) => {
    const holder = await holdLock(url);
    await expect(up({ url, directory: await folderWith(files), lockWaitMs: 200 })).rejects.toMatchObject({
      code: 'lock_wait_over',
      message: expect.stringContaining('another deploy'),
    });
    await holder.end();
  });

  test('who waits holds no transaction between two tries', async ({ database: { url, value } }) => {
    const holder = await holdLock(url);
    const run = up({ url, directory: await folderWith(files) });
    const seen: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      await sleep(20);
      seen.push(
        await value(
          "select count(*)::int from pg_stat_activity where datname = current_database() and application_name like 'voicesurvey-db%' and state = 'idle in transaction'",
        ),
      );
    }
    expect(seen.filter((count) => count === 0).length).toBeGreaterThan(15);
    await holder.end();
    await run;
  });

  test('a run with nothing to do waits for nobody', async ({ database: { url } }) => {
    const directory = await folderWith(files);
    await up({ url, directory });
    const holder = await holdLock(url);
    expect(await up({ url, directory })).toMatchObject({ applied: [] });
    await holder.end();
  });

  test('a run whose lock session is ended from outside stops at the next transaction', async ({
    database,
  }) => {
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

  test('a file without a transaction that loses the lock says that it stands half-way, and goes on', async ({
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
      remedy:
        'V1 stopped part-way. The statements before the failed one are committed; the next run resumes there. Run the command again.',
    });
    expect(await value("select to_regclass('one')::text")).toBe('one');
    expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
  });

  test('up and down at once never mix', async ({ database: { url, value } }) => {
    const directory = await folderWith(files);
    await up({ url, directory });
    for (let round = 0; round < 5; round++) {
      await Promise.all([up({ url, directory }), down({ url, directory }), up({ url, directory })]);
      const applied = await value('select count(*)::int from voicesurvey_migrations.history');
      expect(await value("select (to_regclass('public.one') is not null)::int")).toBe(applied);
    }
  });

  test('a plan that was made before the lock was free is made again when the history has moved', async ({
    database: { url },
  }) => {
    const directory = await folderWith({ ...files, 'V2.up.sql': 'select 1;', 'V2.down.sql': '' });
    const [, second] = await readMigrations(directory);
    if (second === undefined) throw new Error('there is no V2');
    const work = await upWork(second, fileParser());
    await up({ url, directory, to: 'V1' });
    const plans: (bigint | undefined)[] = [];
    const plan: Planner = async (_, { rows }) => {
      plans.push(rows.at(-1)?.id);
      if (plans.length > 1) return [];
      // The same version is the newest again afterwards.
      await down({ url, directory });
      await up({ url, directory, to: 'V1' });
      return [work];
    };
    const connection = await connect(parseDatabaseUrl(url), { pipeline: true });
    expect(await run(connection, plan, NO_SAFEGUARD, {})).toEqual({ results: [], drift: [], sql: null });
    expect(plans).toEqual([1n, 2n]);
  });
});
