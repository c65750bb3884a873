import pg from 'pg';
import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { withIds } from '../rules/names.js';
import { insertContact, insertDraft, setStatuses } from '../rules/steps.js';

const ANY_NAME = { has: () => true };
const CONTACTS = 40;

/** Two running campaigns with the same numbers, for six slots. */
const BEFORE = `
  insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
  insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 6);
  ${['one', 'two']
    .map((campaign) => {
      const contacts = Array.from({ length: CONTACTS }, (_, index) =>
        insertContact(`contact_${index}_of_${campaign}`, `+49210000${String(index).padStart(2, '0')}`, {
          campaign_id: `:${campaign}`,
        }),
      );
      return `${insertDraft(campaign, { retry_interval_minutes: '1' })} ${contacts.join('\n')} ${setStatuses(campaign, 'running')}`;
    })
    .join('\n')}`;

/** Lets ten minutes pass for all calls, and an hour for the calls that were closed. */
const PASS_TIME = `
  set session_replication_role = replica;
  update contacts set last_attempt_at = last_attempt_at - interval '10 min' where attempts_count > 0;
  update call_attempts set started_at = started_at - interval '10 min', answered_at = answered_at - interval '10 min',
    ended_at = ended_at - interval '10 min';
  update voicesurvey.unpublished_ends set closed_at = closed_at - interval '1 hour';
  set session_replication_role = origin;`;

test('two campaigns whose reports arrive twice, out of order or never lose no contact, no event and no slot', async ({
  migrated: { client, url, rows, value },
}) => {
  await client.query(withIds(BEFORE, ANY_NAME));
  const pool = new pg.Pool({ connectionString: url, max: 6 });
  const query = async (sql: string, values: unknown[] = []) =>
    (await pool.query<Record<string, string>>(sql, values)).rows;

  /** Reports a call, each report up to twice and concurrently with the others; every seventh call is not finished. */
  async function report(call: string, index: number): Promise<void> {
    const isAnswered = index % 2 === 0;
    const outcome = isAnswered
      ? ['completed', 'refused', 'failed'][index % 3]
      : ['no_answer', 'busy'][index % 3];
    const reports: [sql: string, values: unknown[]][] = [
      ['select voicesurvey.record_provider_call($1, $2)', [call, `CA-${call}`]],
      ['select voicesurvey.record_hang_up($1)', [call]],
      ...(isAnswered ? [['select voicesurvey.record_answered($1)', [call]] as [string, unknown[]]] : []),
      ...(index % 7 === 0
        ? []
        : [
            [
              'select voicesurvey.finish_call($1, $2, answers => $3)',
              [call, outcome ?? 'failed', ['a', '2', '8']],
            ] as [string, unknown[]],
          ]),
    ];
    const sent = [...reports, ...reports.toReversed()].filter((_, place) => (place + index) % 5 !== 0);
    await Promise.all(sent.map(([sql, values]) => query(sql, values)));
  }

  let calls = 0;
  async function dial(): Promise<void> {
    for (let claimed = await query('select * from voicesurvey.claim_calls(3)'); claimed.length > 0; ) {
      await Promise.all(claimed.map(({ call_id = '' }) => report(call_id, ++calls)));
      claimed = await query('select * from voicesurvey.claim_calls(3)');
    }
  }
  async function closeStaleCalls(): Promise<void> {
    for (const { call_id } of await query("select * from voicesurvey.stale_calls('5 min')"))
      await query('select voicesurvey.close_stale_call($1)', [call_id]);
  }

  for (let round = 0; round < 5; round++) {
    await Promise.all([dial(), dial(), dial()]);
    await client.query(PASS_TIME);
    await Promise.all([closeStaleCalls(), closeStaleCalls()]);
  }
  await pool.end();

  expect(await value('select count(*)::integer from call_attempts where ended_at is null')).toBe(0);
  expect(await value('select count(*)::integer from voicesurvey.hang_ups')).toBe(0);
  expect(await value('select count(*)::integer from voicesurvey.unpublished_ends')).toBe(0);
  const contacts = await rows<{ state: string; event_type: string | null; responses: number }>(
    `select state, event_type, (select count(*)::integer from survey_responses where contact_id = contact.id) as responses
     from contacts as contact left join events on events.contact_id = contact.id`,
  );
  expect(contacts).toHaveLength(2 * CONTACTS);
  for (const { state, event_type, responses } of contacts) {
    expect(event_type).toBe(`survey.${state}`);
    expect(responses).toBe(state === 'completed' ? 1 : 0);
  }
  expect(new Set(contacts.map(({ state }) => state))).toEqual(
    new Set(['completed', 'refused', 'not_reached']),
  );
}, 120_000);
