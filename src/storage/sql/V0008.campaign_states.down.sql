-- migrate: lock-timeout 2s
--
-- V0008, down: allows a campaign to change from any status to any other and to use any templates, as before V0008.
--
-- It changes no row. Safe on a live table: each statement changes only the catalog.

set search_path = pg_catalog, pg_temp;


drop trigger if exists a_template_in_use_keeps_its_type on public.email_templates;
drop trigger if exists templates_of_a_campaign_still_fit on public.campaigns;
drop trigger if exists templates_of_a_campaign_fit on public.campaigns;
drop trigger if exists a_campaign_starts_with_a_contact_to_call on public.campaigns;
drop trigger if exists a_running_campaign_is_not_deleted on public.campaigns;
drop trigger if exists hours_and_interval_are_fixed_while_a_campaign_runs on public.campaigns;
drop trigger if exists questions_and_max_attempts_are_fixed_from_the_first_start on public.campaigns;
drop trigger if exists a_campaign_changes_status_in_order on public.campaigns;
drop trigger if exists a_campaign_begins_as_a_draft on public.campaigns;

drop function if exists voicesurvey_rules.check_template_is_unused();
drop function if exists voicesurvey_rules.check_campaign_templates();
drop function if exists voicesurvey_rules.check_campaign_has_contacts();
