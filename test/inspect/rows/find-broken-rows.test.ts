import { readFile } from 'node:fs/promises';
import { describe, expect, test as plain } from 'vitest';
import { findBrokenRows } from '../../../src/inspect/rows/find-broken-rows.js';
import { ROW_QUERIES } from '../../../src/inspect/rows/queries.js';
import { verify } from '../../../src/inspect/verify.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { history, PHONES, rowsOfHistory } from '../../storage/rules/history.js';
import { withIds } from '../../storage/rules/names.js';
import { special } from '../../storage/rules/writes.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const CHECK = { schemas: ['public'], rules: true };

/** The campaigns and the configuration were last changed a day ago, so that what has started since must fit them. */
const UNCHANGED = `
  update campaigns set updated_at = now() - interval '1 day';
  update provider_configs set updated_at = now() - interval '1 day';`;

const OTHER_NUMBER = '+4920009998';

const drop = (table: string, ...names: readonly string[]): string =>
  `alter table ${table} ${names.map((name) => `drop constraint ${name}`).join(', ')};`;

/** Dora was not changed after her call. */
const CALL_OF_DORA_IS_HER_LAST_CHANGE = `
  update contacts
    set created_at = now() - interval '1 day', updated_at = (select ended_at from call_attempts where id = :call_of_dora_1)
    where id = :dora;`;

/** A number was listed a day before all calls. */
const LISTED_BEFORE = (phone: string): string =>
  `insert into exclusion_list_entries (id, phone_number, created_at) values (:new_entry, '${phone}', now() - interval '1 day');`;

/** For each query, a row that breaks the rule, and the SQL that plants it while no trigger fires. */
const PLANTS: Readonly<Record<string, readonly [row: string, sql: string]>> = {
  'a_listed_number_excludes_its_contacts contacts': [
    'ada',
    "insert into exclusion_list_entries (phone_number) values ('+4920000001')",
  ],
  'a_contact_with_do_not_call_is_never_dialled contacts': [
    'ada',
    `${drop('contacts', 'a_contact_with_do_not_call_is_never_dialled')} update contacts set do_not_call = true where id = :ada`,
  ],
  'never_dial_an_excluded_number call_attempts': [
    'call_of_dora_1',
    `${CALL_OF_DORA_IS_HER_LAST_CHANGE} ${LISTED_BEFORE(PHONES.dora)}`,
  ],
  'never_dial_more_than_max_attempts call_attempts': [
    'call_of_sam_2',
    'update call_attempts set attempt_number = 3 where id = :call_of_sam_2',
  ],
  'a_number_has_one_open_call call_attempts': [
    'call_of_ben_1',
    "update contacts set phone_number = '+4920000002', campaign_id = :plain where id = :cleo",
  ],
  'an_attempt_number_is_used_once call_attempts': [
    'call_of_sam_2',
    'drop index an_attempt_number_is_used_once; update call_attempts set attempt_number = 1 where id = :call_of_sam_2',
  ],
  'attempt_number_is_1_or_more call_attempts': [
    'call_of_dora_1',
    `${drop('call_attempts', 'attempt_number_is_1_or_more')} update call_attempts set attempt_number = 0 where id = :call_of_dora_1`,
  ],
  'attempts_count_follows_the_attempts contacts': [
    'sam',
    'update contacts set attempts_count = 1 where id = :sam',
  ],
  'a_contact_that_may_be_called_again_keeps_its_latest_call contacts': [
    'gina',
    'delete from call_attempts where id = :call_of_gina_1',
  ],
  'calls_of_a_contact_do_not_overlap call_attempts': [
    'call_of_sam_2',
    'update call_attempts set ended_at = now() where id = :call_of_sam_1',
  ],
  'last_attempt_at_is_the_start_of_the_latest_attempt contacts': [
    'mona',
    "update contacts set last_attempt_at = last_attempt_at - interval '1 s' where id = :mona",
  ],
  'no_last_attempt_or_outcome_before_the_first_call contacts': [
    'ada',
    `${drop('contacts', 'no_last_attempt_or_outcome_before_the_first_call')} update contacts set last_outcome = 'busy' where id = :ada`,
  ],
  'max_attempts_is_1_to_5 campaigns': [
    'draft',
    `${drop('campaigns', 'max_attempts_is_1_to_5')} update campaigns set max_attempts = 6 where id = :draft`,
  ],
  'calls_start_only_in_a_running_campaign call_attempts': [
    'call_of_dora_1',
    `${UNCHANGED} update campaigns set status = 'paused' where id = :survey`,
  ],
  'calls_start_only_in_the_calling_hours call_attempts': [
    'call_of_dora_1',
    `${UNCHANGED} update campaigns set
       allowed_call_start_local = case when (select extract(hour from started_at at time zone 'UTC') from call_attempts where id = :call_of_dora_1) < 12 then '23:58' else '00:00' end::time,
       allowed_call_end_local = case when (select extract(hour from started_at at time zone 'UTC') from call_attempts where id = :call_of_dora_1) < 12 then '23:59' else '00:01' end::time
     where id = :survey`,
  ],
  'calls_start_only_on_the_calling_days call_attempts': [
    'call_of_dora_1',
    `${UNCHANGED} insert into voicesurvey.campaign_settings (campaign_id, calling_days)
       select :survey, array[extract(isodow from started_at + interval '2 days')::integer]
       from call_attempts where id = :call_of_dora_1`,
  ],
  'campaign_has_a_known_time_zone campaigns': [
    'draft',
    "insert into voicesurvey.campaign_settings (campaign_id, time_zone) values (:draft, 'Europe/Atlantis'), (:plain, 'europe/rome')",
  ],
  'no_retry_before_the_interval_is_over call_attempts': [
    'call_of_sam_2',
    `${UNCHANGED} update campaigns set retry_interval_minutes = 500 where id = :survey`,
  ],
  'retry_interval_is_1_minute_or_more campaigns': [
    'draft',
    `${drop('campaigns', 'retry_interval_is_1_minute_or_more')} update campaigns set retry_interval_minutes = 0 where id = :draft`,
  ],
  'no_more_open_calls_than_the_provider_allows call_attempts': [
    'call_of_cleo_1',
    `${UNCHANGED} update provider_configs set max_concurrent_calls = 1`,
  ],
  'max_concurrent_calls_is_1_or_more provider_configs': [
    'provider',
    `${drop('provider_configs', 'max_concurrent_calls_is_1_or_more')} update provider_configs set max_concurrent_calls = 0`,
  ],
  'an_attempt_belongs_to_its_contacts_campaign call_attempts': [
    'call_of_dora_1',
    'update call_attempts set campaign_id = :plain where id = :call_of_dora_1',
  ],
  'answers_belong_to_their_contacts_campaign survey_responses': [
    'new_answers',
    'update survey_responses set id = :new_answers, campaign_id = :plain where contact_id = :dora',
  ],
  'an_event_belongs_to_its_contacts_campaign events': [
    'event_of_dora',
    'delete from contacts where id = :dora',
  ],
  'an_email_belongs_to_its_events_contact email_notifications': [
    'email_to_dora',
    'update email_notifications set contact_id = :lena where id = :email_to_dora',
  ],
  'times_of_a_call_run_forward call_attempts': [
    'call_of_dora_1',
    `${drop('call_attempts', 'times_of_a_call_run_forward')} update call_attempts set answered_at = started_at - interval '1 s' where id = :call_of_dora_1`,
  ],
  'times_of_a_call_are_not_in_the_future call_attempts': [
    'call_of_dora_1',
    "update call_attempts set ended_at = now() + interval '1 h' where id = :call_of_dora_1",
  ],
  'call_has_an_outcome_exactly_when_it_has_ended call_attempts': [
    'call_of_cleo_1',
    `${drop('call_attempts', 'call_has_an_outcome_exactly_when_it_has_ended')} update call_attempts set outcome = 'busy' where id = :call_of_cleo_1`,
  ],
  'outcome_agrees_with_answered_at call_attempts': [
    'call_of_dora_1',
    `${drop('call_attempts', 'outcome_agrees_with_answered_at')} update call_attempts set answered_at = null where id = :call_of_dora_1`,
  ],
  'one_attempt_per_call_id call_attempts': [
    'call_of_dora_1',
    `${drop('call_attempts', 'one_attempt_per_call_id')} update call_attempts set call_id = 'x' where id in (:call_of_dora_1, :call_of_emil_1)`,
  ],
  'a_provider_call_id_is_used_once call_attempts': [
    'call_of_dora_1',
    "drop index a_provider_call_id_is_used_once; update call_attempts set provider_call_id = 'x' where id in (:call_of_dora_1, :call_of_emil_1)",
  ],
  'metadata_is_an_object call_attempts': [
    'call_of_dora_1',
    `${drop('call_attempts', 'metadata_is_an_object')} update call_attempts set metadata = '[]' where id = :call_of_dora_1`,
  ],
  'payload_is_an_object events': [
    'event_of_dora',
    `${drop('events', 'payload_is_an_object')} update events set payload = '1' where id = :event_of_dora`,
  ],
  'all_three_answers_are_present survey_responses': [
    'new_answers',
    `${drop('survey_responses', 'all_three_answers_are_present')} update survey_responses set id = :new_answers, q2_answer = E' \\n' where contact_id = :dora`,
  ],
  'answers_belong_to_a_completed_call survey_responses': [
    'new_answers',
    'update survey_responses set id = :new_answers, call_attempt_id = :call_of_lena_1 where contact_id = :dora',
  ],
  'a_contact_with_answers_is_completed survey_responses': [
    'new_answers',
    "update survey_responses set id = :new_answers where contact_id = :dora; update contacts set state = 'refused' where id = :dora",
  ],
  'a_completed_contact_has_answers contacts': [
    'dora',
    'delete from survey_responses where contact_id = :dora',
  ],
  'erased_answers_stay_erased survey_responses': [
    'new_answers',
    'update survey_responses set id = :new_answers where contact_id = :dora; insert into voicesurvey_rules.erased_answers values (:dora)',
  ],
  'one_response_per_contact_and_campaign survey_responses': [
    'new_answers',
    `insert into survey_responses (id, contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     values (:new_answers, :dora, :plain, :call_of_dora_1, '1', '2', '3')`,
  ],
  'answers_are_given_after_the_call_was_answered survey_responses': [
    'new_answers',
    "update survey_responses set id = :new_answers, completed_at = now() - interval '1 day' where contact_id = :dora",
  ],
  'confidence_is_0_to_1 survey_responses': [
    'new_answers',
    `${drop('survey_responses', 'q2_confidence_is_0_to_1')} update survey_responses set id = :new_answers, q2_confidence = 1.5 where contact_id = :dora`,
  ],
  'an_outcome_is_published_once events': [
    'event_of_dora',
    "insert into events (event_type, campaign_id, contact_id) values ('survey.refused', :survey, :dora)",
  ],
  'an_event_announces_the_state_of_its_contact events': [
    'event_of_dora',
    "update contacts set state = 'excluded' where id = :dora",
  ],
  'not_reached_is_published_after_the_last_attempt events': [
    'event_of_fred',
    'update contacts set attempts_count = 1 where id = :fred',
  ],
  'an_event_names_the_call_that_led_to_it events': [
    'event_of_dora',
    'update events set call_attempt_id = null where id = :event_of_dora',
  ],
  'an_event_sends_one_email email_notifications': [
    'email_to_dora',
    `drop index an_event_sends_one_email;
     insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
     values (:event_of_dora, :dora, :survey, :thanks, 'dora@example.com')`,
  ],
  'an_email_uses_a_template_of_its_events_type email_notifications': [
    'email_to_dora',
    'update email_notifications set template_id = :sorry where id = :email_to_dora',
  ],
  'an_email_is_in_its_contacts_or_campaigns_language email_notifications': [
    'email_to_dora',
    "update contacts set updated_at = now() - interval '1 h' where id = :dora; update email_notifications set template_id = :grazie where id = :email_to_dora",
  ],
  'an_email_goes_to_its_contacts_address email_notifications': [
    'email_to_dora',
    "update contacts set updated_at = now() - interval '1 h' where id = :dora; update email_notifications set to_email = 'eve@example.com' where id = :email_to_dora",
  ],
  'campaign_starts_with_a_script_and_three_questions campaigns': [
    'survey',
    `${drop('campaigns', 'campaign_starts_with_a_script_and_three_questions')} update campaigns set question_2_text = U&'\\00a0\\200b' where id = :survey`,
  ],
  'calling_window_starts_before_it_ends campaigns': [
    'draft',
    `${drop('campaigns', 'calling_window_ends_before_24_00')} update campaigns set allowed_call_end_local = '24:00' where id = :draft`,
  ],
  'templates_of_a_campaign_fit campaigns': [
    'survey',
    'update campaigns set email_completed_template_id = :grazie where id = :survey',
  ],
  'a_contact_is_in_progress_while_its_call_is_open contacts': [
    'ben',
    "update contacts set state = 'pending' where id = :ben",
  ],
  'a_completed_or_refused_contact_has_such_a_call contacts': [
    'emil',
    "update call_attempts set outcome = 'failed' where id = :call_of_emil_1",
  ],
  'a_completed_or_refused_call_is_the_last contacts': [
    'emil',
    "update contacts set state = 'pending' where id = :emil",
  ],
  'a_pending_contact_has_attempts_left contacts': [
    'sam',
    "update contacts set state = 'pending' where id = :sam",
  ],
  'a_not_reached_contact_was_called contacts': [
    'ada',
    "update contacts set state = 'not_reached' where id = :ada",
  ],
  'last_outcome_is_that_of_the_latest_call contacts': [
    'gina',
    "update contacts set last_outcome = 'busy' where id = :gina",
  ],
  'a_campaign_lists_a_number_once contacts': [
    'ada',
    "drop index a_campaign_lists_a_number_once; update contacts set phone_number = '+4920000001' where id = :jack",
  ],
  'phone_number_of_a_contact_is_e164 contacts': [
    'ada',
    `${drop('contacts', 'phone_number_of_a_contact_is_e164')} update contacts set phone_number = '004920000001' where id = :ada`,
  ],
  'excluded_number_is_e164 exclusion_list_entries': [
    'entry',
    `${drop('exclusion_list_entries', 'excluded_number_is_e164')} update exclusion_list_entries set phone_number = '+0123456789'`,
  ],
  'outbound_number_is_e164 provider_configs': [
    'provider',
    `${drop('provider_configs', 'outbound_number_is_e164')} update provider_configs set outbound_number = '+123'`,
  ],
  'email_of_a_user_looks_like_an_address users': [
    'admin',
    `${drop('users', 'email_of_a_user_looks_like_an_address')} update users set email = 'abel@localhost' where id = :admin`,
  ],
  'email_of_a_contact_looks_like_an_address contacts': [
    'ada',
    `${drop('contacts', 'email_of_a_contact_looks_like_an_address')} update contacts set email = 'a@b.c, d@e.f' where id = :ada`,
  ],
  'to_email_looks_like_an_address email_notifications': [
    'email_to_lena',
    `${drop('email_notifications', 'to_email_looks_like_an_address')} update email_notifications set to_email = 'lena' where id = :email_to_lena`,
  ],
  'one_user_per_email_ignoring_case users': [
    'admin',
    "drop index one_user_per_email_ignoring_case; update users set email = 'MARA@example.com' where id = :admin",
  ],
  'user_has_a_name users': [
    'admin',
    `${drop('users', 'user_has_a_name')} update users set name = ' ' where id = :admin`,
  ],
  'template_has_a_body email_templates': [
    'spare',
    `${drop('email_templates', 'template_has_a_body')} update email_templates set body_html = '' where id = :spare`,
  ],
  'subject_is_one_line email_templates': [
    'spare',
    `${drop('email_templates', 'subject_is_one_line')} update email_templates set subject = E'a\\nb' where id = :spare`,
  ],
  'campaign_has_a_name campaigns': [
    'draft',
    `${drop('campaigns', 'campaign_has_a_name')} update campaigns set name = E'\\t' where id = :draft`,
  ],
  'call_id_is_not_blank call_attempts': [
    'call_of_dora_1',
    `${drop('call_attempts', 'call_id_is_not_blank')} update call_attempts set call_id = '' where id = :call_of_dora_1`,
  ],
  'provider_has_a_name provider_configs': [
    'provider',
    `${drop('provider_configs', 'language_model_has_a_name')} update provider_configs set llm_model = ' '`,
  ],
  'transcript_is_not_blank transcript_snippets': [
    'transcript',
    `${drop('transcript_snippets', 'transcript_is_not_blank')} update transcript_snippets set transcript_text = ' '`,
  ],
  'transcript_is_deleted_after_its_retention transcript_snippets': [
    'transcript',
    `update provider_configs set updated_at = now() - interval '3 days', created_at = now() - interval '3 days';
     update transcript_snippets set created_at = now() - interval '182 days'`,
  ],
  'metadata_is_emptied_after_the_retention call_attempts': [
    'call_of_dora_1',
    `update provider_configs set updated_at = now() - interval '3 days', created_at = now() - interval '3 days';
     update call_attempts set metadata = '{"a": 1}', started_at = now() - interval '182 days',
       answered_at = now() - interval '182 days', ended_at = now() - interval '182 days' where id = :call_of_dora_1`,
  ],
  'retention_days_are_1_or_more provider_configs': [
    'provider',
    `${drop('provider_configs', 'transcript_retention_days_is_1_or_more')} update provider_configs set transcript_retention_days = 0`,
  ],
  'a_transcript_is_of_an_answered_call transcript_snippets': [
    'transcript',
    'update transcript_snippets set call_attempt_id = :call_of_cleo_1',
  ],
  'transcript_holds_no_phone_number transcript_snippets': [
    'transcript',
    `${drop('transcript_snippets', 'transcript_holds_no_phone_number')} update transcript_snippets set transcript_text = 'It is +4920000001.'`,
  ],
  'there_is_one_provider_configuration provider_configs': [
    'provider',
    "drop index there_is_one_provider_configuration; insert into provider_configs (outbound_number) values ('+4930000001')",
  ],
  ...Object.fromEntries(
    Object.entries({
      users: 'admin',
      email_templates: 'spare',
      campaigns: 'draft',
      contacts: 'ada',
      email_notifications: 'email_to_lena',
      provider_configs: 'provider',
    }).map(([table, row]) => [
      `updated_at_is_between_created_at_and_now ${table}`,
      [row, `update ${table} set updated_at = now() + interval '2 min' where id = :${row}`] as const,
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      exclusion_list_entries: 'entry',
      events: 'event_of_emil',
      transcript_snippets: 'transcript',
    }).map(([table, row]) => [
      `created_at_is_not_in_the_future ${table}`,
      [row, `update ${table} set created_at = now() + interval '2 min' where id = :${row}`] as const,
    ]),
  ),
};

const keys = ROW_QUERIES.map(({ name, table }) => `${name} ${table}`);

plain('each query has a row that breaks its rule, and its row in the documentation', async () => {
  expect(Object.keys(PLANTS).sort()).toEqual([...keys].sort());
  const page = await readFile(new URL('../../../docs/verify-data.md', import.meta.url), 'utf8');
  for (const { name, rule, table, finds } of ROW_QUERIES) {
    expect(page).toContain(`| ${rule} | \`${name}\` | \`${table}\` | ${finds} |`);
  }
});

special(
  'the checks of the rows use the time zone of a campaign, and leave a call out whose hang-up is noted',
  async (client, ids) => {
    const calls = ids('id in (:call_of_ben_1, :call_of_cleo_1)');
    const { rows } = await client.query(
      `select count(distinct (started_at at time zone 'Asia/Tokyo')::date)::integer as days from call_attempts where ${calls}`,
    );
    // The calling hours of a campaign begin and end on one day.
    const zone = rows[0].days === 1 ? 'Asia/Tokyo' : 'Asia/Kolkata';
    const localTime = `(started_at at time zone '${zone}')::time`;
    await client.query(
      ids(`set local session_replication_role = replica; ${UNCHANGED}
        update provider_configs set max_concurrent_calls = 1;
        insert into voicesurvey.hang_ups (call_attempt_id, ended_at) values (:call_of_ben_1, now());
        delete from call_attempts where not (${calls});
        update campaigns
          set allowed_call_start_local = case when first_start < '00:05' then '00:00' else first_start - interval '4 min' end,
            allowed_call_end_local = case when first_start > '23:50' then '23:59:59.999999' else first_start + interval '8 min' end
          from (select min(${localTime}) as first_start from call_attempts) as attempt
          where id = :survey;
        insert into voicesurvey.campaign_settings (campaign_id, time_zone) values (:survey, '${zone}')`),
    );
    const names = (await findBrokenRows(client, CHECK)).map(({ name }) => name);
    expect(names).not.toContain('no_more_open_calls_than_the_provider_allows');
    expect(names).not.toContain('calls_start_only_in_the_calling_hours');
    await client.query(
      `set local session_replication_role = replica;
       delete from voicesurvey.hang_ups; update voicesurvey.campaign_settings set time_zone = 'Europe/Athens'`,
    );
    const broken = (await findBrokenRows(client, CHECK)).map(({ name }) => name);
    expect(broken).toContain('no_more_open_calls_than_the_provider_allows');
    expect(broken).toContain('calls_start_only_in_the_calling_hours');
  },
);

plain('no query uses the functions or the triggers of the rules', () => {
  for (const { sql } of ROW_QUERIES)
    expect(sql).not.toMatch(/voicesurvey_rules\.(?!erased_answers\b)|voicesurvey\.\w+\(/);
});

describe('the checks of the rows do not report a call whose number was listed later:', () => {
  const without = (sql: string): string =>
    `set local session_replication_role = replica; ${sql} set local session_replication_role = origin;`;
  const listedLater: Readonly<Record<string, string>> = {
    'by an entry with an earlier created_at': LISTED_BEFORE(PHONES.dora),
    'by an entry that got the number': `${without(LISTED_BEFORE(OTHER_NUMBER))}
      update exclusion_list_entries set phone_number = '${PHONES.dora}' where id = :new_entry;`,
    'by a change of the contact to a listed number': `${without(LISTED_BEFORE(OTHER_NUMBER))}
      update contacts set phone_number = '${OTHER_NUMBER}' where id = :dora;`,
  };
  for (const [how, sql] of Object.entries(listedLater)) {
    special(how, async (client, ids) => {
      await client.query(ids(`${without(CALL_OF_DORA_IS_HER_LAST_CHANGE)} ${sql}`));
      expect((await findBrokenRows(client, CHECK)).map(({ name }) => name)).toEqual([]);
    });
  }
});

special('the checks of the rows find nothing in a history that complies with every rule', async (client) => {
  expect(await findBrokenRows(client, CHECK)).toEqual([]);
});

describe('the checks of the rows list the id of a row that was written without triggers:', () => {
  for (const { name, rule, table } of ROW_QUERIES) {
    const [row = '', sql = ''] = PLANTS[`${name} ${table}`] ?? [];
    special(`rule ${rule}, ${name} of ${table}`, async (client, ids) => {
      await client.query(`set local session_replication_role = replica; ${ids(sql)}`);
      const broken = await findBrokenRows(client, CHECK);
      const [id] = (await client.query(ids(`select :${row}::text as id`))).rows;
      const found = broken.find((check) => check.name === name && check.table === table);
      expect(found?.ids).toContain(id.id);
      expect(found?.rule).toBe(rule);
      expect(JSON.stringify(broken)).not.toMatch(/@example|\+\d{7}|Mara/);
    });
  }
});

special('a broken foreign key is listed with the ids of its rows', async (client, ids) => {
  await client.query(
    `set local session_replication_role = replica; ${ids('delete from campaigns where id = :draft')}`,
  );
  const broken = await findBrokenRows(client, { ...CHECK, rules: false });
  expect(broken).toMatchObject([
    { name: 'contact_belongs_to_a_campaign', rule: null, table: 'contacts', rows: 1 },
  ]);
  expect(broken[0]?.ids).toHaveLength(1);
});

test('verify --data reports a check that it could not make, and shows how far it is', async ({
  migrated,
}) => {
  await migrated.client.query(withIds(history, rowsOfHistory));
  const role = `${migrated.name}_reader`;
  await migrated.client.query(
    `create role ${role} login password 'secret'; grant usage on schema voicesurvey_migrations to ${role};
     grant select on voicesurvey_migrations.history, contacts to ${role}`,
  );
  const url = new URL(migrated.url);
  url.username = role;
  url.password = 'secret';
  const seen: string[] = [];
  try {
    const { findings } = await verify({
      url: url.href,
      directory: migrationsDirectory,
      data: true,
      onRowCheck: ({ name }) => seen.push(name),
    });
    expect(findings.filter(({ kind }) => kind === 'data')).toContainEqual(
      expect.objectContaining({
        object: 'rule 7, an_outcome_is_published_once',
        finding: 'events could not be checked: this role may not read the whole table',
        rows: null,
      }),
    );
    expect(seen).toEqual(expect.arrayContaining([...new Set(ROW_QUERIES.map(({ name }) => name))]));
  } finally {
    await migrated.client.query(`drop owned by ${role}; drop role ${role}`);
  }
});

test('verify --data checks only the foreign keys of a schema that is not the product’s', async ({
  database,
}) => {
  await database.client.query(`
    create table contacts (id integer primary key);
    create table calls (contact integer references contacts, secret text);
    set session_replication_role = replica;
    insert into calls values (1, 'geheim');`);
  const { findings } = await verify({
    url: database.url,
    directory: await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' }),
    data: true,
  });
  expect(findings.filter(({ kind }) => kind === 'data')).toEqual([
    {
      kind: 'data',
      object: 'foreign key, calls_contact_fkey',
      finding: '1 in calls (a row that refers to no row of contacts)',
      rows: 1,
      ids: [],
    },
  ]);
});
