-- migrate: no-transaction
--
-- V0003: a campaign lists a number once (rule 10). A person who is on one list twice would be called twice.
--
-- Safe on a live table:
--   - Existing duplicates are searched for before the index is built, and reported by id, so that an operator can decide
--     which rows to delete.
--   - The index is built with CREATE INDEX CONCURRENTLY, while other sessions read and write.
--   - The plain index that it replaces is dropped after that, so that no query is without an index.

set search_path = pg_catalog, pg_temp;


-- The unique index serves every query that contacts_by_campaign served.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.contacts
    group by campaign_id, phone_number
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'a_campaign_lists_a_number_once',
      message = 'Some campaigns list a number more than once.',
      detail = format('Ids of contacts, at most 20 groups: %s.', duplicates),
      hint = 'In each group, keep the contact that was called and delete the others. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists a_campaign_lists_a_number_once
  on public.contacts (campaign_id, phone_number);

comment on index public.a_campaign_lists_a_number_once is
  'Rule 10: a campaign lists a number once. Finds the contacts of a campaign: for the scheduler, the counts and the export, and when the campaign is deleted.';

drop index concurrently if exists public.contacts_by_campaign;
