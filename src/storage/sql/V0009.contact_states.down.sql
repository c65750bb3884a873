-- V0009, down: allows a contact to change from any state to any other, as before V0009.
--
-- It changes no row. Safe on a live table: dropping a trigger changes only the catalog.

set search_path = pg_catalog, pg_temp;


drop trigger if exists a_contact_agrees_with_its_calls on public.contacts;
drop trigger if exists a_contact_changes_state_in_order on public.contacts;
drop trigger if exists a_contact_never_changes_campaign on public.contacts;
drop trigger if exists a_contact_begins_pending_or_excluded on public.contacts;

drop function if exists voicesurvey_rules.check_contact_against_calls();
drop function if exists voicesurvey_rules.check_contact_transition();
