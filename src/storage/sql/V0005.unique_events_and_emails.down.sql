-- migrate: no-transaction
--
-- V0005, down: allows an outcome to be published and e-mailed more than once, as V0001 does.
--
-- Safe on a live table: each plain index is built with CREATE INDEX CONCURRENTLY before the unique index is dropped.

set search_path = pg_catalog, pg_temp;


create index concurrently if not exists email_notifications_by_event
  on public.email_notifications (event_id);

comment on index public.email_notifications_by_event is
  'Finds the e-mail for an event: before it is sent, and when the event is deleted.';

drop index concurrently if exists public.an_event_sends_one_email;

create index concurrently if not exists events_by_contact
  on public.events (contact_id);

comment on index public.events_by_contact is
  'Finds a contact''s events: before an event is published, and when the contact is erased.';

drop index concurrently if exists public.an_outcome_is_published_once;
