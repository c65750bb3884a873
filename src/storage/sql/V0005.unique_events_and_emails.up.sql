-- migrate: no-transaction
--
-- V0005: an end is told by one event, and an event sends one e-mail (rules 7 and 8), however often a
-- webhook arrives. "insert … on conflict do nothing" has an index to stand on.
--
-- Safe on a live table: the duplicates are looked for before the index is built, and listed by id, so that
-- somebody can decide which row stays; the index is built CONCURRENTLY, while everybody reads and writes;
-- the plain index goes only when the unique one can do its work.

set search_path = pg_catalog, pg_temp;


-- A contact's event. It serves every search that events_by_contact served.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.events
    group by contact_id, event_type
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'events',
      constraint = 'an_outcome_is_published_once',
      message = 'Some ends were told more than once.',
      detail = format('Ids of events, at most 20 groups of them: %s.', found),
      hint = 'Keep the first event of each contact and kind, with its e-mail, and delete the others, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists an_outcome_is_published_once
  on public.events (contact_id, event_type);

comment on index public.an_outcome_is_published_once is
  'Rule 7: a contact''s end is told by one event of its kind. Finds a contact''s events: before one is told, and when the contact is erased.';

drop index concurrently if exists public.events_by_contact;


-- The e-mail of an event. It serves every search that email_notifications_by_event served.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.email_notifications
    group by event_id
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'email_notifications',
      constraint = 'an_event_sends_one_email',
      message = 'Some events sent more than one e-mail.',
      detail = format('Ids of email_notifications, at most 20 groups of them: %s.', found),
      hint = 'Keep the notification that was sent, or the first, and delete the others, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists an_event_sends_one_email
  on public.email_notifications (event_id);

comment on index public.an_event_sends_one_email is
  'Rule 8: an event sends at most one e-mail. Finds what was sent for an event: before it is sent, and when the event goes.';

drop index concurrently if exists public.email_notifications_by_event;
