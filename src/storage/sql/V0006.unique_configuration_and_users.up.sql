-- migrate: no-transaction
--
-- V0006: there is one provider configuration, and one user for an e-mail address (rules 13 and 11).
--
-- Safe on a live table in the same way as V0003.

set search_path = pg_catalog, pg_temp;


-- Every row has the same key in this index, so there can be only one row.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.provider_configs
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'provider_configs',
      constraint = 'there_is_one_provider_configuration',
      message = 'There is more than one provider configuration.',
      detail = format('Ids of provider_configs, at most 20 groups: %s.', duplicates),
      hint = 'Delete those that are not in use. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists there_is_one_provider_configuration
  on public.provider_configs ((true));

comment on index public.there_is_one_provider_configuration is
  'Rule 13: there is one provider configuration.';


-- The constraint one_user_per_email of V0001 remains. It does not recognise an address that differs only in case. The letters
-- of ASCII are compared as in the C locale, since lower() of a Turkish database makes another letter of I than i.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.users
    group by lower(lower(email collate "C") collate "default")
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'users',
      constraint = 'one_user_per_email_ignoring_case',
      message = 'Some users have e-mail addresses that differ only in case.',
      detail = format('Ids of users, at most 20 groups: %s.', duplicates),
      hint = 'In each group, choose one user, assign the campaigns of the others to it and delete the others. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists one_user_per_email_ignoring_case
  on public.users (lower(lower(email collate "C") collate "default"));

comment on index public.one_user_per_email_ignoring_case is
  'Rule 11: the e-mail addresses of users are unique regardless of case.';
