-- V0028, down: drops the API for reading.
--
-- It changes no row. Safe on a live table: dropping functions and views locks no table.

set search_path = pg_catalog, pg_temp;


drop function if exists voicesurvey.call_detail(text);
drop function if exists voicesurvey.contacts_page(uuid, text, integer, public.contact_state[]);
drop view if exists voicesurvey.campaign_export;
drop view if exists voicesurvey.campaign_overview;
drop function if exists voicesurvey.calls_over_time(uuid, text);
drop function if exists voicesurvey.campaign_statistics(uuid);
