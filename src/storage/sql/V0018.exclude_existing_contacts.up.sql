-- V0018: contacts that were on the exclusion list, or not to be called, before V0013 are excluded now (rule 1).
--
-- From V0013 on every such contact is excluded as it comes; these came before. Without them this changes
-- nothing, also when it is run again. It comes after V0017: a row from before that breaks a check cannot be
-- changed, and all of them are listed there.
--
-- Safe on a live table: only the rows of those contacts are locked, and nobody may call them anyway; VALIDATE
-- reads, and lets everybody read and write meanwhile.

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

-- A table that a deferred trigger still waits for cannot be altered. In a block, since psql warns of it where
-- there is no transaction.
do $verdict$
begin
  set constraints all immediate;
end
$verdict$;

alter table public.contacts
  validate constraint do_not_call_is_never_dialled;
