import { describe, expect } from 'vitest';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { invalidIndexAfter } from '../../../src/migrate/run/invalid-indexes.js';
import { up } from '../../../src/migrate/up.js';
import { parseSql } from '../../../src/sql/statements.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { holdOldSnapshot, isValid, TABLES, untilBuilding, WITH_INDEX } from '../../support/index-builds.js';
import { until } from '../../support/until.js';

describe('a concurrent index build', () => {
  test('succeeds once when three ups run concurrently, without a deadlock (E2)', async ({ database }) => {
    const directory = await folderWith(WITH_INDEX);
    const results = await Promise.all([1, 2, 3].map(() => up({ url: database.url, directory })));
    expect(results.map(({ current }) => current)).toEqual(['V2', 'V2', 'V2']);
    expect(await isValid(database)).toBe(true);
  });

  test('never waits for the lock of its own run, whose session keeps no snapshot (E3)', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    const reader = await holdOldSnapshot(database);
    const events: string[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith(WITH_INDEX),
      onEvent: ({ kind }) => events.push(kind),
    });
    // The monitor reports the build, so it has queried by then.
    await until(() => events.includes('building'));
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

  test('is not ended by timeouts of the role or the file, and those of the file apply again afterwards (E6)', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    await database.client.query(
      `alter database ${database.name} set lock_timeout = '50ms'; alter database ${database.name} set statement_timeout = '300ms'`,
    );
    const reader = await holdOldSnapshot(database);
    const directory = await folderWith({
      ...WITH_INDEX,
      'V2.up.sql': `-- migrate: no-transaction
        set statement_timeout = '2s';
        set lock_timeout = '1s';
        create index concurrently t_by_a on t (a);
        create table seen as select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement;`,
    });
    const events: string[] = [];
    const run = up({ url: database.url, directory, onEvent: ({ kind }) => events.push(kind) });
    const pid = await untilBuilding(database);
    await until(
      async () =>
        (await database.value(
          `select clock_timestamp() - query_start > interval '2.5 s' from pg_stat_activity where pid = ${pid}`,
        )) === true,
    );
    await reader.query('rollback');
    await run;
    // A build that a timeout had ended would have been retried.
    expect(events.filter((kind) => kind === 'retrying' || kind === 'rebuilding')).toEqual([]);
    await reader.end();
    expect(await isValid(database)).toBe(true);
    const [seen] = await database.rows('select * from seen');
    expect(seen).toEqual({ lock: '1s', statement: '2s' });
  });
});

describe('an invalid index', () => {
  test('that a terminated build left is dropped, built again and checked (E7)', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    const reader = await holdOldSnapshot(database);
    const directory = await folderWith(WITH_INDEX);
    const first = up({ url: database.url, directory }).catch((error: unknown) => error);
    await database.client.query('select pg_terminate_backend($1)', [await untilBuilding(database)]);
    expect(await first).toMatchObject({ code: expect.stringMatching(/migration_failed|connection_lost/) });
    expect(await isValid(database)).toBe(false);
    await reader.end();
    const events: RunEvent[] = [];
    await up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    expect(events).toContainEqual({ kind: 'rebuilding', index: 't_by_a' });
    expect(await isValid(database)).toBe(true);
  });

  test('is rebuilt although the statement says "if not exists" (E6)', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    await database.client.query('insert into t values (1), (1)');
    await expect(database.client.query('create unique index concurrently t_by_a on t (a)')).rejects.toThrow();
    expect(await isValid(database)).toBe(false);
    const sql = WITH_INDEX['V2.up.sql'].replace('concurrently', 'concurrently if not exists');
    await up({ url: database.url, directory: await folderWith({ ...WITH_INDEX, 'V2.up.sql': sql }) });
    expect(await isValid(database)).toBe(true);
  });

  test('after a statement that succeeded is found by the check (E6)', async ({ database }) => {
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
});
