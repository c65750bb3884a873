-- migrate: lock-timeout 2s
--
-- V0012, down: drops the checks of the start of a call, as before V0012. It also drops the records of erased last
-- calls, the noted hang-ups, and the time zones and calling days of campaigns, which cannot be restored.
--
-- Safe on a live table: dropping a trigger changes only the catalog. It locks four tables, in the order in which
-- services write them.

set search_path = pg_catalog, pg_temp;


drop trigger if exists erased_last_calls_are_deleted_with_their_contact on public.contacts;
drop trigger if exists a_number_has_one_open_call on public.contacts;
drop trigger if exists the_erasure_of_a_last_call_is_recorded on public.call_attempts;
drop trigger if exists a_contact_that_may_be_called_again_keeps_its_latest_call on public.call_attempts;
drop trigger if exists an_open_call_is_not_deleted on public.call_attempts;
drop trigger if exists an_ended_call_agrees_with_its_contact on public.call_attempts;
drop trigger if exists a_call_agrees_with_its_contact on public.call_attempts;
drop trigger if exists a_call_may_start on public.call_attempts;
drop trigger if exists claims_wait_while_their_limit_changes on public.provider_configs;

alter table public.call_attempts
  alter constraint attempt_belongs_to_a_campaign not deferrable;

drop function if exists voicesurvey_rules.lock_claims();
drop function if exists voicesurvey_rules.delete_erased_last_calls();
drop function if exists voicesurvey_rules.record_erased_last_call();
drop function if exists voicesurvey_rules.check_latest_call_is_retained();
drop function if exists voicesurvey_rules.check_ended_call();
drop function if exists voicesurvey_rules.check_changed_number();
drop function if exists voicesurvey_rules.check_new_call();
drop function if exists voicesurvey_rules.check_call_may_start();
drop function if exists voicesurvey_rules.used_call_slots();
drop table if exists voicesurvey.campaign_settings;
drop function if exists voicesurvey_rules.change_campaign_of_settings();
drop function if exists voicesurvey_rules.check_calling_time();
drop function if exists voicesurvey_rules.local_time(timestamptz, text);
drop function if exists voicesurvey_rules.installation_time_zone();
drop function if exists voicesurvey_rules.is_time_zone_name(text);
drop function if exists voicesurvey_rules.last_call_was_erased(uuid);

drop table if exists voicesurvey.hang_ups;
drop table if exists voicesurvey_rules.erased_last_calls;
