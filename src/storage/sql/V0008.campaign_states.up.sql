-- migrate: lock-timeout 2s
--
-- V0008: the life of a campaign, and its templates (rules 9 and 13).
--
-- Rules that one row shows are in the WHEN clauses of triggers. Two rules read other rows, at commit, so that a service
-- may write the rows of one step in any order:
--   - A campaign starts with a contact to call. This needs no lock: a contact that another transaction deletes
--     concurrently was deleted after the start.
--   - The templates of a campaign have the right type and its language, and a template in use changes neither. A
--     transaction that uses a template locks its row FOR KEY SHARE, by the foreign key. A transaction that changes
--     its type or language locks it FOR UPDATE. So one waits for the other and then sees what the other committed. A
--     snapshot from before the wait would not show that. So the change is accepted only in READ COMMITTED, and a
--     transaction that uses the template with an older snapshot fails with 40001 at the foreign key.
--
-- Safe on a live table: creating a trigger changes only the catalog. Two tables are locked until commit, and a
-- statement on the first may wait for both locks. So lock_timeout is 2 seconds.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.check_campaign_has_contacts()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.campaigns'::regclass or tg_when <> 'AFTER' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- A contact that this transaction has called since the start was one to call.
  if exists (
    select
    from public.campaigns
    where id = new.id
  ) and not exists (
    select
    from public.contacts as contact
    where contact.campaign_id = new.id
      and (contact.state = 'pending' or contact.attempts_count > 0)
  ) then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'campaigns',
      constraint = 'a_campaign_starts_with_a_contact_to_call',
      message = 'A campaign starts only with a contact to call.',
      detail = format('Campaign %s.', new.id),
      hint = 'Import contacts first. Excluded contacts do not count.';
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_campaign_templates()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  wrong_template uuid;
begin
  if tg_relid <> 'public.campaigns'::regclass or tg_when <> 'AFTER' or tg_op not in ('INSERT', 'UPDATE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- Reads the campaign as it is at commit. A later change of the row fires the trigger again.
  select template.id
  into wrong_template
  from public.campaigns as campaign
  cross join lateral (
    values
      (campaign.email_completed_template_id, 'completed'::public.email_template_type),
      (campaign.email_refused_template_id, 'refused'),
      (campaign.email_not_reached_template_id, 'not_reached')
  ) as used (id, type)
  join public.email_templates as template
    on template.id = used.id
  where campaign.id = new.id
    and (template.type <> used.type or template.locale <> campaign.language)
  limit 1;

  if wrong_template is not null then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'campaigns',
      constraint = 'templates_of_a_campaign_fit',
      message = 'The templates of a campaign have the right type and the language of the campaign.',
      detail = format('Campaign %s, template %s.', new.id, wrong_template),
      hint = 'Choose a template of that type and language, or create one.';
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_template_is_unused()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.email_templates'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'email_templates',
      constraint = 'a_template_in_use_keeps_its_type',
      message = 'The type and language of a template change only in a READ COMMITTED transaction.',
      detail = format('Template %s.', old.id),
      hint = 'Change them in a separate READ COMMITTED transaction, or create a new template.';
  end if;

  -- Waits for the transactions that have begun to use the template, and blocks new ones until commit.
  perform
  from public.email_templates
  where id = old.id
  for update;

  if exists (select from public.campaigns where email_completed_template_id = old.id)
    or exists (select from public.campaigns where email_refused_template_id = old.id)
    or exists (select from public.campaigns where email_not_reached_template_id = old.id)
    or exists (select from public.email_notifications where template_id = old.id)
  then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'email_templates',
      constraint = 'a_template_in_use_keeps_its_type',
      message = 'A template in use keeps its type and language.',
      detail = format('Template %s.', old.id),
      hint = 'Create a new template and set it in the campaign.';
  end if;

  return new;
end
$function$;

comment on function voicesurvey_rules.check_campaign_has_contacts() is
  'Rejects the start of a campaign that has no contact to call.';
comment on function voicesurvey_rules.check_campaign_templates() is
  'Rejects templates of a campaign that have the wrong type or another language.';
comment on function voicesurvey_rules.check_template_is_unused() is
  'Rejects a new type or language of a template that a campaign or an e-mail uses.';

revoke execute on function
  voicesurvey_rules.check_campaign_has_contacts(),
  voicesurvey_rules.check_campaign_templates(),
  voicesurvey_rules.check_template_is_unused()
from public;


-- The states. An insert is checked by an AFTER trigger, which does not fire for a row that "on conflict do nothing"
-- leaves out.

create or replace trigger a_campaign_begins_as_a_draft
  after insert on public.campaigns
  for each row
  when (new.status <> 'draft')
  execute function voicesurvey_rules.reject_change(
    'a_campaign_begins_as_a_draft',
    'A campaign begins as a draft.',
    'Insert it as a draft, then schedule or start it.'
  );

create or replace trigger a_campaign_changes_status_in_order
  before update of status on public.campaigns
  for each row
  when (
    old.status <> new.status
    and not (
      (old.status = 'draft' and new.status in ('scheduled', 'running', 'cancelled'))
      or (old.status = 'scheduled' and new.status in ('running', 'cancelled'))
      or (old.status = 'running' and new.status in ('paused', 'completed', 'cancelled'))
      or (old.status = 'paused' and new.status in ('running', 'completed', 'cancelled'))
    )
  )
  execute function voicesurvey_rules.reject_change(
    'a_campaign_changes_status_in_order',
    'A campaign goes from draft to running, directly or through scheduled; it may be paused and resumed; completed and cancelled are final.',
    'Read the campaign again. To survey again after its end, create a new campaign.'
  );

create or replace trigger questions_and_max_attempts_are_fixed_from_the_first_start
  before update of
    language,
    intro_script,
    question_1_text,
    question_1_type,
    question_2_text,
    question_2_type,
    question_3_text,
    question_3_type,
    max_attempts
  on public.campaigns
  for each row
  when (
    old.status not in ('draft', 'scheduled')
    and (
      old.language <> new.language
      or old.intro_script <> new.intro_script
      or old.question_1_text <> new.question_1_text
      or old.question_1_type <> new.question_1_type
      or old.question_2_text <> new.question_2_text
      or old.question_2_type <> new.question_2_type
      or old.question_3_text <> new.question_3_text
      or old.question_3_type <> new.question_3_type
      or old.max_attempts <> new.max_attempts
    )
  )
  execute function voicesurvey_rules.reject_change(
    'questions_and_max_attempts_are_fixed_from_the_first_start',
    'The questions, script, language and max_attempts of a campaign are fixed from its first start.',
    'Create a new campaign.'
  );

create or replace trigger hours_and_interval_are_fixed_while_a_campaign_runs
  before update of
    retry_interval_minutes,
    allowed_call_start_local,
    allowed_call_end_local
  on public.campaigns
  for each row
  when (
    old.status not in ('draft', 'scheduled', 'paused')
    and new.status <> 'paused'
    and (
      old.retry_interval_minutes <> new.retry_interval_minutes
      or old.allowed_call_start_local <> new.allowed_call_start_local
      or old.allowed_call_end_local <> new.allowed_call_end_local
    )
  )
  execute function voicesurvey_rules.reject_change(
    'hours_and_interval_are_fixed_while_a_campaign_runs',
    'The calling window and retry interval of a campaign change only while it is paused, or before its first start.',
    'Pause the campaign first.'
  );

create or replace trigger a_running_campaign_is_not_deleted
  before delete on public.campaigns
  for each row
  when (old.status = 'running')
  execute function voicesurvey_rules.reject_change(
    'a_running_campaign_is_not_deleted',
    'A running campaign cannot be deleted.',
    'Pause, complete or cancel it first.'
  );

drop trigger if exists a_campaign_starts_with_a_contact_to_call on public.campaigns;
create constraint trigger a_campaign_starts_with_a_contact_to_call
  after update of status on public.campaigns
  deferrable initially deferred
  for each row
  when (old.status in ('draft', 'scheduled') and new.status = 'running')
  execute function voicesurvey_rules.check_campaign_has_contacts();

comment on trigger a_campaign_begins_as_a_draft on public.campaigns is
  'Rule 9: a campaign begins as a draft.';
comment on trigger a_campaign_changes_status_in_order on public.campaigns is
  'Rule 9: draft, scheduled, running and paused follow each other in order; completed and cancelled are final.';
comment on trigger questions_and_max_attempts_are_fixed_from_the_first_start on public.campaigns is
  'Rule 9: questions, script, language and max_attempts are fixed from the first start, so that all contacts are asked the same.';
comment on trigger hours_and_interval_are_fixed_while_a_campaign_runs on public.campaigns is
  'Rule 9: calling window and retry interval change only while the campaign is paused, or before its first start.';
comment on trigger a_running_campaign_is_not_deleted on public.campaigns is
  'Rule 9: a running campaign cannot be deleted.';
comment on trigger a_campaign_starts_with_a_contact_to_call on public.campaigns is
  'Rule 9: a campaign starts with a contact to call. It resumes without one.';


-- Templates.

drop trigger if exists templates_of_a_campaign_fit on public.campaigns;
create constraint trigger templates_of_a_campaign_fit
  after insert on public.campaigns
  deferrable initially deferred
  for each row
  when (
    new.email_completed_template_id is not null
    or new.email_refused_template_id is not null
    or new.email_not_reached_template_id is not null
  )
  execute function voicesurvey_rules.check_campaign_templates();

drop trigger if exists templates_of_a_campaign_still_fit on public.campaigns;
create constraint trigger templates_of_a_campaign_still_fit
  after update of
    language,
    email_completed_template_id,
    email_refused_template_id,
    email_not_reached_template_id
  on public.campaigns
  deferrable initially deferred
  for each row
  when (
    old.language <> new.language
    or old.email_completed_template_id is distinct from new.email_completed_template_id
    or old.email_refused_template_id is distinct from new.email_refused_template_id
    or old.email_not_reached_template_id is distinct from new.email_not_reached_template_id
  )
  execute function voicesurvey_rules.check_campaign_templates();

create or replace trigger a_template_in_use_keeps_its_type
  before update of type, locale on public.email_templates
  for each row
  when (old.type <> new.type or old.locale <> new.locale)
  execute function voicesurvey_rules.check_template_is_unused();

comment on trigger templates_of_a_campaign_fit on public.campaigns is
  'Rule 9: the templates of a new campaign have the right type and its language.';
comment on trigger templates_of_a_campaign_still_fit on public.campaigns is
  'Rule 9: the templates of a campaign still have the right type and its language after a change.';
comment on trigger a_template_in_use_keeps_its_type on public.email_templates is
  'Rule 13: a template in use keeps its type and language.';
