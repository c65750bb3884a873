-- migrate: lock-timeout 2s
--
-- V0015, down: allows events and e-mails to have any content and to change, as before V0015.
--
-- It changes no row. Safe on a live table: dropping a trigger changes only the catalog. It locks events and
-- email_notifications, in the order in which services write them.

set search_path = pg_catalog, pg_temp;


drop trigger if exists an_event_is_deleted_only_with_its_contact on public.events;
drop trigger if exists an_event_never_changes on public.events;
drop trigger if exists an_event_agrees_with_its_contact on public.events;
drop trigger if exists a_sent_email_is_deleted_only_with_its_contact on public.email_notifications;
drop trigger if exists a_sent_email_never_changes on public.email_notifications;
drop trigger if exists an_email_keeps_its_event on public.email_notifications;
drop trigger if exists a_changed_email_agrees_with_its_event on public.email_notifications;
drop trigger if exists an_email_agrees_with_its_event on public.email_notifications;

alter table public.events
  alter constraint call_attempt_of_an_event_exists not deferrable;

alter table public.email_notifications
  alter constraint notification_belongs_to_an_event not deferrable;

drop function if exists voicesurvey_rules.check_email();
drop function if exists voicesurvey_rules.check_sent_email();
drop function if exists voicesurvey_rules.check_sent_email_is_retained();
drop function if exists voicesurvey_rules.check_event_is_retained();
drop function if exists voicesurvey_rules.check_event_is_unchanged();
drop function if exists voicesurvey_rules.check_event();
