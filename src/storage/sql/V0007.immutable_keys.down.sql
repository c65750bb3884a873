-- V0007, down: takes away what holds for every table, and how a rule is refused.
--
-- Safe on a live table: each statement is the blink of a catalog change. Roll back the later versions first;
-- their triggers use what goes here.

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
drop function if exists voicesurvey_rules.raise_violation(text, text, text, text, text);
