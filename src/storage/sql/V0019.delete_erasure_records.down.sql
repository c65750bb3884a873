-- migrate: lock-timeout 2s
--
-- V0019, down: notes stay behind their contacts, as V0018 left it.
--
-- No row is changed. Safe on a live table: each statement is the blink of a catalog change.


drop trigger if exists notes_go_with_their_contact on public.contacts;

drop function if exists voicesurvey_rules.delete_erasure_records();
