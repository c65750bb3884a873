-- V0018, down: makes a_contact_with_do_not_call_is_never_dialled NOT VALID again.
--
-- Contacts that V0018 excluded stay excluded: the state that they had before is not recorded. PostgreSQL cannot undo a
-- validation, so the constraint is dropped and added again as V0002 adds it.
--
-- It reads and changes no row. Safe on a live table: it changes only the catalog and takes milliseconds.

set search_path = pg_catalog, pg_temp;


alter table public.contacts
  drop constraint if exists a_contact_with_do_not_call_is_never_dialled,
  add constraint a_contact_with_do_not_call_is_never_dialled
    check (not do_not_call or state in ('completed', 'refused', 'excluded')) not valid;

comment on constraint a_contact_with_do_not_call_is_never_dialled on public.contacts is
  'Rule 1: a contact with do_not_call is in no state from which it could be dialled.';
