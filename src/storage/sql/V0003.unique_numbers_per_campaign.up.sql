-- migrate: no-transaction
--
-- V0003: one campaign lists a number once (rule 10); a person on one list twice would be called twice.
--
-- Safe on a live table: the duplicates are looked for before the index is built, and listed by id, so that
-- somebody can decide which row stays; the index is built CONCURRENTLY, while everybody reads and writes;
-- the plain index goes only when the unique one can do its work.

set search_path = pg_catalog, pg_temp;


-- A number on a list. It serves every search that contacts_by_campaign served.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.contacts
    group by campaign_id, phone_number
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'a_campaign_lists_a_number_once',
      message = 'Some campaigns list a number more than once.',
      detail = format('Ids of contacts, at most 20 groups of them: %s.', found),
      hint = 'Keep the contact that was called and delete the others, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists a_campaign_lists_a_number_once
  on public.contacts (campaign_id, phone_number);

comment on index public.a_campaign_lists_a_number_once is
  'Rule 10: one campaign lists a number once. Finds a campaign''s contacts: for the scheduler, the counts and the export, and when the campaign goes.';

drop index concurrently if exists public.contacts_by_campaign;
