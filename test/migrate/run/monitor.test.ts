import { describe, expect } from 'vitest';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { up } from '../../../src/migrate/up.js';
import { findBlocker } from '../../../src/postgres/blocker.js';
import { test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { holdOldSnapshot, TABLES, WITH_INDEX } from '../../support/index-builds.js';
import { until } from '../../support/until.js';

describe('a run reports', () => {
  test('the phase and the progress of an index build', async ({ database }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    const reader = await holdOldSnapshot(database);
    const events: RunEvent[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith(WITH_INDEX),
      onEvent: (event) => events.push(event),
    });
    await until(() => events.some(({ kind }) => kind === 'building'));
    await reader.end();
    await run;
    expect(events).toContainEqual({
      kind: 'building',
      index: 't_by_a',
      phase: expect.stringContaining('waiting'),
      percent: expect.anything(),
    });
  });

  test('the session that blocks it, even if the lock timeout is shorter than the polling interval', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(TABLES) });
    const holder = await session(database.url);
    await holder.query('begin; lock table t');
    const events: RunEvent[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith({
        ...TABLES,
        'V2.up.sql': '-- migrate: lock-timeout 40ms\nalter table t add column b integer;',
        'V2.down.sql': 'alter table t drop column b;',
      }),
      onEvent: (event) => events.push(event),
    });
    await until(() => events.filter(({ kind }) => kind === 'retrying').length >= 4);
    expect(events).toContainEqual({
      kind: 'blocked',
      blocker: expect.objectContaining({ application: 'a service' }),
    });
    await holder.end();
    expect(await run).toMatchObject({ current: 'V2' });
  });

  test('no query of its own, for whose snapshot an index build waits', async ({ database }) => {
    const client = await session(database.url);
    expect(
      await findBlocker(client, 'select pg_backend_pid() as pid, null as virtualtransaction'),
    ).toBeNull();
    await client.end();
  });
});
