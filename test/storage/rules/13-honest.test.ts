import { attemptOf, insertContact, insertDraft } from './steps.js';
import { correct, forbidden, impossible } from './writes.js';

/** Returns columns and their values as an object. */
const pairs = (columns: string, values: string): Record<string, string> =>
  Object.fromEntries(columns.split(', ').map((column, i) => [column, values.split(', ')[i] ?? '']));

const TABLES = [
  'users',
  'email_templates',
  'campaigns',
  'contacts',
  'exclusion_list_entries',
  'call_attempts',
  'survey_responses',
  'events',
  'email_notifications',
  'provider_configs',
  'transcript_snippets',
];
/** The tables that have created_at. */
const CREATED = TABLES.filter((table) => table !== 'call_attempts' && table !== 'survey_responses');
/** The tables that have updated_at. */
const UPDATED = [
  'users',
  'email_templates',
  'campaigns',
  'contacts',
  'email_notifications',
  'provider_configs',
];

for (const table of TABLES) {
  forbidden(`TRUNCATE of ${table}`, `truncate ${table} cascade;`, 'tables_are_not_truncated');
}
for (const table of CREATED) {
  forbidden(
    `another created_at for rows of ${table}`,
    `update ${table} set created_at = created_at - interval '1 day';`,
    table === 'events' ? 'an_event_never_changes' : 'id_and_created_at_never_change',
  );
  forbidden(
    `another id for rows of ${table}`,
    `update ${table} set id = gen_random_uuid();`,
    table === 'events' ? 'an_event_never_changes' : 'id_and_created_at_never_change',
  );
}
for (const table of UPDATED) {
  correct(
    `an update of updated_at in ${table}, which the database overwrites with the time of the change`,
    `update ${table} set updated_at = '2001-01-01';`,
    `(select bool_and(updated_at between now() and clock_timestamp()) from ${table})`,
  );
}
/** An insert into each table that has stamps, with more columns and their values. */
const INSERTS: Readonly<Record<string, (columns: string, values: string) => string>> = {
  users: (columns, values) =>
    `insert into users (oidc_sub, email, name, ${columns}) values ('new', 'new@example.com', 'New', ${values});`,
  email_templates: (columns, values) =>
    `insert into email_templates (name, type, subject, body_html, ${columns}) values ('New', 'completed', 'a', 'a', ${values});`,
  campaigns: (columns, values) => insertDraft('new', pairs(columns, values)),
  contacts: (columns, values) => insertContact('new', '+4920009999', pairs(columns, values)),
  exclusion_list_entries: (columns, values) =>
    `insert into exclusion_list_entries (phone_number, ${columns}) values ('+4920009999', ${values});`,
  events: (columns, values) =>
    `insert into events (event_type, contact_id, campaign_id, call_attempt_id, ${columns})
       values ('survey.refused', :kate, :survey, :${attemptOf('kate')}, ${values});`,
  email_notifications: (columns, values) =>
    `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email, ${columns})
       values (:event_of_emil, :emil, :survey, :sorry, 'emil@example.com', ${values});`,
  provider_configs: (columns, values) =>
    `delete from provider_configs; insert into provider_configs (outbound_number, ${columns}) values ('+4930000001', ${values});`,
  transcript_snippets: (columns, values) =>
    `insert into transcript_snippets (call_attempt_id, transcript_text, ${columns}) values (:${attemptOf('dora')}, 'Yes.', ${values});`,
};

/** The constraint of each table that its times are finite. */
const FINITE: Readonly<Record<string, string>> = {
  users: 'user_has_finite_times',
  email_templates: 'template_has_finite_times',
  campaigns: 'campaign_has_finite_times',
  contacts: 'contact_has_finite_times',
  exclusion_list_entries: 'exclusion_has_a_finite_time',
  events: 'event_has_a_finite_time',
  email_notifications: 'notification_has_finite_times',
  provider_configs: 'configuration_has_finite_times',
  transcript_snippets: 'transcript_has_a_finite_time',
};

for (const [table, insert] of Object.entries(INSERTS)) {
  const finite = FINITE[table] ?? '';
  forbidden(
    `a row of ${table} with a created_at in the future`,
    insert('created_at', "now() + interval '2 min'"),
    'created_at_is_not_in_the_future',
  );
  forbidden(`a row of ${table} with an infinite created_at`, insert('created_at', "'infinity'"), finite);
  forbidden(`a row of ${table} with created_at -infinity`, insert('created_at', "'-infinity'"), finite);
  correct(
    `a row of ${table} whose created_at is from a clock 50 seconds ahead`,
    insert('created_at', "now() + interval '50 s'"),
  );
  if (!UPDATED.includes(table)) continue;
  forbidden(
    `a row of ${table} with an updated_at in the future`,
    insert('updated_at', "now() + interval '2 min'"),
    'updated_at_is_between_created_at_and_now',
  );
  forbidden(
    `a row of ${table} with an updated_at before its created_at`,
    insert('updated_at', "now() - interval '2 min'"),
    'updated_at_is_between_created_at_and_now',
  );
  forbidden(`a row of ${table} with an infinite updated_at`, insert('updated_at', "'infinity'"), finite);
  correct(
    `a row of ${table} that was created before it came to this database`,
    insert('created_at, updated_at', "now() - interval '1 year', now() - interval '1 day'"),
  );
}
forbidden(
  'a second provider configuration',
  "insert into provider_configs (outbound_number) values ('+4930000001');",
  'there_is_one_provider_configuration',
  '23505',
);
forbidden(
  'two provider configurations in place of one',
  "delete from provider_configs; insert into provider_configs (outbound_number) values ('+4930000001'), ('+4930000002');",
  'there_is_one_provider_configuration',
  '23505',
);
for (const change of ["type = 'refused'", "locale = 'it'"]) {
  forbidden(
    `${change} for a template that a campaign uses`,
    `update email_templates set ${change} where id = :thanks;`,
    'a_template_in_use_keeps_its_type',
  );
}
forbidden(
  'another type for a template that an e-mail used',
  "update campaigns set email_completed_template_id = null; update email_templates set type = 'refused' where id = :thanks;",
  'a_template_in_use_keeps_its_type',
);
forbidden(
  'another language for a template in use, by MERGE',
  "merge into email_templates as target using (values (1)) as source (n) on target.id = :missed when matched then update set locale = 'it';",
  'a_template_in_use_keeps_its_type',
);
forbidden(
  'another created_at, by ON CONFLICT DO UPDATE',
  "insert into users (oidc_sub, email, name) values ('manager', 'x@example.com', 'a') on conflict (oidc_sub) do update set created_at = now() - interval '1 day';",
  'id_and_created_at_never_change',
);

correct(
  'a new subject, body and name for a template in use',
  "update email_templates set subject = 'Hi', body_html = '<p>a</p>', name = 'a' where id = :thanks;",
);
correct(
  'another type and language for an unused template',
  "update email_templates set type = 'completed', locale = 'it' where id = :spare;",
);
correct(
  'new settings of the provider',
  "update provider_configs set max_concurrent_calls = 20, transcript_retention_days = 30, llm_provider = 'azure-openai', provider_type = 'voice_ai_platform';",
);
correct(
  'another outbound number, by ON CONFLICT DO UPDATE',
  "insert into provider_configs (outbound_number) values ('+4930000001') on conflict ((true)) do update set outbound_number = excluded.outbound_number;",
  "(select outbound_number = '+4930000001' from provider_configs)",
);
correct('another role for a user', "update users set role = 'admin' where id = :manager;");

// A role that owns nothing cannot disable a rule, not even for one transaction.
const AS_SERVICE = `create role new_service; grant usage on schema public to new_service;
  grant select, insert, update, delete on all tables in schema public to new_service; set local role new_service;`;
for (const statement of [
  'set local session_replication_role = replica;',
  'alter table contacts disable trigger all;',
  'alter table contacts disable trigger a_contact_never_changes_campaign;',
  'alter table contacts drop constraint phone_number_of_a_contact_is_e164;',
  'drop trigger an_event_never_changes on events;',
  'truncate exclusion_list_entries;',
  'update voicesurvey_rules.mutex_rows set lock_count = 0;',
  'select voicesurvey_rules.lock_mutex_rows(array[0]);',
  "create or replace function voicesurvey_rules.reject_trigger(trigger_name name, relation oid) returns void language sql as '';",
]) {
  impossible(`by a service: ${statement}`, `${AS_SERVICE} ${statement}`, '42501');
}
