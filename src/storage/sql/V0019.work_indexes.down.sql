-- migrate: no-transaction
--
-- V0019, down: drops the indexes of the work. The searches of the API read whole tables without them.
--
-- Safe on a live table: DROP INDEX CONCURRENTLY blocks no session that reads or writes.

set search_path = pg_catalog, pg_temp;


drop index concurrently if exists public.running_campaigns;
drop index concurrently if exists public.contacts_to_call;
