-- migrate: lock-timeout 2s
--
-- V0008: a campaign's life, and the templates of a campaign (rules 9 and 13).
--
-- What one row tells is in the WHEN of a trigger. Two rules read other rows, at commit, so that a service
-- may write in any order:
--   - A campaign starts with a contact to call. Nothing is locked: a contact that goes at the same moment
--     went after the start.
--   - Its templates are of the right kind and of its language, and a template in use does not change its
--     kind or language. Whoever uses a template has its row locked FOR KEY SHARE by the foreign key, and
--     whoever changes its kind takes it FOR UPDATE; one waits for the other, and sees what the other did. A
--     snapshot that is older than the wait would not show it, so the kind is changed in READ COMMITTED only;
--     who uses it with an older snapshot fails with 40001 at the foreign key.
--
-- Safe on a live table: a trigger is the blink of a catalog change. Two tables are held at once, so a lock
-- is waited for no longer than 2 s: who writes the first waits for both.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.check_campaign_has_contacts()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- A contact that has been called since, in this very transaction, was one to call.
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
    perform voicesurvey_rules.raise_violation(
      'a_campaign_starts_with_a_contact_to_call',
      'campaigns',
      'A campaign starts only with a contact to call.',
      format('Campaign %s.', new.id),
      'Import contacts first; those that are excluded do not count.'
    );
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
  wrong uuid;
begin
  -- The campaign as it is at commit; a later change of the row has a check of its own.
  select template.id
  into wrong
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

  if wrong is not null then
    perform voicesurvey_rules.raise_violation(
      'templates_of_a_campaign_fit',
      'campaigns',
      'A campaign''s templates are of the right kind and of its language.',
      format('Campaign %s, template %s.', new.id, wrong),
      'Choose a template of the kind and language, or write one.'
    );
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
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    perform voicesurvey_rules.raise_violation(
      'a_template_in_use_keeps_its_kind',
      'email_templates',
      'A template''s kind and language are changed in a READ COMMITTED transaction only.',
      format('Template %s.', old.id),
      'Change it in a transaction of its own at READ COMMITTED, or make a new template.'
    );
  end if;

  -- Waits for those who have begun to use it, and lets nobody begin.
  perform
  from public.email_templates
  where id = old.id
  for update;

  if exists (select from public.campaigns where email_completed_template_id = old.id)
    or exists (select from public.campaigns where email_refused_template_id = old.id)
    or exists (select from public.campaigns where email_not_reached_template_id = old.id)
    or exists (select from public.email_notifications where template_id = old.id)
  then
    perform voicesurvey_rules.raise_violation(
      'a_template_in_use_keeps_its_kind',
      'email_templates',
      'A template in use keeps its kind and its language.',
      format('Template %s.', old.id),
      'Make a new template and give it to the campaign.'
    );
  end if;

  return new;
end
$function$;

comment on function voicesurvey_rules.check_campaign_has_contacts() is
  'Refuses a campaign''s start while it has no contact to call.';
comment on function voicesurvey_rules.check_campaign_templates() is
  'Refuses a campaign''s templates that are of another kind or language than the campaign needs.';
comment on function voicesurvey_rules.check_template_is_unused() is
  'Refuses another kind or language for a template that a campaign or an e-mail uses.';

revoke execute on function
  voicesurvey_rules.check_campaign_has_contacts(),
  voicesurvey_rules.check_campaign_templates(),
  voicesurvey_rules.check_template_is_unused()
from public;


-- The life. A row that "on conflict do nothing" leaves out is not refused: AFTER INSERT does not see it.

create or replace trigger a_campaign_begins_as_a_draft
  after insert on public.campaigns
  for each row
  when (new.status <> 'draft')
  execute function voicesurvey_rules.reject_change(
    'a_campaign_begins_as_a_draft',
    'A campaign begins as a draft.',
    'Insert it as a draft, then schedule or start it.'
  );

create or replace trigger a_campaign_goes_through_its_life_in_order
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
    'a_campaign_goes_through_its_life_in_order',
    'A campaign goes from draft, by scheduled or not, to running and paused, and ends completed or cancelled for good.',
    'To survey again after an end, make a new campaign.'
  );

create or replace trigger what_is_asked_is_fixed_from_the_first_start
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
    'what_is_asked_is_fixed_from_the_first_start',
    'Questions, script, language and max_attempts of a campaign are fixed from its first start.',
    'Make a new campaign.'
  );

create or replace trigger hours_and_interval_change_only_while_nobody_is_called
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
    'hours_and_interval_change_only_while_nobody_is_called',
    'A campaign''s calling hours and retry interval change while it is paused, or before its start.',
    'Pause the campaign first.'
  );

create or replace trigger a_running_campaign_is_not_deleted
  before delete on public.campaigns
  for each row
  when (old.status = 'running')
  execute function voicesurvey_rules.reject_change(
    'a_running_campaign_is_not_deleted',
    'A campaign is not deleted while it runs.',
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
comment on trigger a_campaign_goes_through_its_life_in_order on public.campaigns is
  'Rule 9: draft, scheduled, running and paused, then completed or cancelled, which are final.';
comment on trigger what_is_asked_is_fixed_from_the_first_start on public.campaigns is
  'Rule 9: everybody on the list is asked the same, in the same language, as often.';
comment on trigger hours_and_interval_change_only_while_nobody_is_called on public.campaigns is
  'Rule 9: calling hours and retry interval change while the campaign is paused, or before its start.';
comment on trigger a_running_campaign_is_not_deleted on public.campaigns is
  'Rule 9: a campaign is not deleted while it runs.';
comment on trigger a_campaign_starts_with_a_contact_to_call on public.campaigns is
  'Rule 9: a campaign starts with a contact to call; to resume, none need wait.';


-- The templates.

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

create or replace trigger a_template_in_use_keeps_its_kind
  before update of type, locale on public.email_templates
  for each row
  when (old.type <> new.type or old.locale <> new.locale)
  execute function voicesurvey_rules.check_template_is_unused();

comment on trigger templates_of_a_campaign_fit on public.campaigns is
  'Rule 9: a campaign''s templates are of the right kind and of its language.';
comment on trigger templates_of_a_campaign_still_fit on public.campaigns is
  'Rule 9: the same, when the campaign changes.';
comment on trigger a_template_in_use_keeps_its_kind on public.email_templates is
  'Rule 13: a template in use does not change its kind, nor its language.';
