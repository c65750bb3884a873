import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { TABLES } from '../../support/index-builds.js';
import { until } from '../../support/until.js';

describe('up that an AbortSignal interrupts', () => {
  test('rolls the current migration back, keeps the committed ones, and runs no later one', async ({
    database,
  }) => {
    const controller = new AbortController();
    const directory = await folderWith({
      ...TABLES,
      'V2.up.sql': 'create table slow (a integer); select pg_sleep(30);',
      'V2.down.sql': 'drop table slow;',
      'V3.up.sql': 'create table three (a integer);',
      'V3.down.sql': 'drop table three;',
    });
    const run = up({ url: database.url, directory, signal: controller.signal });
    const rejection = expect(run).rejects.toMatchObject({
      code: 'interrupted',
      results: [{ status: 'applied' }, { status: 'failed' }, { status: 'not_reached' }],
    });
    const sleeping =
      "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    await until(async () => (await database.value(sleeping)) === 1);
    const start = performance.now();
    controller.abort();
    await rejection;
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(
      await database.rows(
        "select to_regclass('t') as t, to_regclass('slow') as slow, to_regclass('three') as three",
      ),
    ).toEqual([{ t: 't', slow: null, three: null }]);
  });

  test('stops waiting for another run', async ({ database }) => {
    await database.client.query(`begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
    const controller = new AbortController();
    const run = up({
      url: database.url,
      directory: await folderWith(TABLES),
      signal: controller.signal,
      onEvent: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
  });
});
