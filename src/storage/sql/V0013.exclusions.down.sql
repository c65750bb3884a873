-- migrate: lock-timeout 2s
--
-- V0013, down: the exclusion list and do_not_call no longer change the state of a contact, as before V0013. Calls to
-- listed numbers are still rejected.
--
-- Excluded contacts stay excluded. Safe on a live table: dropping a trigger changes only the catalog. It locks two
-- tables, contacts first.

set search_path = pg_catalog, pg_temp;


drop trigger if exists an_erased_number_stays_excluded on public.contacts;
drop trigger if exists a_replaced_number_stays_excluded on public.contacts;
drop trigger if exists the_new_number_of_a_contact_is_excluded_if_it_is_listed on public.contacts;
drop trigger if exists a_listed_number_is_excluded_when_it_is_imported on public.contacts;
drop trigger if exists an_exclusion_ends_only_when_its_cause_is_removed on public.contacts;
drop trigger if exists do_not_call_means_excluded on public.contacts;
drop trigger if exists a_changed_entry_excludes_its_contacts on public.exclusion_list_entries;
drop trigger if exists a_listed_number_excludes_its_contacts on public.exclusion_list_entries;
drop trigger if exists changes_of_the_list_run_one_after_the_other on public.exclusion_list_entries;

drop function if exists voicesurvey_rules.list_replaced_number();
drop function if exists voicesurvey_rules.list_erased_numbers();
drop function if exists voicesurvey_rules.check_exclusion_end();
drop function if exists voicesurvey_rules.exclude_contact_of_listed_number();
drop function if exists voicesurvey_rules.exclude_imported_contacts();
drop function if exists voicesurvey_rules.exclude_listed_contacts();
drop function if exists voicesurvey_rules.lock_exclusion_gate();
drop function if exists voicesurvey_rules.exclude_do_not_call();
