-- migrate: lock-timeout 2s
--
-- V0016, down: allows a transcript to belong to any call, and drops purge_expired, as before V0016.
--
-- It changes no row. Safe on a live table: dropping a trigger changes only the catalog. It locks call_attempts and
-- transcript_snippets.
--
-- Without purge_expired nothing deletes expired transcripts.

set search_path = pg_catalog, pg_temp;


drop trigger if exists late_metadata_is_emptied_too on public.call_attempts;
drop trigger if exists a_transcript_keeps_its_call on public.transcript_snippets;
drop trigger if exists a_transcript_is_of_an_answered_call on public.transcript_snippets;

alter table public.transcript_snippets
  alter constraint transcript_belongs_to_a_call_attempt not deferrable;

drop function if exists voicesurvey.purge_expired(integer);
drop function if exists voicesurvey_rules.note_purge(bigint, bigint);
drop function if exists voicesurvey_rules.check_transcript();
drop function if exists voicesurvey_rules.check_late_metadata();

-- As V0011 made it.

create or replace function voicesurvey_rules.note_late_metadata(attempt public.call_attempts)
returns void
language sql
begin atomic
end;

alter function voicesurvey_rules.note_late_metadata(public.call_attempts) reset all;

comment on function voicesurvey_rules.note_late_metadata(public.call_attempts) is
  'Does nothing. Called when an attempt is inserted that started more than 12 hours ago.';

drop table if exists voicesurvey_rules.purge_progress;
