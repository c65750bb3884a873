-- V0023, down: drops the API for a campaign's life.
--
-- It changes no row. Safe on a live table: drops functions only.

set search_path = pg_catalog, pg_temp;


drop function if exists voicesurvey.complete_finished_campaigns();
drop function if exists voicesurvey.cancel_campaign(uuid);
drop function if exists voicesurvey.resume_campaign(uuid);
drop function if exists voicesurvey.pause_campaign(uuid);
drop function if exists voicesurvey.start_campaign(uuid);
drop function if exists voicesurvey.schedule_campaign(uuid);
drop function if exists voicesurvey_rules.campaign_is_finished(uuid);
drop function if exists
  voicesurvey_rules.move_campaign(uuid, public.campaign_status, public.campaign_status[], text);
drop function if exists voicesurvey_rules.reject_status(uuid, public.campaign_status, text);
drop function if exists voicesurvey_rules.lock_campaign(uuid);
