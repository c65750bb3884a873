import { describe, expect } from 'vitest';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { TABLES } from '../../support/index-builds.js';
import { until } from '../../support/until.js';
import { untilWaiting } from '../../support/until-waiting.js';

describe('a migration that cannot get a lock on a table', () => {
  test('blocks readers no longer than its lock timeout, names the holder, and succeeds once the lock is free (E5)', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    const holder = await session(database.url);
    await holder.query("begin; select 'ann@example.com', count(*) from t");
    const events: RunEvent[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith({
        ...TABLES,
        'V2.up.sql': '-- migrate: lock-timeout 1s\nalter table t add column b integer;',
        'V2.down.sql': 'alter table t drop column b;',
      }),
      onEvent: (event) => events.push(event),
    });
    let longestReadMs = 0;
    await until(async () => {
      const start = performance.now();
      await database.client.query('select count(*) from t');
      longestReadMs = Math.max(longestReadMs, performance.now() - start);
      const kinds = events.map(({ kind }) => kind);
      return kinds.includes('retrying') && kinds.includes('blocked');
    });
    expect(longestReadMs).toBeGreaterThan(300);
    // A second, and what a slow machine adds.
    expect(longestReadMs).toBeLessThan(4000);
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

  test('is retried after a deadlock', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    const other = await session(database.url);
    await other.query("set deadlock_timeout = '60s'; begin; lock table t in access exclusive mode");
    const directory = await folderWith({
      ...TABLES,
      'V2.up.sql':
        "-- migrate: lock-timeout 20s\nset local deadlock_timeout = '3s'; lock table other in access exclusive mode; alter table t add column b integer;",
      'V2.down.sql': '',
    });
    const events: RunEvent[] = [];
    const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    await untilWaiting(database);
    // The server looks for a deadlock once, after the deadlock_timeout of a wait.
    await other.query('lock table other in access share mode');
    await other.query('rollback');
    expect(await run).toMatchObject({ current: 'V2' });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'retrying' }));
    await other.end();
  });
});
