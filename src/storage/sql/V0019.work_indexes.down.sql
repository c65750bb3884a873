-- migrate: no-transaction
--
-- V0019, down: drops the indexes of the work, and builds the one that they replaced. The searches of the API read whole tables
-- without them.
--
-- Safe on a live table: CREATE and DROP INDEX CONCURRENTLY block no session that reads or writes.

set search_path = pg_catalog, pg_temp;


create index concurrently if not exists call_attempts_by_campaign
  on public.call_attempts (campaign_id);

comment on index public.call_attempts_by_campaign is
  'Finds a campaign''s attempts: for the counts and the export, and when the campaign is deleted.';

drop index concurrently if exists public.call_attempts_by_outcome;
drop index concurrently if exists public.contacts_by_state;
drop index concurrently if exists public.call_attempts_by_age;
drop index concurrently if exists public.transcripts_by_age;
drop index concurrently if exists public.running_campaigns;
drop index concurrently if exists public.open_calls_by_start;
drop index concurrently if exists public.contacts_to_call;
drop index concurrently if exists public.failed_emails;
drop index concurrently if exists public.answered_calls;
