-- migrate: no-transaction
--
-- V0006: one provider configuration, one user for an address (rules 13 and 11).
--
-- Safe on a live table: the duplicates are looked for before the index is built, and listed by id, so that
-- somebody can decide which row stays; the index is built CONCURRENTLY, while everybody reads and writes.

set search_path = pg_catalog, pg_temp;


-- Every row has the same key here, so that there is one row.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.provider_configs
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'provider_configs',
      constraint = 'there_is_one_provider_configuration',
      message = 'There is more than one provider configuration.',
      detail = format('Ids of provider_configs, at most 20 groups of them: %s.', found),
      hint = 'Delete those that are not in use, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists there_is_one_provider_configuration
  on public.provider_configs ((true));

comment on index public.there_is_one_provider_configuration is
  'Rule 13: there is one provider configuration.';


-- The constraint one_user_per_email of V0001 stays; it tells addresses apart that differ in case.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.users
    group by lower(email)
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'users',
      constraint = 'one_user_per_email_whatever_the_case',
      message = 'Some users have one address, written in different case.',
      detail = format('Ids of users, at most 20 groups of them: %s.', found),
      hint = 'Give the campaigns of these users to one of them and delete the others, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists one_user_per_email_whatever_the_case
  on public.users (lower(email));

comment on index public.one_user_per_email_whatever_the_case is
  'Rule 11: users'' addresses are unique, whatever the case.';
