-- migrate: lock-timeout 2s
--
-- V0026, down: drops the audit log and the triggers that write it.
--
-- It deletes the log. Safe on a live table: dropping a trigger changes only the catalog.

set search_path = pg_catalog, pg_temp;


drop trigger if exists erasures_are_logged on public.contacts;
drop trigger if exists changes_of_status_are_logged on public.campaigns;
drop trigger if exists deletions_are_logged on public.campaigns;
drop trigger if exists listings_are_logged on public.exclusion_list_entries;
drop trigger if exists changes_of_entries_are_logged on public.exclusion_list_entries;
drop trigger if exists removals_of_entries_are_logged on public.exclusion_list_entries;
drop trigger if exists configuration_changes_are_logged on public.provider_configs;
drop trigger if exists configuration_changes_are_logged on voicesurvey.campaign_settings;
drop table if exists voicesurvey.audit_log;

-- As V0016 made it.

create or replace function voicesurvey_rules.note_purge(transcripts bigint, metadata bigint)
returns void
language sql
begin atomic
end;

alter function voicesurvey_rules.note_purge(bigint, bigint) reset all;

comment on function voicesurvey_rules.note_purge(bigint, bigint) is
  'Does nothing. Called by purge_expired.';

drop function if exists voicesurvey_rules.reject_change_of_audit_log();
drop function if exists voicesurvey_rules.log_erasure();
drop function if exists voicesurvey_rules.log_configuration();
drop function if exists voicesurvey_rules.log_exclusions();
drop function if exists voicesurvey_rules.log_campaign();
drop function if exists voicesurvey_rules.append_to_audit_log(text, uuid[], jsonb);
