import type pg from 'pg';
import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { SLOW } from '../../support/timeouts.js';
import { until } from '../../support/until.js';
import { insertDraft } from '../rules/steps.js';
import { query, writeHistory } from './calls.js';

/**
 * 40,000 contacts with one attempt each, of which every hundredth is open. Three of the open calls are stale. They are
 * written without triggers, since triggers would take a minute.
 *
 * @param order the order in which the attempts are stored
 */
const fill = (order: string): string => `
  set session_replication_role = replica;
  ${insertDraft('new_large', {})}
  insert into contacts (campaign_id, phone_number, state, attempts_count, last_attempt_at)
    select :new_large, '+49' || 300000000 + number, case when number % 100 = 0 then 'in_progress' else 'pending' end::contact_state,
      1, now() - interval '5 minutes' - case when number % 100 = 0 and number > 300 then interval '0' else interval '1 day' end
    from generate_series(1, 40000) as number;
  insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at, ended_at, outcome)
    select id, campaign_id, 1, phone_number, 'provider ' || phone_number, last_attempt_at,
      case when state = 'pending' then last_attempt_at + interval '20 seconds' end,
      case when state = 'pending' then 'no_answer' end::contact_outcome
    from contacts where campaign_id = :new_large order by ${order};
  reset session_replication_role`;

/** The buffers that a query reads, in its second run: the first one also reads the catalog. */
async function buffersOf(client: pg.Client, sql: string): Promise<number> {
  const explain = `explain (analyze, buffers, format json) ${sql}`;
  await client.query(explain);
  const [row] = (await client.query(explain)).rows;
  const { Plan: plan } = row['QUERY PLAN'][0];
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

/** The number of entries of these indexes that all sessions have read. */
async function entriesReadOf(client: pg.Client, indexes: readonly string[]): Promise<number> {
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query(
    'select sum(idx_tup_read)::integer as entries from pg_stat_user_indexes where indexrelname = any ($1)',
    [indexes],
  );
  return rows[0].entries;
}

test('stale_calls and call_detail read few buffers, whatever number of calls is open or has ended', async ({
  migrated,
}) => {
  const { client } = migrated;
  await writeHistory(migrated);
  await query(migrated, fill('phone_number'));
  for (const table of ['contacts', 'call_attempts']) await client.query(`vacuum analyze ${table}`);
  expect(await query(migrated, "select from voicesurvey.stale_calls('1 hour')")).toHaveLength(3);
  expect(await buffersOf(client, "select * from voicesurvey.stale_calls('1 hour')")).toBeLessThanOrEqual(80);
  const detail = "select * from voicesurvey.call_detail('+49300000001')";
  expect(await query(migrated, detail)).toHaveLength(1);
  expect(await buffersOf(client, detail)).toBeLessThanOrEqual(16);
});

test('purge_expired reads few buffers when nothing is left to purge', async ({ migrated }) => {
  const { client } = migrated;
  await writeHistory(migrated);
  await query(migrated, fill('last_attempt_at'));
  await client.query('update provider_configs set transcript_retention_days = 1');
  await client.query('vacuum analyze call_attempts');
  const purge = 'select * from voicesurvey.purge_expired()';
  await client.query(purge);
  expect(await buffersOf(client, purge)).toBeLessThanOrEqual(100);
});

test('a claim reads the index entries of ended calls at most once, also before the next vacuum', {
  timeout: SLOW,
}, async ({ migrated }) => {
  const { client } = migrated;
  await writeHistory(migrated);
  await client.query('alter table call_attempts set (autovacuum_enabled = off)');
  await query(
    migrated,
    `set session_replication_role = replica;
     ${insertDraft('new_large', {})}
     insert into contacts (campaign_id, phone_number)
       select :new_large, '+49' || 300000000 + number from generate_series(1, 3100) as number;
     insert into call_attempts (contact_id, campaign_id, attempt_number, call_id)
       select id, campaign_id, 1, phone_number from contacts where campaign_id = :new_large limit 3000;
     update contacts set state = 'refused', attempts_count = 1 where campaign_id = :new_large and id in (select contact_id from call_attempts);
     update call_attempts set ended_at = now(), outcome = 'busy' where campaign_id = :new_large;
     update campaigns set status = 'running' where id = :new_large;
     update provider_configs set max_concurrent_calls = 1000;
     reset session_replication_role`,
  );
  const entriesRead = () => entriesReadOf(client, ['open_calls_by_start', 'a_contact_has_one_open_call']);
  const entriesOfClaim = async (): Promise<number> => {
    const before = await entriesRead();
    await client.query('begin');
    expect(await query(migrated, 'select * from voicesurvey.claim_calls(10, :new_large)')).toHaveLength(10);
    await client.query('set constraints all immediate');
    await client.query('rollback');
    return (await entriesRead()) - before;
  };
  // PostgreSQL marks an entry only when no older snapshot is open, such as that of autovacuum.
  await until(async () => (await entriesOfClaim()) < 3000, SLOW / 2);
});

test('a session whose plans are older than the first completed contact still checks answers by key', async ({
  migrated,
}) => {
  const { client } = migrated;
  await writeHistory(migrated);
  await query(
    migrated,
    `${insertDraft('new_large', {})}
     insert into contacts (campaign_id, phone_number)
       select :new_large, '+49' || 300000000 + number from generate_series(1, 20) as number;
     update campaigns set status = 'running' where id = :new_large;
     update provider_configs set max_concurrent_calls = 100`,
  );
  await client.query('vacuum analyze contacts');
  const completeCalls = async (): Promise<void> => {
    const calls = await query(migrated, 'select call_id from voicesurvey.claim_calls(10, :new_large)');
    expect(calls).toHaveLength(10);
    for (const { call_id: call } of calls) {
      await client.query('select voicesurvey.record_answered($1)', [call]);
      await client.query(
        "select voicesurvey.finish_call($1, 'completed', answers => '{fast,3,9}', confidences => '{1,1,1}')",
        [call],
      );
    }
  };
  await completeCalls();
  await query(
    migrated,
    `set session_replication_role = replica;
     insert into contacts (campaign_id, phone_number, state, last_outcome, attempts_count)
       select :new_large, '+49' || 400000000 + number, 'completed', 'completed', 1 from generate_series(1, 1000) as number;
     reset session_replication_role`,
  );
  const before = await entriesReadOf(client, ['contacts_by_state']);
  await completeCalls();
  expect((await entriesReadOf(client, ['contacts_by_state'])) - before).toBeLessThan(1000);
});

// Before PostgreSQL 18, a disabled scan that is used nevertheless makes a plan expensive enough for JIT compilation.
test('functions that disable a kind of scan also disable JIT compilation', async ({
  migrated: { client },
}) => {
  const { rows } = await client.query(
    `select oid::regprocedure::text as function from pg_proc
     where array_to_string(proconfig, ' ') ~ 'enable_\\w+=off' and 'jit=off' <> all (proconfig)`,
  );
  expect(rows).toEqual([]);
});
