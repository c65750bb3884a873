-- migrate: no-transaction
--
-- V0006, down: allows several provider configurations, and users whose e-mail addresses differ only in case, as V0001
-- does.
--
-- Safe on a live table: the indexes are dropped CONCURRENTLY.

set search_path = pg_catalog, pg_temp;


drop index concurrently if exists public.one_user_per_email_ignoring_case;

drop index concurrently if exists public.there_is_one_provider_configuration;
