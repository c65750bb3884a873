-- migrate: no-transaction
--
-- V0005, down: lets an outcome be published and e-mailed more than once, as V0001 does.
--
-- Safe on a live table: each plain index is built with CREATE INDEX CONCURRENTLY before the unique index is dropped.

set search_path = pg_catalog, pg_temp;


create index concurrently if not exists email_notifications_by_event
  on public.email_notifications (event_id);

comment on index public.email_notifications_by_event is
  'Finds what was sent for an event: before it is sent, and when the event goes.';

drop index concurrently if exists public.an_event_sends_one_email;

create index concurrently if not exists events_by_contact
  on public.events (contact_id);

comment on index public.events_by_contact is
  'Finds a contact''s events: before one is told, and when the contact is erased.';

drop index concurrently if exists public.an_outcome_is_published_once;
