-- migrate: lock-timeout 2s
--
-- V0025, down: drops the API for erasures and recordings, the tallies, and the recordings to delete.
--
-- Afterwards the statistics count only rows that exist, and recordings that are still to be deleted are forgotten: empty
-- voicesurvey.recordings_to_delete first. Safe on a live table: dropping a trigger changes only the catalog.

set search_path = pg_catalog, pg_temp;


drop trigger if exists erased_contacts_stay_in_the_statistics on public.contacts;
drop trigger if exists deleted_attempts_stay_in_the_statistics on public.call_attempts;
drop trigger if exists tallies_are_deleted_with_their_campaign on public.campaigns;

drop function if exists voicesurvey.recording_deleted(text);
drop function if exists voicesurvey.expired_recordings(integer, interval);
drop function if exists voicesurvey.erase_contact(uuid);
drop function if exists voicesurvey.erase_person(text);
drop function if exists voicesurvey_rules.erase_contacts(uuid[]);
drop function if exists voicesurvey_rules.lock_numbers_to_list(uuid[]);
drop function if exists voicesurvey_rules.delete_tallies();
drop function if exists voicesurvey_rules.tally_attempts();
drop function if exists voicesurvey_rules.lock_recording_progress();
drop function if exists voicesurvey_rules.tally_contacts();

-- As V0011 made it.

create or replace function voicesurvey_rules.note_late_recording(attempt public.call_attempts)
returns void
language sql
begin atomic
end;

alter function voicesurvey_rules.note_late_recording(public.call_attempts) reset all;

comment on function voicesurvey_rules.note_late_recording(public.call_attempts) is
  'Does nothing. Called when an attempt is inserted, its provider_call_id set, or its end replaced, more than 12 hours after '
  'its start.';

drop table if exists voicesurvey_rules.recording_progress;
drop table if exists voicesurvey.recordings_to_delete;
drop table if exists voicesurvey.tallies;
