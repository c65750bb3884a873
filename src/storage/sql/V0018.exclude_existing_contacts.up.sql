-- V0018: excludes the contacts that had do_not_call, or a number on the exclusion list, before V0013 (rule 1).
--
-- V0013 excludes every such contact from its import on. These contacts were imported before. If there are none, and
-- when it runs again, this migration changes nothing. It comes after V0017, because a row that breaks a CHECK cannot
-- be updated and V0017 reports all of them.
--
-- Safe on a live table: the update locks only these contacts, which must not be called anyway. VALIDATE CONSTRAINT
-- reads the table while other sessions read and write it.

set search_path = pg_catalog, pg_temp;


update public.contacts as contact
set state = 'excluded'
where contact.state not in ('completed', 'refused', 'excluded')
  and (
    contact.do_not_call
    or exists (
      select
      from public.exclusion_list_entries as listed
      where listed.phone_number = contact.phone_number
    )
  );

-- Fires the deferred triggers now, because a table with pending trigger events cannot be altered. In a DO block,
-- because psql warns about SET CONSTRAINTS outside of a transaction.

do $deferred$
begin
  set constraints all immediate;
end
$deferred$;

alter table public.contacts
  validate constraint a_contact_with_do_not_call_is_never_dialled;
