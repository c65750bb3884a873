-- migrate: lock-timeout 2s
--
-- V0014, down: answers may belong to any call and change, as V0013 left it.
--
-- No row is changed. Safe on a live table: each statement is the blink of a catalog change.


alter table public.survey_responses
  alter constraint response_belongs_to_a_call_attempt not deferrable;

drop trigger if exists erased_answers_stay_erased on public.survey_responses;
drop trigger if exists answers_are_final on public.survey_responses;
drop trigger if exists answers_are_of_a_completed_call on public.survey_responses;
drop trigger if exists erased_answers_are_deleted_with_their_contact on public.contacts;

drop function if exists voicesurvey_rules.delete_erased_answers();
drop function if exists voicesurvey_rules.record_erased_answers();
drop function if exists voicesurvey_rules.check_answers();

drop table if exists voicesurvey_rules.erased_answers;
