-- V0011, down: allows the facts of an attempt to be changed, as before V0011.
--
-- It changes no row. Safe on a live table: dropping a trigger changes only the catalog. It locks only call_attempts.

set search_path = pg_catalog, pg_temp;


drop trigger if exists times_of_a_call_are_not_in_the_future on public.call_attempts;
drop trigger if exists answer_end_and_outcome_of_a_call_are_final on public.call_attempts;
drop trigger if exists a_provider_call_id_is_set_once on public.call_attempts;
drop trigger if exists an_attempt_keeps_its_keys_and_start on public.call_attempts;

drop function if exists voicesurvey_rules.check_call_times();
drop function if exists voicesurvey_rules.check_call_facts();
drop function if exists voicesurvey_rules.check_provider_call_id();
drop function if exists voicesurvey_rules.note_late_recording(public.call_attempts);
drop function if exists voicesurvey_rules.note_late_metadata(public.call_attempts);
