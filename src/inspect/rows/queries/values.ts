import { duplicates, impossibleTimes, isBlank, isNoAddress, isNoNumber } from './fragments.js';
import type { RowQuery } from './row-query.js';

/** The queries of the rules 11 to 13: well-formed, private and honest values. */
export const VALUE_QUERIES: readonly RowQuery[] = [
  {
    name: 'phone_number_of_a_contact_is_e164',
    rule: 11,
    table: 'contacts',
    finds: 'a contact whose number is not in E.164',
    sql: `select id from public.contacts where ${isNoNumber('phone_number')}`,
  },
  {
    name: 'excluded_number_is_e164',
    rule: 11,
    table: 'exclusion_list_entries',
    finds: 'an entry whose number is not in E.164',
    sql: `select id from public.exclusion_list_entries where ${isNoNumber('phone_number')}`,
  },
  {
    name: 'outbound_number_is_e164',
    rule: 11,
    table: 'provider_configs',
    finds: 'a configuration whose number is not in E.164',
    sql: `select id from public.provider_configs where ${isNoNumber('outbound_number')}`,
  },
  {
    name: 'email_of_a_user_looks_like_an_address',
    rule: 11,
    table: 'users',
    finds: 'a user whose e-mail does not look like an address',
    sql: `select id from public.users where ${isNoAddress('email')}`,
  },
  {
    name: 'email_of_a_contact_looks_like_an_address',
    rule: 11,
    table: 'contacts',
    finds: 'a contact whose e-mail does not look like an address',
    sql: `select id from public.contacts where ${isNoAddress('email')}`,
  },
  {
    name: 'to_email_looks_like_an_address',
    rule: 11,
    table: 'email_notifications',
    finds: 'an e-mail whose to_email does not look like an address',
    sql: `select id from public.email_notifications where ${isNoAddress('to_email')}`,
  },
  {
    name: 'one_user_per_email_ignoring_case',
    rule: 11,
    table: 'users',
    finds: 'a user with the e-mail of another user',
    sql: duplicates('users', 'lower(lower(email collate "C") collate "default")'),
  },
  {
    name: 'user_has_a_name',
    rule: 11,
    table: 'users',
    finds: 'a user with a blank name or oidc_sub',
    sql: `select id from public.users where ${isBlank('name')} or ${isBlank('oidc_sub')}`,
  },
  {
    name: 'template_has_a_body',
    rule: 11,
    table: 'email_templates',
    finds: 'a template with a blank name or body',
    sql: `select id from public.email_templates where ${isBlank('name')} or ${isBlank('body_html')}`,
  },
  {
    name: 'subject_is_one_line',
    rule: 11,
    table: 'email_templates',
    finds: 'a template whose subject is blank or has several lines',
    sql: `select id from public.email_templates where ${isBlank('subject')} or subject ~ '[\\n\\r\\v\\f\\u0085\\u2028\\u2029]'`,
  },
  {
    name: 'campaign_has_a_name',
    rule: 11,
    table: 'campaigns',
    finds: 'a campaign with a blank name',
    sql: `select id from public.campaigns where ${isBlank('name')}`,
  },
  {
    name: 'call_id_is_not_blank',
    rule: 11,
    table: 'call_attempts',
    finds: 'an attempt with a blank call_id or provider_call_id',
    sql: `select id from public.call_attempts where ${isBlank('call_id')} or ${isBlank('provider_call_id')}`,
  },
  {
    name: 'provider_has_a_name',
    rule: 11,
    table: 'provider_configs',
    finds: 'a configuration with a blank provider_name or llm_model',
    sql: `select id from public.provider_configs where ${isBlank('provider_name')} or ${isBlank('llm_model')}`,
  },
  {
    name: 'transcript_is_not_blank',
    rule: 11,
    table: 'transcript_snippets',
    finds: 'a blank transcript',
    sql: `select id from public.transcript_snippets where ${isBlank('transcript_text')}`,
  },
  {
    name: 'transcript_is_deleted_after_its_retention',
    rule: 12,
    table: 'transcript_snippets',
    finds: 'a transcript that is older than its retention days and one more day',
    sql: `select snippet.id
from public.transcript_snippets as snippet
cross join public.provider_configs as provider
where snippet.created_at < now() - make_interval(days => least(provider.transcript_retention_days, 1000000) + 1)
  and provider.updated_at < now() - interval '1 day'`,
  },
  {
    name: 'metadata_is_emptied_after_the_retention',
    rule: 12,
    table: 'call_attempts',
    finds:
      'an attempt that ended longer ago than the retention days of transcripts and one more day, with metadata',
    sql: `select attempt.id
from public.call_attempts as attempt
cross join public.provider_configs as provider
where attempt.metadata <> '{}'
  and attempt.ended_at < now() - make_interval(days => least(provider.transcript_retention_days, 1000000) + 1)
  and provider.updated_at < now() - interval '1 day'`,
  },
  {
    name: 'retention_days_are_1_or_more',
    rule: 12,
    table: 'provider_configs',
    finds: 'a configuration with retention days below 1',
    sql: 'select id from public.provider_configs where least(recording_retention_days, transcript_retention_days) < 1',
  },
  {
    name: 'a_transcript_is_of_an_answered_call',
    rule: 12,
    table: 'transcript_snippets',
    finds: 'a transcript without an answered call',
    sql: `select snippet.id
from public.transcript_snippets as snippet
left join public.call_attempts as attempt on attempt.id = snippet.call_attempt_id
where attempt.answered_at is null`,
  },
  {
    name: 'transcript_holds_no_phone_number',
    rule: 12,
    table: 'transcript_snippets',
    finds: 'a transcript with a plus and seven or more digits',
    sql: "select id from public.transcript_snippets where transcript_text ~ '[+][0-9]{7}'",
  },
  {
    name: 'there_is_one_provider_configuration',
    rule: 13,
    table: 'provider_configs',
    finds: 'each configuration, if there are several',
    sql: 'select id from public.provider_configs where (select count(*) from public.provider_configs) > 1',
  },
  ...['users', 'email_templates', 'campaigns', 'contacts', 'email_notifications', 'provider_configs'].map(
    (table) => ({
      name: 'updated_at_is_between_created_at_and_now',
      rule: 13,
      table,
      finds: 'a row with a time that is infinite or in the future, or that was changed before it was created',
      sql: impossibleTimes(table, true),
    }),
  ),
  ...['exclusion_list_entries', 'events', 'transcript_snippets'].map((table) => ({
    name: 'created_at_is_not_in_the_future',
    rule: 13,
    table,
    finds: 'a row that was created in the future, or at an infinite time',
    sql: impossibleTimes(table, false),
  })),
];
