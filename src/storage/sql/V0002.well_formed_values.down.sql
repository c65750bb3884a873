-- V0002, down: takes the constraints on single rows away, and the three functions that they use.
--
-- No row is changed. Safe on a live table: each statement is the blink of a catalog change.


alter table public.users
  drop constraint if exists user_has_a_name,
  drop constraint if exists user_has_an_oidc_subject,
  drop constraint if exists email_of_a_user_looks_like_one,
  drop constraint if exists user_was_made_in_the_past,
  drop constraint if exists user_changed_after_it_was_made;

alter table public.email_templates
  drop constraint if exists template_has_a_name,
  drop constraint if exists template_has_a_body,
  drop constraint if exists subject_is_one_line,
  drop constraint if exists template_was_made_in_the_past,
  drop constraint if exists template_changed_after_it_was_made;

alter table public.campaigns
  drop constraint if exists campaign_has_a_name,
  drop constraint if exists campaign_starts_with_a_script_and_three_questions,
  drop constraint if exists retry_interval_is_1_minute_or_more,
  drop constraint if exists calling_window_starts_before_it_ends,
  drop constraint if exists campaign_was_made_in_the_past,
  drop constraint if exists campaign_changed_after_it_was_made;

alter table public.contacts
  drop constraint if exists phone_number_of_a_contact_is_e164,
  drop constraint if exists email_of_a_contact_looks_like_one,
  drop constraint if exists attempts_count_is_0_or_more,
  drop constraint if exists nothing_is_known_of_calls_before_the_first,
  drop constraint if exists last_attempt_was_in_the_past,
  drop constraint if exists do_not_call_is_never_dialled,
  drop constraint if exists contact_was_made_in_the_past,
  drop constraint if exists contact_changed_after_it_was_made;

alter table public.exclusion_list_entries
  drop constraint if exists excluded_number_is_e164,
  drop constraint if exists exclusion_was_made_in_the_past;

alter table public.call_attempts
  drop constraint if exists call_id_is_not_blank,
  drop constraint if exists provider_call_id_is_not_blank,
  drop constraint if exists times_of_a_call_run_forward,
  drop constraint if exists times_of_a_call_are_in_the_past,
  drop constraint if exists call_has_an_outcome_exactly_when_it_has_ended,
  drop constraint if exists outcome_agrees_with_the_answering,
  drop constraint if exists metadata_is_an_object;

alter table public.survey_responses
  drop constraint if exists all_three_answers_are_there,
  drop constraint if exists survey_was_completed_in_the_past;

alter table public.events
  drop constraint if exists payload_is_an_object,
  drop constraint if exists event_was_told_in_the_past;

alter table public.email_notifications
  drop constraint if exists email_goes_to_what_looks_like_an_address,
  drop constraint if exists notification_was_made_in_the_past,
  drop constraint if exists notification_changed_after_it_was_made;

alter table public.provider_configs
  drop constraint if exists provider_has_a_name,
  drop constraint if exists language_model_has_a_name,
  drop constraint if exists outbound_number_is_e164,
  drop constraint if exists configuration_was_made_in_the_past,
  drop constraint if exists configuration_changed_after_it_was_made;

alter table public.transcript_snippets
  drop constraint if exists transcript_is_not_blank,
  drop constraint if exists transcript_holds_no_phone_number,
  drop constraint if exists transcript_was_made_in_the_past;

drop function if exists voicesurvey_rules.is_not_blank(text);
drop function if exists voicesurvey_rules.is_phone_number(text);
drop function if exists voicesurvey_rules.is_email_address(text);

drop schema if exists voicesurvey_rules;
