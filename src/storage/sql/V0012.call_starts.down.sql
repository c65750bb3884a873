-- migrate: lock-timeout 2s
--
-- V0012, down: a call may start at any time, to anybody, as V0011 left it.
--
-- No row is changed. Safe on a live table: each statement is the blink of a catalog change.


drop trigger if exists claims_do_not_overtake_a_change_of_a_campaign on public.campaigns;
drop trigger if exists claims_wait_for_a_change_of_their_limit on public.provider_configs;
drop trigger if exists who_may_be_called_again_keeps_the_latest_call on public.call_attempts;
drop trigger if exists an_open_call_is_not_deleted on public.call_attempts;
drop trigger if exists an_ended_call_agrees_with_its_contact on public.call_attempts;
drop trigger if exists a_call_agrees_with_its_contact on public.call_attempts;
drop trigger if exists a_call_may_start on public.call_attempts;
drop trigger if exists erased_last_calls_are_deleted_with_their_contact on public.contacts;

drop function if exists voicesurvey_rules.lock_claims();
drop function if exists voicesurvey_rules.block_new_claims();
drop function if exists voicesurvey_rules.delete_erased_last_calls();
drop function if exists voicesurvey_rules.check_latest_call_is_retained();
drop function if exists voicesurvey_rules.check_ended_call();
drop function if exists voicesurvey_rules.check_new_call();
drop function if exists voicesurvey_rules.check_call_may_start();
drop function if exists voicesurvey_rules.last_call_was_erased(uuid);

drop table if exists voicesurvey_rules.erased_last_calls;
