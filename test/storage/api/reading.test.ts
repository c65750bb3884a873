import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { history, rowsOfHistory } from '../rules/history.js';
import { idOf, withIds } from '../rules/names.js';
import { attemptOf } from '../rules/steps.js';

/** Inserts the history that `history.ts` describes. */
const addHistory = ({ client }: TestDatabase): Promise<unknown> =>
  client.query(withIds(history, rowsOfHistory));

describe('campaign_statistics', () => {
  test('counts contacts and calls, and computes the rates of AAPOR', async ({ migrated }) => {
    await addHistory(migrated);
    const [row] = await migrated.rows('select * from voicesurvey.campaign_statistics($1)', [idOf('survey')]);
    expect(row).toEqual({
      campaign_id: idOf('survey'),
      contacts: 14,
      pending: 4,
      in_progress: 2,
      completed: 2,
      refused: 2,
      not_reached: 3,
      not_reached_failed: 1,
      excluded: 1,
      calls: 13,
      open_calls: 2,
      completed_calls: 2,
      refused_calls: 2,
      no_answer_calls: 3,
      busy_calls: 2,
      failed_calls: 2,
      answered_calls: 4,
      talk_seconds: 40,
      response_rate_1: 2 / 13,
      cooperation_rate_1: 2 / 5,
      refusal_rate_1: 2 / 13,
      contact_rate_1: 5 / 13,
    });
  });

  test('of a campaign without contacts has counts of 0 and no rates', async ({ migrated }) => {
    await addHistory(migrated);
    const [row] = await migrated.rows('select * from voicesurvey.campaign_statistics($1)', [idOf('empty')]);
    expect(row).toMatchObject({
      contacts: 0,
      calls: 0,
      talk_seconds: 0,
      response_rate_1: null,
      contact_rate_1: null,
    });
  });
});

test('statistics and calls over time do not change when contacts and attempts are erased, by the API or not', async ({
  migrated,
}) => {
  await addHistory(migrated);
  const read = async () => [
    await migrated.rows('select * from voicesurvey.campaign_statistics($1)', [idOf('survey')]),
    await migrated.rows("select * from voicesurvey.calls_over_time($1, 'hour')", [idOf('survey')]),
  ];
  const before = await read();
  await migrated.client.query(
    withIds('delete from contacts where id in (:dora, :fred, :mona, :ines)', rowsOfHistory),
  );
  await migrated.client.query(
    `delete from call_attempts where contact_id = '${idOf('sam')}' and attempt_number = 1`,
  );
  await migrated.rows('select * from voicesurvey.erase_contact($1)', [idOf('emil')]);
  await migrated.rows('select * from voicesurvey.erase_contact($1)', [idOf('cleo')]);
  expect(await read()).toEqual(before);
});

describe('calls_over_time', () => {
  test("counts calls by day in the campaign's time zone, also on days without a call", async ({
    migrated,
  }) => {
    await addHistory(migrated);
    await migrated.client.query(
      withIds(
        `set session_replication_role = replica;
         insert into voicesurvey.campaign_settings (campaign_id, time_zone) values (:plain, 'Pacific/Auckland');
         insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, ended_at, outcome)
           values (:one_of_plain, :plain, 1, 'a', '2026-01-01 10:59Z', '2026-01-01 10:59Z', 'busy'),
             (:one_of_plain, :plain, 2, 'b', '2026-01-01 11:00Z', '2026-01-01 11:01Z', 'no_answer'),
             (:one_of_plain, :plain, 3, 'c', '2026-01-03 12:00Z', null, null);
         reset session_replication_role;`,
        rowsOfHistory,
      ),
    );
    const rows = await migrated.rows(
      "select local_start::text, calls, busy_calls as busy, no_answer_calls as missed from voicesurvey.calls_over_time($1, 'day')",
      [idOf('plain')],
    );
    expect(rows).toEqual([
      { local_start: '2026-01-01 00:00:00', calls: 1, busy: 1, missed: 0 },
      { local_start: '2026-01-02 00:00:00', calls: 1, busy: 0, missed: 1 },
      { local_start: '2026-01-03 00:00:00', calls: 0, busy: 0, missed: 0 },
      { local_start: '2026-01-04 00:00:00', calls: 1, busy: 0, missed: 0 },
    ]);
  });

  test('of a campaign without calls has no rows', async ({ migrated }) => {
    await addHistory(migrated);
    expect(await migrated.rows('select * from voicesurvey.calls_over_time($1)', [idOf('draft')])).toEqual([]);
  });
});

test('campaign_overview lists every campaign with its counts', async ({ migrated }) => {
  await addHistory(migrated);
  const rows = await migrated.rows('select * from voicesurvey.campaign_overview order by name');
  expect(rows).toHaveLength(8);
  expect(rows).toContainEqual(
    expect.objectContaining({
      name: 'survey',
      status: 'running',
      contacts: 14,
      pending: 4,
      in_progress: 2,
      completed: 2,
      refused: 2,
      not_reached: 3,
      excluded: 1,
    }),
  );
  expect(rows).toContainEqual(expect.objectContaining({ name: 'empty', contacts: 0, pending: 0 }));
});

test('campaign_export has one row for each contact that has ended, with the numbers in the answers', async ({
  migrated,
}) => {
  await addHistory(migrated);
  const rows = await migrated.rows(
    'select * from voicesurvey.campaign_export where campaign_id = $1 order by phone_number',
    [idOf('survey')],
  );
  const names = new Map(
    ['dora', 'emil', 'fred', 'kate', 'lena', 'sam', 'mona'].map((name) => [idOf(name), name]),
  );
  expect(rows.map((row) => names.get(String(Reflect.get(row, 'contact_id'))))).toEqual([
    'dora',
    'emil',
    'fred',
    'kate',
    'lena',
    'sam',
  ]);
  expect(rows[0]).toMatchObject({
    outcome: 'completed',
    attempt_count: 1,
    q1_answer: 'More',
    q1_number: null,
    q2_answer: '4',
    q2_number: '4',
    q3_number: '9',
    completed_at: expect.any(Date),
  });
  expect(rows[2]).toMatchObject({
    outcome: 'not_reached',
    attempt_count: 2,
    answered_at: null,
    q1_answer: null,
  });
});

describe('contacts_page', () => {
  const pageOf = ({ rows }: TestDatabase, ...values: unknown[]) =>
    rows<{ phone_number: string; state: string }>(
      `select * from voicesurvey.contacts_page(${values.map((_, i) => `$${i + 1}`).join(', ')})`,
      values,
    );

  test('pages follow each other in the order of the numbers, each contact once', async ({ migrated }) => {
    await addHistory(migrated);
    const seen: string[] = [];
    let after: string | null = null;
    for (let page = 1; page <= 4; page++) {
      const rows: { phone_number: string }[] = await pageOf(migrated, idOf('survey'), after, 4);
      seen.push(...rows.map(({ phone_number }) => phone_number));
      after = rows.at(-1)?.phone_number ?? after;
    }
    expect(seen).toHaveLength(14);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  test('shows only contacts in the given states', async ({ migrated }) => {
    await addHistory(migrated);
    const rows = await pageOf(migrated, idOf('survey'), null, 50, '{completed,refused}');
    expect(rows.map(({ state }) => state).sort()).toEqual(['completed', 'completed', 'refused', 'refused']);
    expect(await pageOf(migrated, idOf('survey'), null, 50, '{}')).toEqual([]);
  });
});

describe('call_detail', () => {
  test('finds a call by either id, with its answers, transcripts, event and e-mail', async ({ migrated }) => {
    await addHistory(migrated);
    const byCallId = await migrated.rows('select * from voicesurvey.call_detail($1)', [attemptOf('dora')]);
    expect(byCallId).toMatchObject([
      {
        contact_id: idOf('dora'),
        contact_state: 'completed',
        campaign_name: 'survey',
        outcome: 'completed',
        q3_answer: '9',
        transcripts: ['Do you agree? Yes.'],
        event_type: 'survey.completed',
        email_status: 'sent',
      },
    ]);
    const byProvider = await migrated.rows("select * from voicesurvey.call_detail('key-of-cleo')");
    expect(byProvider).toMatchObject([
      { contact_id: idOf('cleo'), outcome: null, transcripts: [], event_type: null },
    ]);
  });

  test('of an unknown call, or of null, has no row', async ({ migrated: { rows } }) => {
    expect(await rows("select * from voicesurvey.call_detail('nothing')")).toEqual([]);
    expect(await rows('select * from voicesurvey.call_detail(null)')).toEqual([]);
  });
});

describe('values that the reading functions cannot use', () => {
  test.for([
    ['campaign_statistics(gen_random_uuid())', 'campaign_is_known'],
    ['campaign_statistics(null)', 'campaign_is_given'],
    ['calls_over_time(gen_random_uuid())', 'campaign_is_known'],
    ["calls_over_time(:survey, 'minute')", 'unit_is_hour_day_week_or_month'],
    ['calls_over_time(:survey, null)', 'unit_is_hour_day_week_or_month'],
    ['contacts_page(gen_random_uuid())', 'campaign_is_known'],
    ['contacts_page(:survey, null, 1001)', 'a_page_has_at_most_1000_rows'],
    ['contacts_page(:survey, null, null)', 'a_page_has_at_most_1000_rows'],
  ] as const)('%s is refused as %s', async ([call, constraint], { migrated }) => {
    await addHistory(migrated);
    await expect(
      migrated.client.query(withIds(`select voicesurvey.${call}`, rowsOfHistory)),
    ).rejects.toMatchObject({ code: '22023', constraint });
  });
});
