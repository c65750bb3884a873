-- migrate: lock-timeout 2s
--
-- V0016, down: allows a transcript to belong to any call, and drops purge_expired, as before V0016.
--
-- It changes no row. Safe on a live table: dropping a trigger changes only the catalog. It locks only
-- transcript_snippets.
--
-- Without purge_expired nothing deletes expired transcripts.

set search_path = pg_catalog, pg_temp;


drop trigger if exists a_transcript_keeps_its_call on public.transcript_snippets;
drop trigger if exists a_transcript_is_of_an_answered_call on public.transcript_snippets;

alter table public.transcript_snippets
  alter constraint transcript_belongs_to_a_call_attempt not deferrable;

drop function if exists voicesurvey.purge_expired(integer);
drop function if exists voicesurvey_rules.note_purge(bigint, bigint);
drop function if exists voicesurvey_rules.check_transcript();
