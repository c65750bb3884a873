import { describe, expect } from 'vitest';
import { up, verify } from '../../src/index.js';
import { MigrationFailedError } from '../../src/migrate/failure/errors.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';
import { history, rowsOfHistory } from './rules/history.js';
import { idOf, withIds } from './rules/names.js';
import { attemptOf, insertContact } from './rules/steps.js';

/** For each constraint, a row that breaks it and the SQL that does so; a row that breaks several has its SQL once. */
const BROKEN: Readonly<Record<string, readonly [row: string, sql: string]>> = {
  user_has_a_name: ['admin', "update users set name = ' ' where id = :admin"],
  user_has_an_oidc_subject: ['admin', "update users set oidc_sub = '' where id = :admin"],
  email_of_a_user_looks_like_an_address: ['admin', "update users set email = 'nobody' where id = :admin"],
  user_has_finite_times: ['manager', "update users set created_at = 'infinity' where id = :manager"],
  template_has_a_name: ['spare', "update email_templates set name = '' where id = :spare"],
  template_has_a_body: ['spare', "update email_templates set body_html = '' where id = :spare"],
  subject_is_one_line: ['spare', "update email_templates set subject = E'a\\nb' where id = :spare"],
  template_has_finite_times: [
    'missed',
    "update email_templates set created_at = '-infinity' where id = :missed",
  ],
  campaign_has_a_name: ['completed', "update campaigns set name = '' where id = :completed"],
  campaign_starts_with_a_script_and_three_questions: [
    'completed',
    "update campaigns set intro_script = '' where id = :completed",
  ],
  retry_interval_is_1_minute_or_more: [
    'cancelled',
    'update campaigns set retry_interval_minutes = 0 where id = :cancelled',
  ],
  calling_window_starts_before_it_ends: [
    'cancelled',
    "update campaigns set allowed_call_end_local = '00:00' where id = :cancelled",
  ],
  calling_window_ends_before_24_00: [
    'paused',
    "update campaigns set allowed_call_end_local = '24:00' where id = :paused",
  ],
  campaign_has_finite_times: ['empty', "update campaigns set created_at = 'infinity' where id = :empty"],
  phone_number_of_a_contact_is_e164: ['jack', "update contacts set phone_number = '0800' where id = :jack"],
  email_of_a_contact_looks_like_an_address: ['ada', "update contacts set email = 'none' where id = :ada"],
  attempts_count_is_0_or_more: [
    'hugo',
    'update contacts set attempts_count = -1, last_outcome = null, last_attempt_at = null where id = :hugo',
  ],
  no_last_attempt_or_outcome_before_the_first_call: [
    'gina',
    'update contacts set attempts_count = 0 where id = :gina',
  ],
  contact_has_finite_times: ['mona', "update contacts set last_attempt_at = 'infinity' where id = :mona"],
  excluded_number_is_e164: [
    'entry',
    "update exclusion_list_entries set phone_number = '0800' where id = :entry",
  ],
  exclusion_has_a_finite_time: [
    'entry',
    "update exclusion_list_entries set created_at = 'infinity' where id = :entry",
  ],
  call_id_is_not_blank: [
    attemptOf('kate'),
    `update call_attempts set call_id = ' ' where id = :${attemptOf('kate')}`,
  ],
  provider_call_id_is_not_blank: [
    attemptOf('kate'),
    `update call_attempts set provider_call_id = '' where id = :${attemptOf('kate')}`,
  ],
  times_of_a_call_run_forward: [
    attemptOf('emil'),
    `update call_attempts set ended_at = started_at - interval '1 s' where id = :${attemptOf('emil')}`,
  ],
  call_has_finite_times: [
    attemptOf('lena'),
    `update call_attempts set ended_at = 'infinity' where id = :${attemptOf('lena')}`,
  ],
  call_has_an_outcome_exactly_when_it_has_ended: [
    attemptOf('gina'),
    `update call_attempts set outcome = null where id = :${attemptOf('gina')}`,
  ],
  outcome_agrees_with_answered_at: [
    attemptOf('hugo'),
    `update call_attempts set answered_at = started_at where id = :${attemptOf('hugo')}`,
  ],
  metadata_is_an_object: [
    attemptOf('dora'),
    `update call_attempts set metadata = '[]' where id = :${attemptOf('dora')}`,
  ],
  payload_is_an_object: ['event_of_emil', "update events set payload = '[]' where id = :event_of_emil"],
  event_has_a_finite_time: [
    'event_of_fred',
    "update events set created_at = 'infinity' where id = :event_of_fred",
  ],
  to_email_looks_like_an_address: [
    'email_to_lena',
    "update email_notifications set to_email = 'lena' where id = :email_to_lena",
  ],
  notification_has_finite_times: [
    'email_to_dora',
    "update email_notifications set created_at = 'infinity' where id = :email_to_dora",
  ],
  provider_has_a_name: ['new_provider', ''],
  language_model_has_a_name: ['new_provider', ''],
  outbound_number_is_e164: ['new_provider', ''],
  configuration_has_finite_times: [
    'new_provider',
    "delete from provider_configs; insert into provider_configs (id, outbound_number, provider_name, llm_model, updated_at) values (:new_provider, '0800', '', '', 'infinity')",
  ],
  all_three_answers_are_present: [
    'new_answers',
    `update survey_responses set q1_answer = '', id = :new_answers where contact_id = :dora`,
  ],
  answers_have_a_finite_time: [
    'new_other_answers',
    `update survey_responses set completed_at = 'infinity', id = :new_other_answers where contact_id = :lena`,
  ],
  transcript_holds_no_phone_number: [
    'new_transcript',
    `insert into transcript_snippets (id, call_attempt_id, transcript_text) values (:new_transcript, :${attemptOf('kate')}, 'at +4920000011')`,
  ],
  transcript_is_not_blank: [
    'transcript',
    "update transcript_snippets set transcript_text = ' ' where id = :transcript",
  ],
  transcript_has_a_finite_time: [
    'transcript',
    "update transcript_snippets set created_at = 'infinity' where id = :transcript",
  ],
};

/** For each unique index, rows that it would reject, and the SQL that removes them. */
const DUPLICATES: Readonly<Record<string, { readonly rows: string; readonly remedy: string }>> = {
  a_campaign_lists_a_number_once: {
    rows: insertContact('new', '+4920000001'),
    remedy: 'delete from contacts where id = :new',
  },
  a_contact_has_one_open_call: {
    rows: "insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id) values (:new, :ben, :survey, 2, 'new')",
    remedy: 'delete from call_attempts where id = :new',
  },
  an_attempt_number_is_used_once: {
    rows: "insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, ended_at, outcome) values (:new, :gina, :survey, 1, 'new', now(), 'busy')",
    remedy: 'delete from call_attempts where id = :new',
  },
  a_provider_call_id_is_used_once: {
    rows: `update call_attempts set provider_call_id = 'key-of-cleo' where id = :${attemptOf('kate')}`,
    remedy: `update call_attempts set provider_call_id = null where id = :${attemptOf('kate')}`,
  },
  an_outcome_is_published_once: {
    rows: "insert into events (id, event_type, contact_id, campaign_id) values (:new, 'survey.refused', :emil, :survey)",
    remedy: 'delete from events where id = :new',
  },
  an_event_sends_one_email: {
    rows: "insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email) values (:new, :event_of_dora, :dora, :survey, :thanks, 'a@b.de')",
    remedy: 'delete from email_notifications where id = :new',
  },
  there_is_one_provider_configuration: {
    rows: "insert into provider_configs (id, outbound_number) values (:new, '+4930000001')",
    remedy: 'delete from provider_configs where id = :new',
  },
  one_user_per_email_ignoring_case: {
    rows: "insert into users (id, oidc_sub, email, name) values (:new, 'new', 'MARA@example.com', 'New')",
    remedy: 'delete from users where id = :new',
  },
};

const run = (database: TestDatabase, sql: string): Promise<unknown> =>
  database.client.query(withIds(sql, rowsOfHistory));

/** Runs an `up` that must fail, and returns its error. */
async function failureOf({ url }: TestDatabase): Promise<MigrationFailedError> {
  const error = await up({ url, directory: migrationsDirectory }).catch((caught: unknown) => caught);
  if (error instanceof MigrationFailedError) return error;
  throw new Error('up did not fail', { cause: error });
}

describe('up on a V0001 database with existing rows', () => {
  test('applies all files up to V0017, which fails and reports every broken CHECK with the ids of its rows', async ({
    first,
  }) => {
    await run(first, history);
    for (const [, sql] of Object.values(BROKEN)) await run(first, sql);
    const { message, server, results } = await failureOf(first);
    const unproven = await first.rows<{ name: string }>(
      "select conname as name from pg_constraint where not convalidated and conname <> 'a_contact_with_do_not_call_is_never_dialled'",
    );
    expect(unproven.map(({ name }) => name).sort()).toEqual(Object.keys(BROKEN).sort());
    expect(
      results.find(({ status }) => status === 'failed'),
      message,
    ).toMatchObject({ version: 'V0017' });
    for (const [constraint, [row]] of Object.entries(BROKEN)) {
      expect(message, constraint).toContain(constraint);
      expect(server?.detail, constraint).toContain(idOf(row));
    }
    expect(`${message}${server?.detail}`).not.toMatch(/\+\d{7}|@/);
  });

  test('validates every CHECK once the rows are corrected', async ({ first }) => {
    await run(first, history);
    await run(first, "update contacts set email = 'none' where id in (:ada, :gina)");
    expect((await failureOf(first)).message).toContain(
      'email_of_a_contact_looks_like_an_address of contacts (2)',
    );
    await run(first, "update contacts set email = null where email = 'none'");
    await up({ url: first.url, directory: migrationsDirectory });
    expect((await verify({ url: first.url, directory: migrationsDirectory })).findings).toEqual([]);
  });

  test.for(
    Object.entries(DUPLICATES),
  )('reports duplicates by id before it builds the index %s, and leaves no invalid index', async ([
    index,
    { rows, remedy },
  ], { first }) => {
    await run(first, history);
    await run(first, rows);
    const { message, server } = await failureOf(first);
    expect(server?.detail).toMatch(/^Ids of \w+, at most 20 groups: [0-9a-f-]{36}, [0-9a-f-]{36}/);
    expect(`${message}${server?.detail}`).not.toMatch(/\+\d{7}|@/);
    expect(await first.value('select count(*) from pg_index where not indisvalid')).toBe('0');
    await run(first, remedy);
    await up({ url: first.url, directory: migrationsDirectory });
    expect(await first.value('select count(*) from pg_class where relname = $1', [index])).toBe('1');
  });

  test('succeeds over rows that break rules across rows, which can still be erased', async ({ first }) => {
    await run(first, history);
    await run(
      first,
      `update contacts set state = 'completed' where id = :ada;
       update contacts set state = 'in_progress' where id = :gina;
       update contacts set attempts_count = 7 where id = :hugo;
       update contacts set do_not_call = true where id = :jack;
       update call_attempts set campaign_id = :plain where id = :${attemptOf('kate')};
       update events set event_type = 'survey.completed' where id = :event_of_emil;
       update events set payload = '[]' where id = :event_of_dora;
       update campaigns set email_completed_template_id = :grazie where id = :survey;
       update campaigns set status = 'running' where id = :empty;
       insert into contacts (id, campaign_id, phone_number, state) values (:new, :plain, '+4920000009', 'pending');
       update events set payload = '{}';`,
    );
    await up({ url: first.url, directory: migrationsDirectory });
    const waiting = await first.value(
      "select count(*) from contacts join exclusion_list_entries using (phone_number) where state <> 'excluded'",
    );
    expect(waiting).toBe('0');
    await run(first, 'delete from contacts');
    expect(
      await first.value('select (select count(*) from call_attempts) + (select count(*) from events)'),
    ).toBe('0');
  });

  test('lets a person be erased whose event breaks a CHECK that is not validated yet', async ({ first }) => {
    await run(first, history);
    await run(first, "update events set payload = '[]'; update contacts set email = 'none'");
    await failureOf(first);
    await run(first, 'delete from contacts where id = :dora');
    await run(
      first,
      "update campaigns set status = 'cancelled' where id = :survey; delete from campaigns where id = :survey",
    );
    expect(await first.value('select count(*) from contacts where campaign_id = $1', [idOf('survey')])).toBe(
      '0',
    );
  });
});
