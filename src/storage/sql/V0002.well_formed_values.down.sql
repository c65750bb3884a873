-- migrate: lock-timeout 350ms
--
-- V0002, down: drops the constraints on single rows, the schema voicesurvey_rules with its three functions, and the
-- schema voicesurvey.
--
-- It changes no row. Safe on a live table: each statement changes only the catalog. The eleven tables are locked one
-- after the other and held until commit. With at most 350 ms for each lock, no statement is blocked for longer than
-- 4 seconds.
-- Roll back the later versions first, because their triggers use the schema.

set search_path = pg_catalog, pg_temp;


alter table public.users
  drop constraint if exists user_has_a_name,
  drop constraint if exists user_has_an_oidc_subject,
  drop constraint if exists email_of_a_user_looks_like_an_address,
  drop constraint if exists user_has_finite_times;

alter table public.email_templates
  drop constraint if exists template_has_a_name,
  drop constraint if exists template_has_a_body,
  drop constraint if exists subject_is_one_line,
  drop constraint if exists template_has_finite_times;

alter table public.campaigns
  drop constraint if exists campaign_has_a_name,
  drop constraint if exists campaign_starts_with_a_script_and_three_questions,
  drop constraint if exists retry_interval_is_1_minute_or_more,
  drop constraint if exists calling_window_starts_before_it_ends,
  drop constraint if exists calling_window_ends_before_24_00,
  drop constraint if exists campaign_has_finite_times;

alter table public.contacts
  drop constraint if exists phone_number_of_a_contact_is_e164,
  drop constraint if exists email_of_a_contact_looks_like_an_address,
  drop constraint if exists attempts_count_is_0_or_more,
  drop constraint if exists no_last_attempt_or_outcome_before_the_first_call,
  drop constraint if exists contact_has_finite_times,
  drop constraint if exists a_contact_with_do_not_call_is_never_dialled;

alter table public.exclusion_list_entries
  drop constraint if exists excluded_number_is_e164,
  drop constraint if exists exclusion_has_a_finite_time;

alter table public.call_attempts
  drop constraint if exists call_id_is_not_blank,
  drop constraint if exists provider_call_id_is_not_blank,
  drop constraint if exists times_of_a_call_run_forward,
  drop constraint if exists call_has_finite_times,
  drop constraint if exists call_has_an_outcome_exactly_when_it_has_ended,
  drop constraint if exists outcome_agrees_with_answered_at,
  drop constraint if exists metadata_is_an_object;

alter table public.survey_responses
  drop constraint if exists all_three_answers_are_present,
  drop constraint if exists answers_have_a_finite_time;

alter table public.events
  drop constraint if exists payload_is_an_object,
  drop constraint if exists event_has_a_finite_time;

alter table public.email_notifications
  drop constraint if exists to_email_looks_like_an_address,
  drop constraint if exists notification_has_finite_times;

alter table public.provider_configs
  drop constraint if exists provider_has_a_name,
  drop constraint if exists language_model_has_a_name,
  drop constraint if exists outbound_number_is_e164,
  drop constraint if exists configuration_has_finite_times;

alter table public.transcript_snippets
  drop constraint if exists transcript_is_not_blank,
  drop constraint if exists transcript_holds_no_phone_number,
  drop constraint if exists transcript_has_a_finite_time;

drop function if exists voicesurvey_rules.is_not_blank(text);
drop function if exists voicesurvey_rules.is_phone_number(text);
drop function if exists voicesurvey_rules.is_email_address(text);

drop schema if exists voicesurvey_rules;
drop schema if exists voicesurvey;
