-- V0011, down: an attempt may be rewritten, as V0010 left it.
--
-- No row is changed. Safe on a live table: each statement is the blink of a catalog change.


drop trigger if exists times_of_a_call_are_not_in_the_future on public.call_attempts;
drop trigger if exists what_happened_in_a_call_stays on public.call_attempts;
drop trigger if exists a_provider_call_id_stays on public.call_attempts;
drop trigger if exists an_attempt_keeps_what_it_is on public.call_attempts;

drop function if exists voicesurvey_rules.check_call_times();
drop function if exists voicesurvey_rules.check_call_facts();
drop function if exists voicesurvey_rules.check_provider_call_id();
