-- V0022, down: drops the API for lists.
--
-- It changes no row. Safe on a live table: drops functions only.

set search_path = pg_catalog, pg_temp;


drop function if exists voicesurvey.lift_exclusion(text, text);
drop function if exists voicesurvey.exclude_number(text, text, public.exclusion_source);
drop function if exists voicesurvey.import_exclusions(jsonb);
drop function if exists voicesurvey.import_contacts(uuid, jsonb);
drop function if exists voicesurvey_rules.check_number(text);
drop function if exists voicesurvey_rules.check_verdicts_count(bigint, integer);
drop function if exists voicesurvey_rules.check_lines(jsonb);
drop function if exists voicesurvey_rules.replace_long_numbers(jsonb);
drop function if exists voicesurvey_rules.has_long_number(jsonb);
drop function if exists voicesurvey_rules.has_control_character(text);
drop function if exists voicesurvey_rules.read_boolean(text);
drop function if exists voicesurvey_rules.advise_on_number(jsonb);
