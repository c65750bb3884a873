-- migrate: lock-timeout 2s
--
-- V0015, down: an event may tell anything and change, and an e-mail go anywhere, as V0014 left it.
--
-- No row is changed. Safe on a live table: each statement is the blink of a catalog change.


alter table public.email_notifications
  alter constraint notification_belongs_to_an_event not deferrable;

alter table public.events
  alter constraint call_attempt_of_an_event_exists not deferrable;

drop trigger if exists a_sent_email_goes_with_its_contact on public.email_notifications;
drop trigger if exists what_is_sent_stays_sent on public.email_notifications;
drop trigger if exists an_email_keeps_its_event on public.email_notifications;
drop trigger if exists a_changed_email_is_its_events on public.email_notifications;
drop trigger if exists an_email_is_its_events on public.email_notifications;
drop trigger if exists an_event_goes_with_its_contact on public.events;
drop trigger if exists an_event_never_changes on public.events;
drop trigger if exists an_event_tells_its_contacts_end on public.events;

drop function if exists voicesurvey_rules.check_email();
drop function if exists voicesurvey_rules.check_sent_email();
drop function if exists voicesurvey_rules.check_published_row_is_retained();
drop function if exists voicesurvey_rules.check_event_is_unchanged();
drop function if exists voicesurvey_rules.check_event();
