-- V0021, down: drops the functions that report what happens to a call, as before V0021. Services write it by themselves.
--
-- It also drops the record of closed calls whose result is not published yet: publish these results before. Safe on a live
-- table: it changes no table of the product.

set search_path = pg_catalog, pg_temp;


drop function if exists voicesurvey.number_in(text, public.campaign_language);
drop function if exists voicesurvey_rules.italian_number(text);
drop function if exists voicesurvey_rules.english_number(text);
drop function if exists voicesurvey_rules.number_in_digits(text, public.campaign_language);
drop function if exists voicesurvey.close_stale_call(text);
drop function if exists voicesurvey.stale_calls(interval);
drop function if exists voicesurvey.finish_call(
  text, public.contact_outcome, timestamptz, text[], double precision[], text, text
);
drop function if exists voicesurvey.record_hang_up(text, timestamptz, text);
drop function if exists voicesurvey.record_answered(text, timestamptz);
drop function if exists voicesurvey.record_provider_call(text, text);
drop function if exists voicesurvey_rules.time_in_order(timestamptz, timestamptz, timestamptz);
drop function if exists voicesurvey_rules.find_call(text);

drop table if exists voicesurvey.unpublished_ends;
