-- migrate: lock-timeout 2s
--
-- V0015: an event agrees with the contact whose end it announces, and an e-mail with its event (rules 5, 7 and 8).
-- The indexes of V0005 keep that there is only one of each.
--
-- Deferred constraint triggers (V0009) check events and e-mails at commit, because a service may insert them before
-- the contact, the attempt and each other. The foreign keys between them become deferred for the same reason.
--
-- An event, and an e-mail that was sent, are deleted only with their contact. Without them the same end could be
-- published again, or e-mailed again. What a foreign key does by itself (set null, cascade) is never rejected.
--
-- Safe under concurrency: the end of a contact is final, and an event does not change. Only an end that was not reported
-- may be replaced (V0011), before it is published. So its event updates the contact's row, which the replacement locks. The
-- foreign key of an e-mail locks its template against a change of type (V0008). A change of the contact's address that runs at
-- the same time counts as later than the e-mail.
--
-- Safe on a live table: creating a trigger changes only the catalog. Events and email_notifications are locked
-- together, in the order in which services write them. A statement waits at most 2 s for its lock, since writers of
-- the table that is already locked wait too.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.check_event()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  called uuid;
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.events'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The usual path: one look-up per row.
  select id
  into called
  from public.contacts
  where id = new.contact_id
    and campaign_id = new.campaign_id
    and 'survey.' || state::text = new.event_type::text;

  perform
  from public.call_attempts
  where id = new.call_attempt_id
    and contact_id = called
    and 'survey.' || outcome::text = new.event_type::text;

  if found then
    return null;
  end if;

  -- The end of the contact's latest call may be replaced now: see the header.
  if new.event_type = 'survey.not_reached' then
    update public.contacts as contact
    set external_contact_id = contact.external_contact_id
    where contact.id = new.contact_id
      and exists (
        select
        from public.call_attempts as attempt
        where attempt.contact_id = contact.id
          and attempt.attempt_number = contact.attempts_count
          and attempt.error_code = 'NO_END_REPORTED'
      );
  end if;

  select
    case
      when new.campaign_id <> contact.campaign_id then 'an_event_belongs_to_its_contacts_campaign'
      when attempt.contact_id <> new.contact_id then 'an_event_names_a_call_of_its_contact'

      -- The check may run early (set constraints), before the call is inserted, which may be that of another contact.
      when attempt.id is null
        and exists (
          select
          from public.events
          where id = new.id
            and call_attempt_id is not null
        )
      then 'an_event_names_a_call_of_its_contact'
      when 'survey.' || contact.state::text <> new.event_type::text then 'an_event_announces_the_state_of_its_contact'
      when contact.state <> 'not_reached'
      then
        case
          when attempt.id is null
            and exists (
              select
              from public.call_attempts
              where contact_id = contact.id
                and outcome::text = contact.state::text
            )
          then 'an_event_names_the_call_that_led_to_it'
          when attempt.id is not null and attempt.outcome::text is distinct from contact.state::text
          then 'an_event_names_the_call_that_led_to_it'
        end
      when contact.attempts_count < (select max_attempts from public.campaigns where id = contact.campaign_id)
      then 'not_reached_is_published_after_the_last_attempt'

      -- Early, too: a reported end may have replaced that of the last call, while the contact does not follow it yet.
      when exists (
        select
        from public.call_attempts
        where contact_id = contact.id
          and attempt_number = contact.attempts_count
          and outcome in ('completed', 'refused')
      )
      then 'an_event_announces_the_state_of_its_contact'

      -- The check may run early (set constraints), and a contact in a call may be not_reached for a moment. So the last
      -- call has ended, or it was erased.
      when not exists (
          select
          from public.call_attempts
          where contact_id = contact.id
            and attempt_number = contact.attempts_count
            and ended_at is not null
        )
        and not exists (
          select
          from voicesurvey_rules.erased_last_calls
          where contact_id = contact.id
        )
      then 'not_reached_is_published_after_the_end_of_the_last_call'
      when attempt.id is not null and (attempt.outcome is null or attempt.outcome in ('completed', 'refused'))
      then 'an_event_names_the_call_that_led_to_it'
    end
  into broken
  from public.contacts as contact
  left join public.call_attempts as attempt
    on attempt.id = new.call_attempt_id
  where contact.id = new.contact_id;

  -- An event that was deleted again in this transaction, with its contact, is not judged.
  if broken is null or not exists (select from public.events where id = new.id) then
    return null;
  end if;

  select refusal.message, refusal.hint
  into message, hint
  from (
    values
      (
        'an_event_belongs_to_its_contacts_campaign',
        'An event belongs to the campaign of its contact.',
        'Take campaign_id from the contact.'
      ),
      (
        'an_event_names_a_call_of_its_contact',
        'The call_attempt_id of an event is an attempt of its contact.',
        'Set call_attempt_id to the latest attempt of the contact.'
      ),
      (
        'an_event_announces_the_state_of_its_contact',
        'The type of an event is the state of its contact: completed, refused or not_reached.',
        'Publish the event in the transaction that ends the contact, or later. Publish none for another state.'
      ),
      (
        'an_event_names_the_call_that_led_to_it',
        'The call_attempt_id of an event is the attempt that led to it.',
        'Set call_attempt_id to the latest attempt of the contact.'
      ),
      (
        'not_reached_is_published_after_the_last_attempt',
        'survey.not_reached is published only when the attempts of its contact are used up.',
        'Do not publish yet: attempts_count is below the campaign''s max_attempts.'
      ),
      (
        'not_reached_is_published_after_the_end_of_the_last_call',
        'survey.not_reached is published only after the last call of its contact has ended.',
        'End the call in the same transaction or before.'
      )
  ) as refusal (rule, message, hint)
  where refusal.rule = broken;

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'events',
    constraint = broken,
    message = message,
    detail = format('Event %s of contact %s.', new.id, new.contact_id),
    hint = hint;
end
$function$;

create or replace function voicesurvey_rules.check_event_is_unchanged()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  expected public.events;
begin
  if tg_relid <> 'public.events'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The foreign key sets call_attempt_id to null when the attempt is deleted.
  expected := old;
  expected.call_attempt_id := null;

  if new is not distinct from expected
    and not exists (select from public.call_attempts where id = old.call_attempt_id)
  then
    return new;
  end if;

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'events',
    constraint = 'an_event_never_changes',
    message = 'An event never changes.',
    detail = format('Event %s of contact %s.', old.id, old.contact_id),
    hint = 'Leave the event as it is: other services may have read it.';
end
$function$;

create or replace function voicesurvey_rules.check_event_is_retained()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.events'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if exists (select from public.contacts where id = old.contact_id) then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'events',
      constraint = 'an_event_is_deleted_only_with_its_contact',
      message = 'An event is deleted only with its contact.',
      detail = format('Event %s of contact %s.', old.id, old.contact_id),
      hint = 'Leave the event. To erase the person, delete the contact.';
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_sent_email_is_retained()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.email_notifications'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- An e-mail is deleted together with its event.
  if exists (select from public.contacts where id = old.contact_id)
    and exists (select from public.events where id = old.event_id)
  then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'email_notifications',
      constraint = 'a_sent_email_is_deleted_only_with_its_contact',
      message = 'A sent e-mail is deleted only with its contact.',
      detail = format('E-mail %s of contact %s.', old.id, old.contact_id),
      hint = 'Leave the e-mail. To erase the person, delete the contact.';
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_sent_email()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.email_notifications'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if old.status <> 'sent' then
    return new;
  end if;

  if old.status <> new.status
    or old.to_email <> new.to_email
    or old.template_id <> new.template_id
    or (old.provider_message_id is not null and old.provider_message_id is distinct from new.provider_message_id)
  then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'email_notifications',
      constraint = 'a_sent_email_never_changes',
      message = 'The status, address, template and provider_message_id of a sent e-mail are final.',
      detail = format('Notification %s of event %s, contact %s.', old.id, old.event_id, old.contact_id),
      hint = 'Leave the e-mail as it is, and do not send it again.';
  end if;

  return new;
end
$function$;

create or replace function voicesurvey_rules.check_email()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  published_type public.event_type;
  recipient uuid;
  recipient_campaign_id uuid;
  template_locale public.campaign_language;
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.email_notifications'::regclass or tg_when <> 'AFTER' or tg_op not in ('INSERT', 'UPDATE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The usual path: one look-up per row.
  select event_type, contact_id
  into published_type, recipient
  from public.events
  where id = new.event_id
    and contact_id = new.contact_id
    and campaign_id = new.campaign_id;

  select campaign_id
  into recipient_campaign_id
  from public.contacts
  where id = recipient
    and email = new.to_email;

  select locale
  into template_locale
  from public.email_templates
  where id = new.template_id
    and 'survey.' || type::text = published_type::text;

  perform
  from public.campaigns
  where id = recipient_campaign_id
    and language = template_locale;

  if found then
    return null;
  end if;

  select
    case
      -- The check may run early (set constraints), before the event is inserted, which may be that of another contact.
      when event.id is null or event.contact_id <> new.contact_id or event.campaign_id <> new.campaign_id
      then 'an_email_belongs_to_its_events_contact'
      when 'survey.' || template.type::text <> event.event_type::text
      then 'an_email_uses_a_template_of_its_events_type'
      when template.locale::text <> contact.preferred_language::text
        and template.locale <> (select language from public.campaigns where id = new.campaign_id)
      then 'an_email_is_in_its_contacts_or_campaigns_language'
      when new.to_email is distinct from contact.email then 'an_email_goes_to_its_contacts_address'
    end
  into broken
  from public.contacts as contact
  join public.email_templates as template
    on template.id = new.template_id
  left join public.events as event
    on event.id = new.event_id
  where contact.id = new.contact_id;

  -- If the e-mail was changed again in this transaction, that change fires the trigger again. A deleted e-mail is not
  -- checked.
  if broken is null
    or not exists (
      select
      from public.email_notifications
      where id = new.id
        and to_email = new.to_email
        and template_id = new.template_id
    )
  then
    return null;
  end if;

  select refusal.message, refusal.hint
  into message, hint
  from (
    values
      (
        'an_email_belongs_to_its_events_contact',
        'An e-mail belongs to the contact and the campaign of its event.',
        'Take contact_id and campaign_id from the event.'
      ),
      (
        'an_email_uses_a_template_of_its_events_type',
        'An e-mail uses a template of its event''s type.',
        'Choose a template whose type is the type of the event.'
      ),
      (
        'an_email_is_in_its_contacts_or_campaigns_language',
        'An e-mail is in the preferred language of its contact or in the language of its campaign.',
        'Choose a template with one of these locales.'
      ),
      (
        'an_email_goes_to_its_contacts_address',
        'An e-mail goes to the address that its contact has now.',
        'Take to_email from the contact. Send no e-mail if the contact has no address.'
      )
  ) as refusal (rule, message, hint)
  where refusal.rule = broken;

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'email_notifications',
    constraint = broken,
    message = message,
    detail = format('Notification %s of event %s, contact %s, template %s.', new.id, new.event_id, new.contact_id, new.template_id),
    hint = hint;
end
$function$;

comment on function voicesurvey_rules.check_event() is
  'Rejects an event that does not agree with its contact or with the call that led to it.';
comment on function voicesurvey_rules.check_event_is_unchanged() is
  'Rejects a change of an event, except that of the foreign key when the attempt is deleted.';
comment on function voicesurvey_rules.check_event_is_retained() is
  'Rejects the deletion of an event while its contact stays.';
comment on function voicesurvey_rules.check_sent_email_is_retained() is
  'Rejects the deletion of a sent e-mail while its event and its contact stay.';
comment on function voicesurvey_rules.check_sent_email() is
  'Rejects another status, address, template or provider_message_id of a sent e-mail.';
comment on function voicesurvey_rules.check_email() is
  'Rejects an e-mail that does not agree with its event, its contact or its template.';

revoke execute on function
  voicesurvey_rules.check_event(),
  voicesurvey_rules.check_event_is_unchanged(),
  voicesurvey_rules.check_event_is_retained(),
  voicesurvey_rules.check_sent_email_is_retained(),
  voicesurvey_rules.check_sent_email(),
  voicesurvey_rules.check_email()
from public;


-- events

drop trigger if exists an_event_agrees_with_its_contact on public.events;
create constraint trigger an_event_agrees_with_its_contact
  after insert on public.events
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_event();

create or replace trigger an_event_never_changes
  before update on public.events
  for each row
  when (old.* is distinct from new.*)
  execute function voicesurvey_rules.check_event_is_unchanged();

drop trigger if exists an_event_is_deleted_only_with_its_contact on public.events;
create constraint trigger an_event_is_deleted_only_with_its_contact
  after delete on public.events
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_event_is_retained();

comment on trigger an_event_agrees_with_its_contact on public.events is
  'Rules 5 and 7: an event announces the state of its contact and names the call that led to it.';
comment on trigger an_event_never_changes on public.events is
  'Rule 7: an event never changes.';
comment on trigger an_event_is_deleted_only_with_its_contact on public.events is
  'Rule 7: an end is published once; if its event were deleted, it could be published again.';

alter table public.events
  alter constraint call_attempt_of_an_event_exists deferrable initially deferred;


-- email_notifications

drop trigger if exists an_email_agrees_with_its_event on public.email_notifications;
create constraint trigger an_email_agrees_with_its_event
  after insert on public.email_notifications
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_email();

drop trigger if exists a_changed_email_agrees_with_its_event on public.email_notifications;
create constraint trigger a_changed_email_agrees_with_its_event
  after update of to_email, template_id on public.email_notifications
  deferrable initially deferred
  for each row
  when (old.to_email <> new.to_email or old.template_id <> new.template_id)
  execute function voicesurvey_rules.check_email();

create or replace trigger an_email_keeps_its_event
  before update of event_id, contact_id, campaign_id on public.email_notifications
  for each row
  when (
    old.event_id <> new.event_id
    or old.contact_id <> new.contact_id
    or old.campaign_id <> new.campaign_id
  )
  execute function voicesurvey_rules.reject_change(
    'an_email_keeps_its_event',
    'The event, contact and campaign of an e-mail never change.',
    'Remove event_id, contact_id and campaign_id from the update.'
  );

create or replace trigger a_sent_email_never_changes
  before update of status, to_email, template_id, provider_message_id on public.email_notifications
  for each row
  execute function voicesurvey_rules.check_sent_email();

drop trigger if exists a_sent_email_is_deleted_only_with_its_contact on public.email_notifications;
create constraint trigger a_sent_email_is_deleted_only_with_its_contact
  after delete on public.email_notifications
  deferrable initially deferred
  for each row
  when (old.status = 'sent')
  execute function voicesurvey_rules.check_sent_email_is_retained();

comment on trigger an_email_agrees_with_its_event on public.email_notifications is
  'Rules 5 and 8: an e-mail uses a template of its event''s type, in the right language, and goes to the contact''s '
  'address.';
comment on trigger a_changed_email_agrees_with_its_event on public.email_notifications is
  'Rule 8: the same when the address or the template of an unsent e-mail is corrected.';
comment on trigger an_email_keeps_its_event on public.email_notifications is
  'Rule 5: the event, contact and campaign of an e-mail never change.';
comment on trigger a_sent_email_never_changes on public.email_notifications is
  'Rule 8: the status, address, template and provider_message_id of a sent e-mail are final.';
comment on trigger a_sent_email_is_deleted_only_with_its_contact on public.email_notifications is
  'Rule 8: an event sends at most one e-mail; if the sent one were deleted, another could be sent.';

alter table public.email_notifications
  alter constraint notification_belongs_to_an_event deferrable initially deferred;
