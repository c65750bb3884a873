import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { describe, expect } from 'vitest';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { invalidIndexAfter } from '../../../src/migrate/run/invalid-indexes.js';
import { up } from '../../../src/migrate/up.js';
import { parseSql } from '../../../src/sql/statements.js';
import { type TestDatabase, test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { until } from '../../support/until.js';

const table = {
  'V1.up.sql': 'create table t (a integer); create table other (a integer);',
  'V1.down.sql': 'drop table t, other;',
};
const withIndex = {
  ...table,
  'V2.up.sql': '-- migrate: no-transaction\ncreate index concurrently t_by_a on t (a);',
  'V2.down.sql': '-- migrate: no-transaction\ndrop index concurrently t_by_a;',
};

const isValid = async ({ value }: TestDatabase): Promise<unknown> =>
  value("select indisvalid from pg_index where indexrelid = to_regclass('t_by_a')");

/** The server process that builds the index, once it does. */
async function builder({ value }: TestDatabase): Promise<number> {
  let pid: unknown;
  await until(async () => {
    pid = await value(
      "select pid from pg_stat_progress_create_index where datname = current_database() and phase like 'waiting%'",
    );
    return pid !== undefined;
  });
  return Number(pid);
}

/** Holds an old snapshot, which every concurrent index build waits for in its last phase. */
async function oldSnapshot(url: string): Promise<pg.Client> {
  const client = await session(url);
  await client.query('begin isolation level repeatable read; select count(*) from other');
  return client;
}

describe('an index that is built concurrently', () => {
  test('is built by one of two ups at once, and the other waits without a deadlock (E2)', async ({
    database,
  }) => {
    const directory = await folderWith(withIndex);
    const results = await Promise.all([1, 2, 3].map(() => up({ url: database.url, directory })));
    expect(results.map(({ current }) => current)).toEqual(['V2', 'V2', 'V2']);
    expect(await isValid(database)).toBe(true);
  });

  test('never waits for the lock of its own run, whose session keeps no snapshot (E3)', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    const reader = await oldSnapshot(database.url);
    const events: string[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith(withIndex),
      onEvent: ({ kind }) => events.push(kind),
    });
    // Told by the watch, which has looked then.
    await until(async () => events.includes('building'));
    expect(
      await database.rows(
        "select distinct backend_xmin from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory' and datname = current_database()",
      ),
    ).toEqual([{ backend_xmin: null }]);
    await reader.query('rollback');
    await run;
    await reader.end();
    expect(await isValid(database)).toBe(true);
  });

  test('is not cut short by timeouts of the role or the file, and the file’s are back afterwards (E6)', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    await database.client.query(
      `alter database ${database.name} set lock_timeout = '50ms'; alter database ${database.name} set statement_timeout = '300ms'`,
    );
    const reader = await oldSnapshot(database.url);
    const directory = await folderWith({
      ...withIndex,
      'V2.up.sql': `-- migrate: no-transaction
        set statement_timeout = '2s';
        set lock_timeout = '1s';
        create index concurrently t_by_a on t (a);
        create table seen as select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement;`,
    });
    const events: string[] = [];
    const run = up({ url: database.url, directory, onEvent: ({ kind }) => events.push(kind) });
    await builder(database);
    await sleep(3000);
    await reader.query('rollback');
    await run;
    // One that was cut short would have been tried again.
    expect(events.filter((kind) => kind === 'retrying' || kind === 'rebuilding')).toEqual([]);
    await reader.end();
    expect(await isValid(database)).toBe(true);
    const [seen] = await database.rows('select * from seen');
    expect(seen).toEqual({ lock: '1s', statement: '2s' });
  });

  test('and was left invalid by a killed build is dropped, built again and asserted valid (E7)', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    const reader = await oldSnapshot(database.url);
    const directory = await folderWith(withIndex);
    const first = up({ url: database.url, directory }).catch((error: unknown) => error);
    await database.client.query('select pg_terminate_backend($1)', [await builder(database)]);
    expect(await first).toMatchObject({ code: expect.stringMatching(/migration_failed|connection_lost/) });
    expect(await isValid(database)).toBe(false);
    await reader.end();
    const events: RunEvent[] = [];
    await up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    expect(events).toContainEqual({ kind: 'rebuilding', index: 't_by_a' });
    expect(await isValid(database)).toBe(true);
  });

  /** What a killed engine leaves: its progress in the history, and the statement in a server process. */
  async function killedBuild(database: TestDatabase) {
    await up({ url: database.url, directory: await folderWith(table) });
    const reader = await oldSnapshot(database.url);
    await expect(
      up({
        url: database.url,
        directory: await folderWith({
          ...withIndex,
          'V2.up.sql': withIndex['V2.up.sql'].replace('(a)', '(wrong)'),
        }),
      }),
    ).rejects.toThrow();
    const leftover = await session(database.url);
    const built = leftover.query('create index concurrently t_by_a on t (a)').then(() => leftover.end());
    return { reader, built, pid: await builder(database) };
  }

  test('is waited for, and not attacked, while a server process still builds it for a killed run (E7, E8)', async ({
    database,
  }) => {
    const { reader, built, pid } = await killedBuild(database);
    const events: RunEvent[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith(withIndex),
      onEvent: (event) => events.push(event),
    });
    await until(async () => events.some(({ kind }) => kind === 'leftover'));
    expect(events).toContainEqual({ kind: 'leftover', pid });
    const oid = await database.value("select 't_by_a'::regclass::oid");
    await reader.end();
    await built;
    expect(await run).toMatchObject({ current: 'V2' });
    expect(await isValid(database)).toBe(true);
    expect(await database.value("select 't_by_a'::regclass::oid")).toBe(oid);
  });

  test('is waited for, while it is built for a killed run, no longer than was said (E7, E8)', async ({
    database,
  }) => {
    const { reader, built, pid } = await killedBuild(database);
    const directory = await folderWith(withIndex);
    await expect(up({ url: database.url, directory, lockWaitMs: 500 })).rejects.toMatchObject({
      code: 'lock_wait_over',
      message: expect.stringContaining(`Server process ${pid} `),
    });
    await reader.end();
    await built;
    expect(await up({ url: database.url, directory, lockWaitMs: 500 })).toMatchObject({ current: 'V2' });
  });

  test('and that "if not exists" finds invalid is not taken for a success (E6)', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    await database.client.query('insert into t values (1), (1)');
    await expect(database.client.query('create unique index concurrently t_by_a on t (a)')).rejects.toThrow();
    expect(await isValid(database)).toBe(false);
    const sql = withIndex['V2.up.sql'].replace('concurrently', 'concurrently if not exists');
    await up({ url: database.url, directory: await folderWith({ ...withIndex, 'V2.up.sql': sql }) });
    expect(await isValid(database)).toBe(true);
  });

  test('and that is invalid after all is no success, however the statement ended (E6)', async ({
    database,
  }) => {
    await database.client.query('create table t (a integer); insert into t values (1), (1)');
    const sql = 'create unique index concurrently if not exists t_by_a on t (a)';
    const [node] = await parseSql(sql);
    if (node === undefined) throw new Error('it has no statement');
    const statement = { sql, node, offset: 0 };
    await expect(database.client.query(sql)).rejects.toThrow();
    await database.client.query(sql);
    expect(await invalidIndexAfter(database.client, statement)).toBe('t_by_a');
    await database.client.query('drop index t_by_a; truncate t');
    await database.client.query(sql);
    expect(await invalidIndexAfter(database.client, statement)).toBeNull();
  });

  test('tells how far it is', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    const reader = await oldSnapshot(database.url);
    const events: RunEvent[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith(withIndex),
      onEvent: (event) => events.push(event),
    });
    await until(async () => events.some(({ kind }) => kind === 'building'));
    await reader.end();
    await run;
    expect(events).toContainEqual({
      kind: 'building',
      index: 't_by_a',
      phase: expect.stringContaining('waiting'),
      percent: expect.anything(),
    });
  });
});

describe('a lock that somebody holds (E5)', () => {
  const alter = {
    ...table,
    'V2.up.sql': '-- migrate: lock-timeout 1s\nalter table t add column b integer;',
    'V2.down.sql': 'alter table t drop column b;',
  };

  test('stops no reader for longer than the lock timeout; the holder is named; it succeeds once it is free', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    const holder = await session(database.url);
    await holder.query("begin; select 'ann@example.com', count(*) from t");
    const events: RunEvent[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith(alter),
      onEvent: (event) => events.push(event),
    });
    let longest = 0;
    while (
      !(events.some(({ kind }) => kind === 'retrying') && events.some(({ kind }) => kind === 'blocked'))
    ) {
      const start = performance.now();
      await database.client.query('select count(*) from t');
      longest = Math.max(longest, performance.now() - start);
      await sleep(10);
    }
    expect(longest).toBeGreaterThan(300);
    // A second, and what a slow machine adds.
    expect(longest).toBeLessThan(4000);
    expect(events.find(({ kind }) => kind === 'blocked')).toMatchObject({
      blocker: {
        application: 'a service',
        state: 'idle in transaction',
        query: 'begin; select ?, count(*) from t',
      },
    });
    await holder.end();
    expect(await run).toMatchObject({ current: 'V2' });
  });

  test('is told by its holder, however short it is waited for', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    const holder = await session(database.url);
    await holder.query('begin; lock table t');
    const events: RunEvent[] = [];
    const sql = alter['V2.up.sql'].replace('1s', '40ms');
    const run = up({
      url: database.url,
      directory: await folderWith({ ...alter, 'V2.up.sql': sql }),
      onEvent: (event) => events.push(event),
    });
    await until(async () => events.filter(({ kind }) => kind === 'retrying').length >= 4);
    expect(events).toContainEqual({
      kind: 'blocked',
      blocker: expect.objectContaining({ application: 'a service' }),
    });
    await holder.end();
    expect(await run).toMatchObject({ current: 'V2' });
  });

  test('is waited for 4 s unless the file says otherwise', async ({ database }) => {
    const setting = "create table seen as select current_setting('lock_timeout') as lock;";
    await database.client.query(`alter database ${database.name} set lock_timeout = '1h'`);
    await up({
      url: database.url,
      directory: await folderWith({ 'V1.up.sql': setting, 'V1.down.sql': 'drop table seen;' }),
    });
    expect(await database.rows('select * from seen')).toEqual([{ lock: '4s' }]);
  });

  test('by nobody in a deadlock is tried again', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(table) });
    const other = await session(database.url);
    await other.query("set deadlock_timeout = '10s'; begin; lock table t in access exclusive mode");
    const directory = await folderWith({
      ...table,
      'V2.up.sql':
        "-- migrate: lock-timeout 20s\nset local deadlock_timeout = '100ms'; lock table other in access exclusive mode; alter table t add column b integer;",
      'V2.down.sql': '',
    });
    const events: RunEvent[] = [];
    const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    await until(
      async () =>
        (await database.value(
          "select count(*)::int from pg_locks where not granted and relation = 't'::regclass",
        )) === 1,
    );
    await other.query('lock table other in access share mode');
    await other.query('rollback');
    expect(await run).toMatchObject({ current: 'V2' });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'retrying' }));
    await other.end();
  });
});

describe('a run that is interrupted', () => {
  const slow = {
    ...table,
    'V2.up.sql': 'create table slow (a integer); select pg_sleep(30);',
    'V2.down.sql': 'drop table slow;',
    'V3.up.sql': 'create table three (a integer);',
    'V3.down.sql': 'drop table three;',
  };

  test('ends at once: what is being executed is rolled back, what is committed stands, nothing behind it runs', async ({
    database,
  }) => {
    const controller = new AbortController();
    const start = performance.now();
    const run = up({
      url: database.url,
      directory: await folderWith(slow),
      signal: controller.signal,
      onEvent: (event) =>
        event.kind === 'started' && event.name === 'V2' && setTimeout(() => controller.abort(), 100),
    });
    await expect(run).rejects.toMatchObject({
      code: 'interrupted',
      results: [{ status: 'applied' }, { status: 'failed' }, { status: 'not_reached' }],
    });
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(
      await database.rows(
        "select to_regclass('t') as t, to_regclass('slow') as slow, to_regclass('three') as three",
      ),
    ).toEqual([{ t: 't', slow: null, three: null }]);
  });

  test('while it waits for another run gives up waiting', async ({ database }) => {
    const { LOCK_KEY } = await import('../../../src/migrate/script/guard.js');
    await database.client.query(`begin; select pg_advisory_xact_lock(${LOCK_KEY})`);
    const controller = new AbortController();
    const run = up({
      url: database.url,
      directory: await folderWith(table),
      signal: controller.signal,
      onEvent: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
  });
});

test('a connection that dies in a long build is an error that says how to go on, and the next up goes on (E11)', async ({
  database,
}) => {
  await up({ url: database.url, directory: await folderWith(table) });
  const reader = await oldSnapshot(database.url);
  const directory = await folderWith(withIndex);
  const run = up({ url: database.url, directory }).catch((error: unknown) => error);
  await builder(database);
  await database.client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'voicesurvey-db%'",
  );
  expect(await run).toMatchObject({ remedy: expect.stringContaining('again') });
  await reader.end();
  expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
  expect(await isValid(database)).toBe(true);
});

const mood = {
  'V1.up.sql': "create type mood as enum ('old'); create table moods (m mood);",
  'V1.down.sql': 'drop table moods; drop type mood;',
};

test('an enum value is added and used in one no-transaction file (E10)', async ({ database }) => {
  const directory = await folderWith({
    ...mood,
    'V2.up.sql': `-- migrate: no-transaction
      create table before (a integer);
      alter type mood add value 'new';
      insert into moods values ('new');
      alter type mood add value if not exists 'newer';
      insert into moods values ('newer');`,
    'V2.down.sql': 'truncate moods; drop table before;',
  });
  expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
  expect(await database.rows('select m from moods order by m')).toEqual([{ m: 'new' }, { m: 'newer' }]);
});

test('an enum value whose use only the server sees is refused with the cure (E10)', async ({ database }) => {
  const directory = await folderWith({
    ...mood,
    'V2.up.sql':
      "alter type mood add value 'new'; do $$ begin execute 'insert into moods values (''n' || 'ew'')'; end $$;",
    'V2.down.sql': '',
  });
  await expect(up({ url: database.url, directory })).rejects.toMatchObject({
    server: { sqlState: '55P04' },
    remedy: expect.stringContaining('in a separate migration, with the next version'),
  });
});

test('an enum value is added in one migration and used in the next, in one up (E10)', async ({
  database,
}) => {
  const directory = await folderWith({
    ...mood,
    'V2.up.sql': "alter type mood add value 'new';",
    'V2.down.sql': '',
    'V3.up.sql': "insert into moods values ('new');",
    'V3.down.sql': '',
  });
  expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V3' });
});
