-- migrate: lock-timeout 2s
--
-- V0020, down: drops the functions that claim calls, and gives attempts and events random ids again. The ids that exist stay.
--
-- Safe on a live table: a default changes only the catalog. Two tables are locked, in the order in which services write them.

set search_path = pg_catalog, pg_temp;


drop function if exists voicesurvey.set_calling_time(uuid, text, integer[], time, time);
drop function if exists voicesurvey.next_opening(uuid);
drop function if exists voicesurvey.may_call_now(uuid);
drop function if exists voicesurvey.claim_calls(integer, uuid);
drop function if exists voicesurvey.free_call_slots();
drop function if exists voicesurvey_rules.find_opening(uuid, timestamptz);
drop function if exists voicesurvey_rules.lock_contacts_to_call(uuid, integer, timestamptz, timestamptz, text[], integer);
drop function if exists voicesurvey_rules.is_calling_time(uuid, timestamptz);
drop function if exists voicesurvey_rules.require_campaign(uuid);

alter table public.call_attempts
  alter column id set default gen_random_uuid();
alter table public.events
  alter column id set default gen_random_uuid();

drop function if exists voicesurvey_rules.time_ordered_id();
