-- migrate: lock-timeout 2s
--
-- V0016, down: a transcript may belong to any call, and nothing deletes it, as V0015 left it.
--
-- No row is changed. Safe on a live table: each statement is the blink of a catalog change.


alter table public.transcript_snippets
  alter constraint transcript_belongs_to_a_call_attempt not deferrable;

drop trigger if exists a_transcript_keeps_its_call on public.transcript_snippets;
drop trigger if exists a_transcript_is_of_an_answered_call on public.transcript_snippets;

drop function if exists voicesurvey.delete_expired_transcripts(integer);
drop function if exists voicesurvey_rules.check_transcript();

drop schema if exists voicesurvey;
