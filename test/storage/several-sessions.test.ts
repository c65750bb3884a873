import pg from 'pg';
import { describe, expect, vi } from 'vitest';
import { type TestDatabase, test } from '../support/database.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { call, claim, exclude, list, move } from './rules/steps.js';

/** A session in a transaction, which runs SQL in which rows are named. */
interface Session {
  run(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

async function open({ url }: TestDatabase, level = 'read committed'): Promise<Session> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`begin isolation level ${level}; select from contacts`);
  return { run: (sql) => client.query(withIds(sql, rowsOfHistory)), end: () => client.end() };
}

const waiting =
  'select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event_type =';

describe('who changes a campaign', () => {
  test('waits for the claims before it, and those after it wait for it', async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const [first, operator, second] = [await open(migrated), await open(migrated), await open(migrated)];
    await first.run(claim('ada'));
    const paused = operator.run(`${move('survey', 'paused')} commit`);
    await vi.waitUntil(async () => (await migrated.value(`${waiting} 'Lock'`)) === 1, 30_000);
    const refused = expect(second.run(claim('jack'))).rejects.toMatchObject({
      constraint: 'calls_start_only_in_a_running_campaign',
    });
    await vi.waitUntil(async () => (await migrated.value(`${waiting} 'Lock'`)) === 2, 30_000);
    await first.run('commit');
    await paused;
    await refused;
    await Promise.all([first, operator, second].map((session) => session.end()));
  });
});

describe('who imports', () => {
  test('does not wait for who imports the same numbers to another campaign', async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const sessions = await Promise.all(['survey', 'plain', 'draft'].map(() => open(migrated)));
    for (const person of ['+4920009998', '+4920009999']) {
      for (const [i, campaign] of ['survey', 'plain', 'draft'].entries()) {
        const contact = list(`new_${campaign}_${person.at(-1)}`, person, { campaign_id: `:${campaign}` });
        await sessions[i]?.run(`set lock_timeout = '10s'; ${contact}`);
      }
    }
    for (const session of sessions) await session.run('commit');
    await Promise.all(sessions.map((session) => session.end()));
    const many = "select count(*)::integer from contacts where phone_number like '+492000999_'";
    expect(await migrated.value(many)).toBe(6);
  });

  test('is waited for, and seen, by who excludes the number, in each of eight sessions', async ({
    migrated,
  }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const campaigns = ['survey', 'plain', 'draft', 'empty', 'scheduled', 'paused', 'completed', 'cancelled'];
    const sessions = await Promise.all(campaigns.map(() => open(migrated)));
    for (const [i, campaign] of campaigns.entries()) {
      await sessions[i]?.run(list(`new_${campaign}`, '+4920009999', { campaign_id: `:${campaign}` }));
    }
    const excluded = migrated.client.query(exclude('+4920009999'));
    for (const session of sessions) await session.run('commit');
    await excluded;
    const left =
      "select count(*)::integer from contacts where phone_number = '+4920009999' and state <> 'excluded'";
    expect(await migrated.value(left)).toBe(0);
    await Promise.all(sessions.map((session) => session.end()));
  });
});

describe('who excludes', () => {
  test('number by number waits for another who does, and neither is a deadlock', async ({ migrated }) => {
    const [one, two] = [await open(migrated), await open(migrated)];
    const [a, b] = ['+4920009998', '+4920009999'] as const;
    const like = async (phone: string): Promise<string> =>
      String(
        await migrated.value(
          `select '+39' || n from generate_series(10000000, 10010000) as n
             where voicesurvey_rules.mutex_row_of_number('+39' || n, 0) = voicesurvey_rules.mutex_row_of_number($1, 0) limit 1`,
          [phone],
        ),
      );
    await one.run(exclude(a));
    const second = two.run(`${exclude(b)} ${exclude(await like(a))} commit`);
    await vi.waitUntil(async () => (await migrated.value(`${waiting} 'Lock'`)) === 1, 30_000);
    await one.run(`${exclude(await like(b))} commit`);
    await second;
    expect(await migrated.value('select count(*)::integer from exclusion_list_entries')).toBe(4);
    await Promise.all([one.end(), two.end()]);
  });
});

describe('the last call of who was not reached', () => {
  test.for([
    ['read committed', { constraint: 'never_dial_more_than_max_attempts' }],
    ['repeatable read', { code: '40001' }],
    ['serializable', { code: '40001' }],
  ] as const)('is not made again when another session has erased it, in %s', async ([level, refusal], {
    migrated,
  }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const late = await open(migrated, level);
    await migrated.client.query(
      withIds(`delete from call_attempts where id = :${call('fred', 2)}`, rowsOfHistory),
    );
    await expect(late.run(claim('fred', { number: 2 }))).rejects.toMatchObject(refusal);
    await late.end();
  });
});
