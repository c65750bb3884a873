-- migrate: no-transaction
--
-- V0005: an outcome is published by one event, and an event sends one e-mail (rules 7 and 8), even if a webhook
-- arrives twice. "insert … on conflict do nothing" needs these indexes.
--
-- Safe on a live table in the same way as V0003.

set search_path = pg_catalog, pg_temp;


-- The events of a contact. The unique index serves every query that events_by_contact served.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.events
    group by contact_id, event_type
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'events',
      constraint = 'an_outcome_is_published_once',
      message = 'Some outcomes were published more than once.',
      detail = format('Ids of events, at most 20 groups: %s.', duplicates),
      hint = 'In each group, keep the first event and its e-mail and delete the others. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists an_outcome_is_published_once
  on public.events (contact_id, event_type);

comment on index public.an_outcome_is_published_once is
  'Rule 7: the outcome of a contact is published by one event of its type. Finds the events of a contact: before one is published, and when the contact is erased.';

drop index concurrently if exists public.events_by_contact;


-- The e-mail of an event. The unique index serves every query that email_notifications_by_event served.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.email_notifications
    group by event_id
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'email_notifications',
      constraint = 'an_event_sends_one_email',
      message = 'Some events have more than one e-mail.',
      detail = format('Ids of email_notifications, at most 20 groups: %s.', duplicates),
      hint = 'In each group, keep the notification that was sent, or the first one, and delete the others. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists an_event_sends_one_email
  on public.email_notifications (event_id);

comment on index public.an_event_sends_one_email is
  'Rule 8: an event sends at most one e-mail. Finds the e-mail of an event: before it is sent, and when the event is deleted.';

drop index concurrently if exists public.email_notifications_by_event;
