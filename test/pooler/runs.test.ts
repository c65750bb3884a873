import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import { baseline } from '../../src/inspect/baseline.js';
import { down } from '../../src/migrate/down.js';
import { readState } from '../../src/migrate/history/server-state.js';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { lockInPgLocks } from '../../src/migrate/script/guard.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { connect } from '../../src/postgres/connect.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { session } from '../support/databases.js';
import { addFiles, folderWith } from '../support/folder.js';
import { poolerMissing, sharedPooler } from '../support/pgbouncer.js';
import { until } from '../support/until.js';

const table = {
  'V1.up.sql': 'create table t (a integer); create table other (a integer);',
  'V1.down.sql': 'drop table t, other;',
};

/** Migrations that each insert their version into a journal. */
function journal(count: number): Record<string, string> {
  const files: Record<string, string> = {
    'V1.up.sql': 'create table journal (version integer); insert into journal values (1);',
    'V1.down.sql': 'drop table journal;',
  };
  for (let version = 2; version <= count; version++) {
    files[`V${version}.up.sql`] =
      `create table t${version} (a integer); insert into journal values (${version});`;
    files[`V${version}.down.sql`] = `drop table t${version}; insert into journal values (-${version});`;
  }
  return files;
}

const numbersTo = (last: number): { version: number }[] =>
  Array.from({ length: last }, (_, index) => ({ version: index + 1 }));

const isSleeping = async ({ value }: TestDatabase): Promise<boolean> =>
  Number(
    await value(
      "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
    ),
  ) > 0;

describe.skipIf(poolerMissing)(`through PgBouncer in transaction mode ${poolerMissing ?? ''}`, () => {
  const pooler = sharedPooler({ default_pool_size: 4, query_wait_timeout: 20 });

  test.for([2, 5])('%i concurrent ups all succeed and apply each migration once (E4)', async (count, {
    database,
  }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith(journal(8));
    const results = await Promise.all(Array.from({ length: count }, () => up({ url, directory })));
    expect(results.map(({ current }) => current)).toEqual(results.map(() => 'V8'));
    expect(results.flatMap(({ applied }) => applied)).toHaveLength(8);
    expect(await database.rows('select version from journal')).toEqual(numbersTo(8));
  });

  test('baseline adopts a database, and tries a no-transaction file on another server', async ({
    database,
  }) => {
    await database.client.query('create table t (a integer); create table other (a integer)');
    const url = pooler.through(database.url);
    const directory = await folderWith(table);
    await addFiles(directory, { 'V1.up.sql': `-- migrate: no-transaction\n${table['V1.up.sql']}` });
    const options = { url, directory, version: 'V1' };
    await expect(baseline(options)).rejects.toMatchObject({ code: 'needs_direct_connection' });
    const otherServerUrl = async (): Promise<string> => database.url;
    expect(await baseline({ ...options, otherServerUrl })).toMatchObject({ current: 'V1' });
    expect(await up({ url, directory })).toMatchObject({ applied: [], current: 'V1' });
  });

  test('five concurrent processes all succeed and apply each migration once (E4)', async ({ database }) => {
    const directory = await folderWith(journal(8));
    const env = { DATABASE_URL: pooler.through(database.url) };
    const running = Array.from({ length: 5 }, () => startCli(['up', '--dir', directory], { env }));
    const results = await Promise.all(running.map(({ result }) => result));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(await database.rows('select version from journal')).toEqual(numbersTo(8));
  });

  test('one server process holds the lock from the first statement to the last (E4)', async ({
    database,
  }) => {
    const holders = `select array_agg(pid) from pg_locks where ${lockInPgLocks(DEFAULT_SET)}`;
    const directory = await folderWith({
      'V1.up.sql': `create table seen as ${holders};`,
      'V1.down.sql': 'drop table seen;',
      'V2.up.sql': `insert into seen ${holders};`,
      'V2.down.sql': '',
      'V3.up.sql': `select pg_sleep(0.3); insert into seen ${holders};`,
      'V3.down.sql': '',
    });
    const url = pooler.through(database.url);
    const run = up({ url, directory });
    // Other clients make the pooler assign its server processes in another order.
    const clients = await Promise.all([1, 2].map(() => session(url)));
    while (await Promise.race([run.then(() => false), sleep(5, true)])) {
      await Promise.all(clients.map((client) => client.query('begin; select 1; commit')));
    }
    await Promise.all(clients.map((client) => client.end()));
    expect(
      await database.rows('select count(*)::int, count(distinct array_agg)::int as sets from seen'),
    ).toEqual([{ count: 3, sets: 1 }]);
    await until(async () => (await database.rows(holders))[0]?.array_agg === null);
  });

  test('the engine recognises the pooler, and a direct connection', async ({ database }) => {
    const isPooled = async (url: string): Promise<boolean> => {
      const connection = await connect(parseDatabaseUrl(url), { pipeline: true });
      const state = await readState(connection, DEFAULT_SET);
      await connection.close();
      return state.isPooled;
    };
    expect(await isPooled(pooler.through(database.url))).toBe(true);
    expect(await isPooled(database.url)).toBe(false);
  });

  describe('a no-transaction file', () => {
    const withIndex = {
      ...table,
      'V2.up.sql': '-- migrate: no-transaction\ncreate index concurrently t_by_a on t (a);',
      'V2.down.sql': '-- migrate: no-transaction\ndrop index concurrently t_by_a;',
    };

    test('is refused with the remedy before anything runs, and runs on a direct connection (E6)', async ({
      database,
    }) => {
      const directory = await folderWith(withIndex);
      await expect(up({ url: pooler.through(database.url), directory })).rejects.toMatchObject({
        code: 'needs_direct_connection',
        message: expect.stringContaining('V2'),
        remedy: expect.stringContaining('option `url`'),
      });
      expect(await database.value("select to_regclass('t')")).toBeNull();
      expect(await database.value("select to_regnamespace('voicesurvey_migrations')")).toBeNull();
      expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
    });

    test('does not prevent an up to an earlier version, nor an up with nothing pending', async ({
      database,
    }) => {
      const directory = await folderWith(withIndex);
      const url = pooler.through(database.url);
      expect(await up({ url, directory, to: 'V1' })).toMatchObject({ current: 'V1' });
      await up({ url: database.url, directory });
      expect(await up({ url, directory })).toMatchObject({ current: 'V2', applied: [] });
    });

    test('is refused by down as well', async ({ database }) => {
      const directory = await folderWith(withIndex);
      await up({ url: database.url, directory });
      await expect(down({ url: pooler.through(database.url), directory })).rejects.toMatchObject({
        code: 'needs_direct_connection',
      });
      expect(await database.value("select to_regclass('t_by_a') is not null")).toBe(true);
    });
  });

  test('status and down work as on a direct connection', async ({ database }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith(journal(3));
    await up({ url, directory });
    expect(await status({ url, directory })).toMatchObject({
      current: 'V3',
      upToDate: true,
      migratingNow: null,
    });
    expect(await down({ url, directory })).toMatchObject({ current: 'V2' });
    expect(await database.value("select to_regclass('t3')")).toBeNull();
    const backupFolder = await folderWith();
    await expect(down({ url, directory, backupFolder, to: '0' })).rejects.toMatchObject({
      code: 'would_lose_data',
    });
    expect(await down({ url, directory, backupFolder, to: '0', lose: ['journal'] })).toMatchObject({
      current: null,
      // 1, 2 and 3 of the ups, and -3 and -2 of the downs.
      losses: [{ name: 'journal', count: 5 }],
    });
    expect(await database.value("select to_regclass('journal')")).toBeNull();
  });

  test('fifty small migrations run, up and down', async ({ database }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith(journal(50));
    expect(await up({ url, directory })).toMatchObject({ current: 'V50' });
    expect(await database.rows('select version from journal')).toEqual(numbersTo(50));
    expect((await down({ url, directory, to: '1' })).rolledBack).toHaveLength(49);
    const back = await database.rows('select version from journal where version < 0');
    expect(back.map(({ version }) => version)).toEqual(Array.from({ length: 49 }, (_, index) => index - 50));
  });

  test('an error has its location, and later migrations do not run', async ({ database }) => {
    const directory = await folderWith({
      ...journal(2),
      'V3.up.sql': '-- ✓ 😀\ncreate table t3 (a integer);\nselect 1,\n  nowhere;',
      'V3.down.sql': '',
      'V4.up.sql': 'create table t4 (a integer);',
      'V4.down.sql': 'drop table t4;',
    });
    await expect(up({ url: pooler.through(database.url), directory })).rejects.toMatchObject({
      code: 'migration_failed',
      location: { line: 4, column: 3 },
      server: { sqlState: '42703' },
      results: [
        { status: 'applied' },
        { status: 'applied' },
        { status: 'failed' },
        { status: 'not_reached' },
      ],
    });
    expect(await database.rows("select to_regclass('t3') as t3, to_regclass('t4') as t4")).toEqual([
      { t3: null, t4: null },
    ]);
  });

  test('up waits for a run that has a direct connection', async ({ database }) => {
    const holder = await session(database.url);
    await holder.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
    const events: RunEvent[] = [];
    const run = up({
      url: pooler.through(database.url),
      directory: await folderWith(journal(3)),
      onEvent: (event) => events.push(event),
    });
    await until(async () => events.length > 0);
    expect(events).toEqual([
      { kind: 'waiting', holder: expect.objectContaining({ application: 'a service' }) },
    ]);
    await holder.end();
    expect(await run).toMatchObject({ current: 'V3' });
  });

  test('up names the session that holds a table, and no other session', async ({ database }) => {
    const url = pooler.through(database.url);
    await up({ url, directory: await folderWith(table) });
    const holder = await session(database.url);
    await holder.query('begin; select count(*) from t');
    const events: RunEvent[] = [];
    const run = up({
      url,
      directory: await folderWith({
        ...table,
        'V2.up.sql': '-- migrate: lock-timeout 3s\nalter table t add column b integer;',
        'V2.down.sql': '',
      }),
      onEvent: (event) => events.push(event),
    });
    await until(async () => events.some(({ kind }) => kind === 'retrying'));
    expect(events.filter(({ kind }) => kind === 'blocked')).toMatchObject([
      { blocker: { application: 'a service' } },
    ]);
    await holder.end();
    expect(await run).toMatchObject({ current: 'V2' });
  });

  test('an interrupt cancels the statement of the run, and no statement of another client', async ({
    database,
  }) => {
    const url = pooler.through(database.url);
    const clients = await Promise.all([1, 2].map(() => session(url)));
    const controller = new AbortController();
    const run = up({
      url,
      directory: await folderWith({
        ...table,
        'V2.up.sql': 'create table slow (a integer); select pg_sleep(30);',
        'V2.down.sql': 'drop table slow;',
      }),
      signal: controller.signal,
    });
    const outcome = run.catch((error: unknown) => error);
    await until(() => isSleeping(database));
    const undisturbed = Promise.all(
      clients.map((client) => client.query('begin; select pg_sleep(1); commit')),
    );
    const start = performance.now();
    controller.abort();
    expect(await outcome).toMatchObject({
      code: 'interrupted',
      results: [{ status: 'applied' }, { status: 'failed' }],
    });
    expect(performance.now() - start).toBeLessThan(10_000);
    await undisturbed;
    expect(await database.value("select to_regclass('slow')")).toBeNull();
    await Promise.all(clients.map((client) => client.end()));
  });

  test('up immediately after a kill -9 succeeds, while the statement of the killed run still executes (E8)', async ({
    database,
  }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith({
      ...journal(3),
      'V4.up.sql': 'create table t4 (a integer); insert into journal values (4); select pg_sleep(1.5);',
      'V4.down.sql': '',
      'V5.up.sql': 'create table t5 (a integer); insert into journal values (5);',
      'V5.down.sql': '',
    });
    const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: url } });
    await until(() => isSleeping(database));
    child.kill('SIGKILL');
    await result;
    const next = await startCli(['up', '--dir', directory], { env: { DATABASE_URL: url } }).result;
    expect(next).toMatchObject({ code: 0 });
    expect(await database.rows('select version from journal')).toEqual(numbersTo(5));
  });
});

describe.skipIf(poolerMissing)(`a pool of one server connection ${poolerMissing ?? ''}`, () => {
  const pooler = sharedPooler({ default_pool_size: 1, query_wait_timeout: 2 });

  test('is too small for a run, which reports that and changes nothing, but not for an up with nothing pending', async ({
    database,
  }) => {
    const url = pooler.through(database.url);
    const directory = await folderWith(journal(3));
    await expect(up({ url, directory })).rejects.toMatchObject({
      code: 'connection_lost',
      remedy: expect.stringContaining('default_pool_size'),
    });
    expect(await database.value("select to_regclass('journal')")).toBeNull();
    await up({ url: database.url, directory });
    expect(await up({ url, directory })).toMatchObject({ current: 'V3', applied: [] });
    expect(await status({ url, directory })).toMatchObject({ upToDate: true });
  });
});
