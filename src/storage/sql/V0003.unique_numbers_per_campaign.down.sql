-- migrate: no-transaction
--
-- V0003, down: allows a campaign to list a number more than once, as V0001 does.
--
-- Safe on a live table: each plain index is built with CREATE INDEX CONCURRENTLY before the unique index is dropped.

set search_path = pg_catalog, pg_temp;


create index concurrently if not exists contacts_by_campaign
  on public.contacts (campaign_id);

comment on index public.contacts_by_campaign is
  'Finds a campaign''s contacts: for the scheduler, the counts and the export, and when the campaign is deleted.';

drop index concurrently if exists public.a_campaign_lists_a_number_once;
