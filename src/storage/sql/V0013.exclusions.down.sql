-- migrate: lock-timeout 2s
--
-- V0013, down: the exclusion list excludes nobody by itself, as V0012 left it; calls are still refused.
--
-- Contacts that were excluded stay so. Safe on a live table: each statement is the blink of a catalog change.


drop trigger if exists a_changed_entry_excludes_its_contacts on public.exclusion_list_entries;
drop trigger if exists a_listed_number_excludes_its_contacts on public.exclusion_list_entries;
drop trigger if exists who_asked_before_the_rules_stays_excluded on public.contacts;
drop trigger if exists who_asked_not_to_be_called_stays_excluded on public.contacts;
drop trigger if exists the_listed_are_excluded_when_their_number_changes on public.contacts;
drop trigger if exists the_listed_are_excluded_from_their_import_on on public.contacts;
drop trigger if exists do_not_call_means_excluded on public.contacts;

drop function if exists voicesurvey_rules.list_number_of_erased_contact();
drop function if exists voicesurvey_rules.exclude_contact_of_listed_number();
drop function if exists voicesurvey_rules.exclude_imported_contacts();
drop function if exists voicesurvey_rules.exclude_listed_contacts();
drop function if exists voicesurvey_rules.exclude_do_not_call();
