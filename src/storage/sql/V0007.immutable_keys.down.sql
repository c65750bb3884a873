-- migrate: lock-timeout 350ms
--
-- V0007, down: drops the rules that apply to every table, and the functions that raise the error of a broken rule.
--
-- It changes no row. Safe on a live table: each statement changes only the catalog. The eleven tables are locked one
-- after the other and held until commit. With at most 350 ms for each lock, no statement is blocked for longer than
-- 4 seconds.
-- Roll back the later versions first, because their triggers use these functions.

set search_path = pg_catalog, pg_temp;


drop trigger if exists tables_are_not_truncated on public.transcript_snippets;
drop trigger if exists created_at_is_not_in_the_future on public.transcript_snippets;
drop trigger if exists id_and_created_at_never_change on public.transcript_snippets;
drop trigger if exists tables_are_not_truncated on public.provider_configs;
drop trigger if exists updated_at_is_between_created_at_and_now on public.provider_configs;
drop trigger if exists created_at_is_not_in_the_future on public.provider_configs;
drop trigger if exists id_and_created_at_never_change on public.provider_configs;
drop trigger if exists tables_are_not_truncated on public.email_notifications;
drop trigger if exists updated_at_is_between_created_at_and_now on public.email_notifications;
drop trigger if exists created_at_is_not_in_the_future on public.email_notifications;
drop trigger if exists id_and_created_at_never_change on public.email_notifications;
drop trigger if exists tables_are_not_truncated on public.events;
drop trigger if exists created_at_is_not_in_the_future on public.events;
drop trigger if exists id_and_created_at_never_change on public.events;
drop trigger if exists tables_are_not_truncated on public.survey_responses;
drop trigger if exists completed_at_is_not_in_the_future on public.survey_responses;
drop trigger if exists tables_are_not_truncated on public.call_attempts;
drop trigger if exists tables_are_not_truncated on public.exclusion_list_entries;
drop trigger if exists created_at_is_not_in_the_future on public.exclusion_list_entries;
drop trigger if exists id_and_created_at_never_change on public.exclusion_list_entries;
drop trigger if exists tables_are_not_truncated on public.contacts;
drop trigger if exists updated_at_is_between_created_at_and_now on public.contacts;
drop trigger if exists created_at_is_not_in_the_future on public.contacts;
drop trigger if exists id_and_created_at_never_change on public.contacts;
drop trigger if exists tables_are_not_truncated on public.campaigns;
drop trigger if exists updated_at_is_between_created_at_and_now on public.campaigns;
drop trigger if exists created_at_is_not_in_the_future on public.campaigns;
drop trigger if exists id_and_created_at_never_change on public.campaigns;
drop trigger if exists tables_are_not_truncated on public.email_templates;
drop trigger if exists updated_at_is_between_created_at_and_now on public.email_templates;
drop trigger if exists created_at_is_not_in_the_future on public.email_templates;
drop trigger if exists id_and_created_at_never_change on public.email_templates;
drop trigger if exists tables_are_not_truncated on public.users;
drop trigger if exists updated_at_is_between_created_at_and_now on public.users;
drop trigger if exists created_at_is_not_in_the_future on public.users;
drop trigger if exists id_and_created_at_never_change on public.users;

drop function if exists voicesurvey_rules.reject_change();
drop function if exists voicesurvey_rules.reject_trigger(name, oid);
