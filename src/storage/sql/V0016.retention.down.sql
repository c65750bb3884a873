-- migrate: lock-timeout 2s
--
-- V0016, down: a transcript may belong to any call, and nothing applies the retention days, as before V0016.
--
-- No row is changed. Safe on a live table: dropping a trigger changes only the catalog. Only transcript_snippets is
-- locked, and call_attempts for its foreign key.

set search_path = pg_catalog, pg_temp;


drop trigger if exists a_transcript_keeps_its_call on public.transcript_snippets;
drop trigger if exists a_transcript_is_of_an_answered_call on public.transcript_snippets;

alter table public.transcript_snippets
  alter constraint transcript_belongs_to_a_call_attempt not deferrable;

drop function if exists voicesurvey.purge_expired(integer);
drop function if exists voicesurvey_rules.check_transcript();

drop schema if exists voicesurvey;
