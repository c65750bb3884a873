-- migrate: lock-timeout 2s
--
-- V0015: a contact's end is told by one event that agrees with it, and an event sends one e-mail, the right
-- one (rules 5, 7 and 8). That there is one, V0005 keeps by its indexes.
--
-- Events and e-mails are looked at when the transaction commits, since they may be written before the
-- contact, the attempt and each other; so the foreign keys between them are checked at commit too.
--
-- Why it is safe under concurrency: an end is final, and so is what an event tells. Against a change of its
-- kind the template is locked by the foreign key (V0008). A contact whose address changes at the same moment
-- changed it after the e-mail.
--
-- An event, and an e-mail that was sent, are deleted with their contact: without them the same end could be
-- told again, and written again. A foreign key's own "set null" passes: the attempt it names is gone.
--
-- Safe on a live table: a trigger is the blink of a catalog change. Two tables are held at once, so a lock
-- is waited for no longer than 2 s: who writes the first waits for both.


create or replace function voicesurvey_rules.check_event()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  called uuid;
  wrong text;
begin
  -- The usual course, by one look at each row.
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

  select
    case
      when new.campaign_id <> contact.campaign_id or attempt.contact_id <> new.contact_id
      then 'An event belongs to its contact''s campaign and tells of a call of its contact.'
      when 'survey.' || contact.state::text <> new.event_type::text
      then 'An event tells the end that its contact has come to.'
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
          then 'An event tells which call brought the end.'
          when attempt.id is not null and attempt.outcome::text is distinct from contact.state::text
          then 'An event tells of the call that brought the end.'
        end
      when contact.attempts_count < (select max_attempts from public.campaigns where id = contact.campaign_id)
      then 'A contact is told not reached only when its attempts are used up.'
      when attempt.id is not null and (attempt.outcome is null or attempt.outcome in ('completed', 'refused'))
      then 'An event tells of the call that brought the end.'
    end
  into wrong
  from public.contacts as contact
  left join public.call_attempts as attempt
    on attempt.id = new.call_attempt_id
  where contact.id = new.contact_id;

  -- An event that was deleted again, with its contact, is nobody's concern.
  if wrong is not null then
    if exists (select from public.events where id = new.id) then
      perform voicesurvey_rules.raise_violation(
        tg_name,
        'events',
        wrong,
        format('Event %s of contact %s.', new.id, new.contact_id),
        'Tell the end in the transaction that brings it, or later; call_attempt_id is the call that brought it.'
      );
    end if;
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_event_is_unchanged()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  expected public.events := old;
begin
  -- What the foreign key does by itself when the attempt goes.
  expected.call_attempt_id := null;

  if new is not distinct from expected
    and not exists (select from public.call_attempts where id = old.call_attempt_id)
  then
    return new;
  end if;

  perform voicesurvey_rules.raise_violation(
    tg_name,
    'events',
    'Events are never changed.',
    format('Event %s of contact %s.', old.id, old.contact_id),
    'What was told was told.'
  );
  return null;
end
$function$;

create or replace function voicesurvey_rules.check_published_row_is_retained()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- An e-mail goes with its event; an expression that names event_id is not for a row of events.
  if tg_table_name = 'email_notifications' then
    if not exists (select from public.events where id = old.event_id) then
      return null;
    end if;
  end if;

  if exists (select from public.contacts where id = old.contact_id) then
    perform voicesurvey_rules.raise_violation(
      tg_name,
      tg_table_name,
      'What was told, and what was sent, is deleted only with its contact.',
      format('Row of %s: %s, contact %s.', tg_table_name, old.id, old.contact_id),
      'To erase a person, delete the contact.'
    );
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_sent_email()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if old.status <> 'sent' then
    return new;
  end if;

  if old.status <> new.status
    or old.to_email <> new.to_email
    or old.template_id <> new.template_id
    or (old.provider_message_id is not null and old.provider_message_id is distinct from new.provider_message_id)
  then
    perform voicesurvey_rules.raise_violation(
      tg_name,
      'email_notifications',
      'What is sent stays sent.',
      format('Row of email_notifications: %s.', old.id),
      'An e-mail that has left is not sent again, nor called back.'
    );
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
  told public.event_type;
  called uuid;
  called_in uuid;
  written_in public.campaign_language;
  wrong text;
begin
  -- The usual course, by one look at each row.
  select event_type, contact_id
  into told, called
  from public.events
  where id = new.event_id
    and contact_id = new.contact_id
    and campaign_id = new.campaign_id;

  select campaign_id
  into called_in
  from public.contacts
  where id = called
    and email = new.to_email;

  select locale
  into written_in
  from public.email_templates
  where id = new.template_id
    and 'survey.' || type::text = told::text;

  perform
  from public.campaigns
  where id = called_in
    and language = written_in;

  if found then
    return null;
  end if;

  select
    case
      when event.contact_id <> new.contact_id or event.campaign_id <> new.campaign_id
      then 'An e-mail belongs to its event''s contact and campaign.'
      when 'survey.' || template.type::text <> event.event_type::text
      then 'An e-mail is made from a template of its event''s kind.'
      when template.locale::text <> contact.preferred_language::text
        and template.locale <> (select language from public.campaigns where id = new.campaign_id)
      then 'An e-mail is in its contact''s language or the campaign''s.'
      when new.to_email is distinct from contact.email
      then 'An e-mail goes to its contact''s address.'
    end
  into wrong
  from public.events as event
  join public.contacts as contact
    on contact.id = new.contact_id
  join public.email_templates as template
    on template.id = new.template_id
  where event.id = new.event_id;

  -- An e-mail that was corrected or deleted since is looked at as it is now, or not at all.
  if wrong is not null
    and exists (
      select
      from public.email_notifications
      where id = new.id
        and to_email = new.to_email
        and template_id = new.template_id
    )
  then
    perform voicesurvey_rules.raise_violation(
      tg_name,
      'email_notifications',
      wrong,
      format('Notification %s of event %s, contact %s, template %s.', new.id, new.event_id, new.contact_id, new.template_id),
      'Take contact and campaign from the event, the address from the contact, and a template that fits.'
    );
  end if;

  return null;
end
$function$;

comment on function voicesurvey_rules.check_event() is
  'Refuses an event that tells another end than its contact has come to, or of another''s call.';
comment on function voicesurvey_rules.check_event_is_unchanged() is
  'Refuses a change of an event but that of the foreign key, when the attempt goes.';
comment on function voicesurvey_rules.check_published_row_is_retained() is
  'Refuses to delete an event, or an e-mail that was sent, while its contact stays.';
comment on function voicesurvey_rules.check_sent_email() is
  'Refuses another state, address, template or key of an e-mail that was sent.';
comment on function voicesurvey_rules.check_email() is
  'Refuses an e-mail from the wrong template, in the wrong language, or to another address.';

revoke execute on function
  voicesurvey_rules.check_event(),
  voicesurvey_rules.check_event_is_unchanged(),
  voicesurvey_rules.check_published_row_is_retained(),
  voicesurvey_rules.check_email()
from public;


drop trigger if exists an_event_tells_its_contacts_end on public.events;
create constraint trigger an_event_tells_its_contacts_end
  after insert on public.events
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_event();

create or replace trigger an_event_never_changes
  before update on public.events
  for each row
  when (old.* is distinct from new.*)
  execute function voicesurvey_rules.check_event_is_unchanged();

drop trigger if exists an_event_goes_with_its_contact on public.events;
create constraint trigger an_event_goes_with_its_contact
  after delete on public.events
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_published_row_is_retained();

drop trigger if exists an_email_is_its_events on public.email_notifications;
create constraint trigger an_email_is_its_events
  after insert on public.email_notifications
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_email();

drop trigger if exists a_changed_email_is_its_events on public.email_notifications;
create constraint trigger a_changed_email_is_its_events
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
    'An e-mail keeps its event, contact and campaign.',
    'Leave them out of the update.'
  );

create or replace trigger what_is_sent_stays_sent
  before update of status, to_email, template_id, provider_message_id on public.email_notifications
  for each row
  execute function voicesurvey_rules.check_sent_email();

drop trigger if exists a_sent_email_goes_with_its_contact on public.email_notifications;
create constraint trigger a_sent_email_goes_with_its_contact
  after delete on public.email_notifications
  deferrable initially deferred
  for each row
  when (old.status = 'sent')
  execute function voicesurvey_rules.check_published_row_is_retained();

comment on trigger an_event_tells_its_contacts_end on public.events is
  'Rules 5 and 7: an event tells the end that its contact has come to, and the call that brought it.';
comment on trigger an_event_never_changes on public.events is
  'Rule 7: events are never changed.';
comment on trigger an_event_goes_with_its_contact on public.events is
  'Rule 7: an end is told once; an event that were forgotten could be told again.';
comment on trigger an_email_is_its_events on public.email_notifications is
  'Rules 5 and 8: an e-mail is made from a template of its event''s kind, in the right language, for the '
  'contact''s address.';
comment on trigger a_changed_email_is_its_events on public.email_notifications is
  'Rule 8: the same, when an e-mail that was not sent goes to a corrected address.';
comment on trigger an_email_keeps_its_event on public.email_notifications is
  'Rule 5: an e-mail keeps its event, contact and campaign.';
comment on trigger what_is_sent_stays_sent on public.email_notifications is
  'Rule 8: what is sent stays sent.';
comment on trigger a_sent_email_goes_with_its_contact on public.email_notifications is
  'Rule 8: an event sends at most one e-mail; one that were forgotten could be sent again.';

alter table public.events
  alter constraint call_attempt_of_an_event_exists deferrable initially deferred;

alter table public.email_notifications
  alter constraint notification_belongs_to_an_event deferrable initially deferred;
