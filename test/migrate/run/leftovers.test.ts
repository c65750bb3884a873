import { describe, expect } from 'vitest';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { holdOldSnapshot, isValid, TABLES, untilBuilding, WITH_INDEX } from '../../support/index-builds.js';
import { until } from '../../support/until.js';

/** What a killed run leaves: its progress in the history, and its statement in a server process. */
async function killedBuild(database: TestDatabase) {
  await up({ url: database.url, directory: await folderWith(TABLES) });
  const reader = await holdOldSnapshot(database);
  const broken = { ...WITH_INDEX, 'V2.up.sql': WITH_INDEX['V2.up.sql'].replace('(a)', '(wrong)') };
  await expect(up({ url: database.url, directory: await folderWith(broken) })).rejects.toThrow();
  const leftover = await session(database.url);
  const built = leftover.query('create index concurrently t_by_a on t (a)').then(() => leftover.end());
  return { reader, built, pid: await untilBuilding(database) };
}

describe('an index build that a killed run left in the server (E7, E8)', () => {
  test('is not cancelled: up waits until it has ended, and keeps its index', async ({ database }) => {
    const { reader, built, pid } = await killedBuild(database);
    const events: RunEvent[] = [];
    const run = up({
      url: database.url,
      directory: await folderWith(WITH_INDEX),
      onEvent: (event) => events.push(event),
    });
    await until(() => events.some(({ kind }) => kind === 'leftover'));
    expect(events).toContainEqual({ kind: 'leftover', pid });
    const oid = await database.value("select 't_by_a'::regclass::oid");
    await reader.end();
    await built;
    expect(await run).toMatchObject({ current: 'V2' });
    expect(await isValid(database)).toBe(true);
    expect(await database.value("select 't_by_a'::regclass::oid")).toBe(oid);
  });

  test('makes up fail after lockWaitMs, and the next up finds the index built', async ({ database }) => {
    const { reader, built, pid } = await killedBuild(database);
    const directory = await folderWith(WITH_INDEX);
    await expect(up({ url: database.url, directory, lockWaitMs: 500 })).rejects.toMatchObject({
      code: 'lock_wait_over',
      message: expect.stringContaining(`Server process ${pid} `),
    });
    await reader.end();
    await built;
    expect(await up({ url: database.url, directory, lockWaitMs: 500 })).toMatchObject({ current: 'V2' });
  });
});

test('up that loses its connection in a long build fails with a remedy, and the next up finishes (E11)', async ({
  database,
}) => {
  await up({ url: database.url, directory: await folderWith(TABLES) });
  const reader = await holdOldSnapshot(database);
  const directory = await folderWith(WITH_INDEX);
  const run = up({ url: database.url, directory }).catch((error: unknown) => error);
  await untilBuilding(database);
  await database.client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'voicesurvey-db%'",
  );
  expect(await run).toMatchObject({ remedy: expect.stringContaining('again') });
  await reader.end();
  expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
  expect(await isValid(database)).toBe(true);
});
