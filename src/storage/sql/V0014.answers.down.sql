-- migrate: lock-timeout 2s
--
-- V0014, down: allows answers to belong to any call and to change, as before V0014. It also drops the records of erased
-- answers, which cannot be restored.
--
-- Safe on a live table: dropping a trigger changes only the catalog. It locks contacts and
-- survey_responses, in the order in which services write them.

set search_path = pg_catalog, pg_temp;


drop trigger if exists erased_answers_are_deleted_with_their_contact on public.contacts;
drop trigger if exists erased_answers_stay_erased on public.survey_responses;
drop trigger if exists answers_are_final on public.survey_responses;
drop trigger if exists answers_agree_with_their_call_and_contact on public.survey_responses;

alter table public.survey_responses
  alter constraint response_belongs_to_a_call_attempt not deferrable;

drop function if exists voicesurvey_rules.delete_erased_answers();
drop function if exists voicesurvey_rules.record_erased_answers();
drop function if exists voicesurvey_rules.check_answers();

drop table if exists voicesurvey_rules.erased_answers;
