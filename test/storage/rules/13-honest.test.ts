import { draft, list } from './steps.js';
import { correct, forbidden, impossible } from './writes.js';

/** Columns and their values, as an object. */
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
const MADE = TABLES.filter((table) => table !== 'call_attempts' && table !== 'survey_responses');
const CHANGED = [
  'users',
  'email_templates',
  'campaigns',
  'contacts',
  'email_notifications',
  'provider_configs',
];

for (const table of TABLES) {
  forbidden(`${table} are truncated`, `truncate ${table} cascade;`, 'tables_are_not_truncated');
}
for (const table of MADE) {
  forbidden(
    `${table}: another created_at`,
    `update ${table} set created_at = created_at - interval '1 day';`,
    table === 'events' ? 'an_event_never_changes' : 'id_and_created_at_never_change',
  );
  forbidden(
    `${table}: another id`,
    `update ${table} set id = gen_random_uuid();`,
    table === 'events' ? 'an_event_never_changes' : 'id_and_created_at_never_change',
  );
}
for (const table of CHANGED) {
  correct(
    `${table}: updated_at follows, whatever is written`,
    `update ${table} set updated_at = '2001-01-01';`,
    `(select bool_and(updated_at between now() and clock_timestamp()) from ${table})`,
  );
}
forbidden(
  'updated_at before created_at',
  "insert into users (oidc_sub, email, name, updated_at) values ('new', 'new@example.com', 'New', '2001-01-01');",
  'user_changed_after_it_was_made',
);
forbidden(
  'updated_at in the future',
  "insert into users (oidc_sub, email, name, updated_at) values ('new', 'new@example.com', 'New', now() + interval '2 min');",
  'user_changed_after_it_was_made',
);
for (const at of ["now() + interval '2 min'", "'infinity'", "'-infinity'"]) {
  forbidden(
    `made at ${at}`,
    `insert into exclusion_list_entries (phone_number, created_at) values ('+4920009999', ${at});`,
    'exclusion_was_made_in_the_past',
  );
}
const SECOND_EMAIL = (more: string, value: string): string =>
  `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email, ${more})
     values (:event_of_emil, :emil, :survey, :sorry, 'emil@example.com', ${value});`;
for (const [table, made, changed, insert] of [
  [
    'users',
    'user_was_made_in_the_past',
    'user_changed_after_it_was_made',
    (more: string, value: string) =>
      `insert into users (oidc_sub, email, name, ${more}) values ('new', 'new@example.com', 'New', ${value});`,
  ],
  [
    'email_templates',
    'template_was_made_in_the_past',
    'template_changed_after_it_was_made',
    (more: string, value: string) =>
      `insert into email_templates (name, type, subject, body_html, ${more}) values ('New', 'completed', 'a', 'a', ${value});`,
  ],
  [
    'campaigns',
    'campaign_was_made_in_the_past',
    'campaign_changed_after_it_was_made',
    (more: string, value: string) => draft('new', pairs(more, value)),
  ],
  [
    'contacts',
    'contact_was_made_in_the_past',
    'contact_changed_after_it_was_made',
    (more: string, value: string) => list('new', '+4920009999', pairs(more, value)),
  ],
  [
    'email_notifications',
    'notification_was_made_in_the_past',
    'notification_changed_after_it_was_made',
    SECOND_EMAIL,
  ],
  [
    'provider_configs',
    'configuration_was_made_in_the_past',
    'configuration_changed_after_it_was_made',
    (more: string, value: string) =>
      `delete from provider_configs; insert into provider_configs (outbound_number, ${more}) values ('+4930000001', ${value});`,
  ],
] as const) {
  // Both are in the future or never, so that the one check is not passed by the other.
  forbidden(
    `${table}: made in the future`,
    insert('created_at, updated_at', "now() + interval '90 s', now() + interval '50 s'"),
    made,
  );
  forbidden(`${table}: made never`, insert('created_at', "'-infinity'"), made);
  forbidden(
    `${table}: changed before it was made`,
    insert('updated_at', "now() - interval '2 min'"),
    changed,
  );
  forbidden(`${table}: changed in the future`, insert('updated_at', "now() + interval '2 min'"), changed);
}
forbidden(
  'a second provider',
  "insert into provider_configs (outbound_number) values ('+4930000001');",
  'there_is_one_provider_configuration',
  '23505',
);
forbidden(
  'two providers in place of one',
  "delete from provider_configs; insert into provider_configs (outbound_number) values ('+4930000001'), ('+4930000002');",
  'there_is_one_provider_configuration',
  '23505',
);
for (const what of ["type = 'refused'", "locale = 'it'"]) {
  forbidden(
    `a template that a campaign uses: ${what}`,
    `update email_templates set ${what} where id = :thanks;`,
    'a_template_in_use_keeps_its_kind',
  );
}
forbidden(
  'a template that an e-mail used',
  "update campaigns set email_completed_template_id = null; update email_templates set type = 'refused' where id = :thanks;",
  'a_template_in_use_keeps_its_kind',
);
forbidden(
  'a template by a merge',
  "merge into email_templates as target using (values (1)) as source (n) on target.id = :missed when matched then update set locale = 'it';",
  'a_template_in_use_keeps_its_kind',
);
forbidden(
  'created_at by an upsert',
  "insert into users (oidc_sub, email, name) values ('manager', 'x@example.com', 'a') on conflict (oidc_sub) do update set created_at = now() - interval '1 day';",
  'id_and_created_at_never_change',
);

correct(
  'what is asked of a template in use changes',
  "update email_templates set subject = 'Hi', body_html = '<p>a</p>', name = 'a' where id = :thanks;",
);
correct(
  'a template that nobody uses changes its kind',
  "update email_templates set type = 'completed', locale = 'it' where id = :spare;",
);
correct(
  'a row that was made before',
  "insert into users (oidc_sub, email, name, created_at, updated_at) values ('new', 'new@example.com', 'New', now() - interval '1 year', now() - interval '1 day');",
);
correct(
  'the provider changes',
  "update provider_configs set max_concurrent_calls = 20, transcript_retention_days = 30, llm_provider = 'azure-openai', provider_type = 'voice_ai_platform';",
);
correct(
  'the provider is upserted',
  "insert into provider_configs (outbound_number) values ('+4930000001') on conflict ((true)) do update set outbound_number = excluded.outbound_number;",
  "(select outbound_number = '+4930000001' from provider_configs)",
);
correct('a role changes', "update users set role = 'admin' where id = :manager;");

// Who owns nothing can do what the rules allow, and cannot take one away for a moment.
const AS_SERVICE = `create role new_service; grant usage on schema public to new_service;
  grant select, insert, update, delete on all tables in schema public to new_service; set local role new_service;`;
for (const way of [
  'set local session_replication_role = replica;',
  'alter table contacts disable trigger all;',
  'alter table contacts disable trigger a_contact_never_changes_campaign;',
  'alter table contacts drop constraint phone_number_of_a_contact_is_e164;',
  'drop trigger an_event_never_changes on events;',
  'truncate exclusion_list_entries;',
  'update voicesurvey_rules.mutex_rows set taken = 0;',
  'select voicesurvey_rules.lock_mutex_rows(array[0]);',
  "create or replace function voicesurvey_rules.raise_violation(rule text, relation text, message text, ids text, hint text) returns void language sql as '';",
]) {
  impossible(`a service: ${way}`, `${AS_SERVICE} ${way}`, '42501');
}
