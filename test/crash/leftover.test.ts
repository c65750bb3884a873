import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { RunEvent } from '../../src/migrate/events.js';
import { up } from '../../src/migrate/up.js';
import { startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

/** The second sleeps as its last statement, and lets its statements wait for a lock for a short time only. */
const slow = (seconds: number): Record<string, string> => ({
  'V1.up.sql': 'create table journal (version integer); insert into journal values (1);',
  'V1.down.sql': 'drop table journal;',
  'V2.up.sql': `-- migrate: lock-timeout 100ms\ncreate table two (a integer); insert into journal values (2); select pg_sleep(${seconds});`,
  'V2.down.sql': 'drop table two; delete from journal where version = 2;',
  'V3.up.sql': 'create table three (a integer); insert into journal values (3);',
  'V3.down.sql': 'drop table three; delete from journal where version = 3;',
});

/** Kills an `up` with SIGKILL while its second migration sleeps. */
async function kill(database: TestDatabase, directory: string): Promise<void> {
  const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: database.url } });
  while (!(await isSleeping(database))) await sleep(10);
  child.kill('SIGKILL');
  await result;
}

async function isSleeping({ rows }: TestDatabase): Promise<boolean> {
  const sleeping = await rows(
    "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
  );
  return sleeping.length > 0;
}

const each = [{ version: 1 }, { version: 2 }, { version: 3 }];

describe('a statement that the server still executes for a killed run (E8)', () => {
  test('does not keep the next up, at once, from coming to its end; each migration is applied once', async ({
    database,
  }) => {
    const directory = await folderWith(slow(1.5));
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

  test('is waited for as another run is, whatever the lock timeout, and shown', async ({ database }) => {
    const directory = await folderWith(slow(2.5));
    await kill(database, directory);
    const events: RunEvent[] = [];
    await up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    expect(events.filter(({ kind }) => kind === 'retrying')).toEqual([]);
    expect(events).toContainEqual({
      kind: 'blocked',
      blocker: expect.objectContaining({ application: expect.stringContaining('voicesurvey-db') }),
    });
    expect(await database.rows('select version from journal')).toEqual(each);
  });

  test('is not waited for longer than --lock-wait allows', async ({ database }) => {
    const directory = await folderWith(slow(4));
    await kill(database, directory);
    const start = performance.now();
    await expect(up({ url: database.url, directory, lockWaitMs: 700 })).rejects.toMatchObject({
      code: 'migration_failed',
      remedy: expect.stringContaining('voicesurvey-db'),
    });
    expect(performance.now() - start).toBeLessThan(3000);
    expect(await database.rows('select version from journal')).toEqual([{ version: 1 }]);
  });
});
