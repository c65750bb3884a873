-- migrate: no-transaction
--
-- V0003, down: a campaign may list a number again and again, as V0001 left it.
--
-- Safe on a live table: what comes back is built CONCURRENTLY before what served in its place goes.

set search_path = pg_catalog, pg_temp;


create index concurrently if not exists contacts_by_campaign
  on public.contacts (campaign_id);

comment on index public.contacts_by_campaign is
  'Finds a campaign''s contacts: for the scheduler, the counts and the export, and when the campaign goes.';

drop index concurrently if exists public.a_campaign_lists_a_number_once;
