import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type TestDatabase, test, withDatabase } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { dumpInto, findPgDump } from '../support/pg-dump.js';
import { hasPsql, runPsql } from '../support/psql.js';
import { history, PHONES, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { attemptOf, claim, endCall, listNumber, setState, setStatuses } from './rules/steps.js';

const run = (database: TestDatabase, sql: string): Promise<unknown> =>
  database.client.query(withIds(sql, rowsOfHistory));

/** The tables of the product, each with its columns of type `timestamptz`. */
async function timesOf(database: TestDatabase): Promise<{ name: string; times: string[] }[]> {
  return database.rows(
    `select relname as name, array_agg(attname::text) as times
     from pg_attribute join pg_class on pg_class.oid = attrelid
     where relnamespace = 'public'::regnamespace and relkind = 'r' and atttypid = 'timestamptz'::regtype
     group by 1 order by 1`,
  );
}

/** Fills a database and moves all its times an hour ahead: what a clock that was an hour fast has left. */
async function liveWithFastClock(database: TestDatabase): Promise<void> {
  await run(database, history);
  const tables = await timesOf(database);
  const updates = tables.map(
    ({ name, times }) =>
      `update ${name} set ${times.map((time) => `${time} = ${time} + interval '1 h'`).join(', ')};`,
  );
  await run(database, `begin; set local session_replication_role = replica; ${updates.join(' ')} commit;`);
}

describe('after the clock of the server was an hour fast and is set back', () => {
  test('a number is excluded while its contact is in a call', async ({ migrated }) => {
    await liveWithFastClock(migrated);
    await run(migrated, listNumber(PHONES.ben));
    expect(
      await migrated.value(withIds('select state::text from contacts where id = :ben', rowsOfHistory)),
    ).toBe('excluded');
  });

  test('a contact asks not to be called again and is excluded', async ({ migrated }) => {
    await liveWithFastClock(migrated);
    await run(migrated, 'update contacts set do_not_call = true where id = :ada');
    expect(
      await migrated.value(withIds('select state::text from contacts where id = :ada', rowsOfHistory)),
    ).toBe('excluded');
  });

  test('a running campaign is paused, resumed and cancelled', async ({ migrated }) => {
    await liveWithFastClock(migrated);
    await run(migrated, setStatuses('survey', 'paused', 'running', 'cancelled'));
    expect(
      await migrated.value(withIds('select status::text from campaigns where id = :survey', rowsOfHistory)),
    ).toBe('cancelled');
  });

  test('an answered call ends at the latest time that it has', async ({ migrated }) => {
    await liveWithFastClock(migrated);
    await run(
      migrated,
      `begin; ${endCall(attemptOf('ben'), 'refused', 'greatest(now(), answered_at)')} ${setState('ben', 'refused')} commit;`,
    );
    expect(await migrated.value('select count(*) from call_attempts where ended_at is null')).toBe('1');
  });

  test('a call that rings is answered at its start and ends there', async ({ migrated }) => {
    await liveWithFastClock(migrated);
    await run(migrated, `update call_attempts set answered_at = started_at where id = :${attemptOf('cleo')}`);
    await run(
      migrated,
      `begin; ${endCall(attemptOf('cleo'), 'refused', 'answered_at')} ${setState('cleo', 'refused')} commit;`,
    );
    expect(await migrated.value('select count(*) from call_attempts where ended_at is null')).toBe('1');
  });

  test('a call more than 60 seconds in the future does not end later than its latest time', async ({
    migrated,
  }) => {
    await liveWithFastClock(migrated);
    await expect(
      run(migrated, endCall(attemptOf('cleo'), 'busy', "started_at + interval '1 s'")),
    ).rejects.toMatchObject({ constraint: 'times_of_a_call_are_not_in_the_future' });
  });

  test('finish_call completes a call, with its answers', async ({ migrated }) => {
    await liveWithFastClock(migrated);
    await run(
      migrated,
      `select voicesurvey.finish_call('${attemptOf('ben')}', 'completed', answers => array['More', '4', '9'])`,
    );
    expect(
      await migrated.value(withIds('select state::text from contacts where id = :ben', rowsOfHistory)),
    ).toBe('completed');
  });

  test.for([
    "finish_call('%s', 'refused')",
    "close_stale_call('%s')",
  ])('%s ends a call whose hang-up was noted before', async (end, { migrated }) => {
    await liveWithFastClock(migrated);
    await run(
      migrated,
      `insert into voicesurvey.hang_ups (call_attempt_id, ended_at) values (:${attemptOf('ben')}, now() + interval '1 h')`,
    );
    await run(migrated, `select voicesurvey.${end.replace('%s', attemptOf('ben'))}`);
    expect(await migrated.value('select count(*) from call_attempts where ended_at is null')).toBe('1');
  });

  test('a contact is called for the first time', async ({ migrated }) => {
    await liveWithFastClock(migrated);
    await run(migrated, `begin; ${claim('ada')} commit;`);
    expect(await migrated.value('select count(*) from call_attempts where ended_at is null')).toBe('3');
  });
});

test('no CHECK reads the clock', async ({ migrated }) => {
  const checks = await migrated.rows<{ name: string; definition: string }>(
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where contype = 'c' and connamespace = 'public'::regnamespace`,
  );
  const clock = /\b(?:now|\w+_timestamp|timeofday)\(|\bcurrent_|\blocaltime/i;
  expect(checks.length).toBeGreaterThan(40);
  expect(checks.filter(({ definition }) => clock.test(definition))).toEqual([]);
});

test('every row whose times lie an hour ahead passes all CHECKs, as when a dump restores', async ({
  migrated,
}) => {
  await liveWithFastClock(migrated);
  await run(migrated, 'create schema restored');
  for (const { name } of await timesOf(migrated)) {
    await run(
      migrated,
      `create table restored.${name} (like public.${name} including constraints);
       insert into restored.${name} select * from public.${name};`,
    );
    expect(await migrated.value(`select count(*) > 0 from restored.${name}`), name).toBe(true);
  }
});

test('a dump of rows whose times lie an hour ahead restores completely', async ({ migrated, skip }) => {
  const major = Math.floor(Number(await migrated.value('show server_version_num')) / 10_000);
  const pgDump = findPgDump(major);
  if (pgDump === null || !hasPsql) return skip(`no pg_dump of PostgreSQL ${major} or psql on this machine`);
  await liveWithFastClock(migrated);
  const folder = await folderWith({ 'restore.sql': '\\set ON_ERROR_STOP on\n\\i dump.sql\n' });
  await dumpInto(pgDump, migrated.url, join(folder, 'dump.sql'));
  await withDatabase('template0', async (restored) => {
    await runPsql(restored.url, folder, 'restore.sql');
    for (const { name } of await timesOf(migrated)) {
      const rows = `select md5(string_agg(t::text, ' ' order by id)) from public.${name} as t`;
      expect(await restored.value(rows), name).toBe(await migrated.value(rows));
    }
  });
});
