-- V0017: contacts that were on the exclusion list, or not to be called, before V0013 are excluded now (rule 1).
--
-- From V0013 on every such contact is excluded as it comes; these came before. Without them this changes
-- nothing, also when it is run again.
--
-- Safe on a live table: only the rows of those contacts are locked, and nobody may call them anyway.


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
