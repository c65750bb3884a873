-- migrate: lock-timeout 2s
--
-- V0024, down: drops the deliveries of events and e-mails, with their functions. Services read events and write e-mails by
-- themselves, as before V0024.
--
-- It deletes the consumers and what they have not received. Safe on a live table: dropping a trigger changes only the
-- catalog. It locks only events, besides the dropped tables.

set search_path = pg_catalog, pg_temp;


drop trigger if exists an_event_is_queued_for_its_consumers on public.events;

drop function if exists voicesurvey.email_failed(uuid, text);
drop function if exists voicesurvey.email_sent(uuid, text);
drop function if exists voicesurvey.claim_emails(integer, interval);
drop function if exists voicesurvey_rules.template_for_event(uuid);
drop function if exists voicesurvey.retry_dead_events(text);
drop function if exists voicesurvey.event_failed(text, uuid, text);
drop function if exists voicesurvey.event_delivered(text, uuid);
drop function if exists voicesurvey.claim_events(text, integer, interval);
drop function if exists voicesurvey_rules.check_lease(integer, interval);
drop function if exists voicesurvey.remove_consumer(text);
drop function if exists voicesurvey.add_consumer(text, timestamptz);
drop function if exists voicesurvey_rules.queue_deliveries();

drop view if exists voicesurvey.event_payloads;

drop table if exists voicesurvey.email_queue;
drop table if exists voicesurvey.event_deliveries;
drop table if exists voicesurvey.consumers;
