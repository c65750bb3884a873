-- migrate: no-transaction
--
-- V0006, down: configurations and addresses that differ in case may be many, as V0001 left it.
--
-- Safe on a live table: the indexes go CONCURRENTLY.

set search_path = pg_catalog, pg_temp;


drop index concurrently if exists public.one_user_per_email_whatever_the_case;

drop index concurrently if exists public.there_is_one_provider_configuration;
