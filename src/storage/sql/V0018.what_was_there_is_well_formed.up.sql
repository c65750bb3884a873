-- V0018: the rows that were there before hold what V0002 asks of every new row (rules 5, 6, 9, 11, 12, 13).
--
-- Where a row does not, PostgreSQL names the constraint and nothing is changed: find the rows with the
-- constraint's expression, put them right, and run this again. Until then all that is written is held to the
-- rules, and only a row from before may be as it was.
--
-- Safe on a live table: VALIDATE reads, and lets everybody read and write meanwhile.


alter table public.users
  validate constraint user_has_a_name,
  validate constraint user_has_an_oidc_subject,
  validate constraint email_of_a_user_looks_like_one,
  validate constraint user_was_made_in_the_past,
  validate constraint user_changed_after_it_was_made;

alter table public.email_templates
  validate constraint template_has_a_name,
  validate constraint template_has_a_body,
  validate constraint subject_is_one_line,
  validate constraint template_was_made_in_the_past,
  validate constraint template_changed_after_it_was_made;

alter table public.campaigns
  validate constraint campaign_has_a_name,
  validate constraint campaign_starts_with_a_script_and_three_questions,
  validate constraint retry_interval_is_1_minute_or_more,
  validate constraint calling_window_starts_before_it_ends,
  validate constraint campaign_was_made_in_the_past,
  validate constraint campaign_changed_after_it_was_made;

alter table public.contacts
  validate constraint phone_number_of_a_contact_is_e164,
  validate constraint email_of_a_contact_looks_like_one,
  validate constraint attempts_count_is_0_or_more,
  validate constraint nothing_is_known_of_calls_before_the_first,
  validate constraint last_attempt_was_in_the_past,
  validate constraint do_not_call_is_never_dialled,
  validate constraint contact_was_made_in_the_past,
  validate constraint contact_changed_after_it_was_made;

alter table public.exclusion_list_entries
  validate constraint excluded_number_is_e164,
  validate constraint exclusion_was_made_in_the_past;

alter table public.call_attempts
  validate constraint call_id_is_not_blank,
  validate constraint provider_call_id_is_not_blank,
  validate constraint times_of_a_call_run_forward,
  validate constraint times_of_a_call_are_in_the_past,
  validate constraint call_has_an_outcome_exactly_when_it_has_ended,
  validate constraint outcome_agrees_with_the_answering,
  validate constraint metadata_is_an_object;

alter table public.survey_responses
  validate constraint all_three_answers_are_there,
  validate constraint survey_was_completed_in_the_past;

alter table public.events
  validate constraint payload_is_an_object,
  validate constraint event_was_told_in_the_past;

alter table public.email_notifications
  validate constraint email_goes_to_what_looks_like_an_address,
  validate constraint notification_was_made_in_the_past,
  validate constraint notification_changed_after_it_was_made;

alter table public.provider_configs
  validate constraint provider_has_a_name,
  validate constraint language_model_has_a_name,
  validate constraint outbound_number_is_e164,
  validate constraint configuration_was_made_in_the_past,
  validate constraint configuration_changed_after_it_was_made;

alter table public.transcript_snippets
  validate constraint transcript_is_not_blank,
  validate constraint transcript_holds_no_phone_number,
  validate constraint transcript_was_made_in_the_past;
