-- migrate: no-transaction
--
-- V0004, down: allows a contact to have several open calls, and attempt numbers and provider_call_id to repeat, as
-- V0001 does.
--
-- Safe on a live table: each plain index is built with CREATE INDEX CONCURRENTLY before the unique index is dropped.

set search_path = pg_catalog, pg_temp;


create index concurrently if not exists call_attempts_by_provider_call_id
  on public.call_attempts (provider_call_id);

comment on index public.call_attempts_by_provider_call_id is
  'Finds the attempt that a provider''s webhook refers to.';

drop index concurrently if exists public.a_provider_call_id_is_used_once;

create index concurrently if not exists call_attempts_by_contact
  on public.call_attempts (contact_id);

comment on index public.call_attempts_by_contact is
  'Finds a contact''s attempts: for the next attempt, and when the contact is erased.';

drop index concurrently if exists public.an_attempt_number_is_used_once;

drop index concurrently if exists public.a_contact_has_one_open_call;
