-- migrate: no-transaction
--
-- V0004: a contact has one open call, an attempt number is used once, a provider's key names one call
-- (rules 2 and 5). Two schedulers that claim one contact at once are told apart here.
--
-- Safe on a live table: the duplicates are looked for before the index is built, and listed by id, so that
-- somebody can decide which row stays; the index is built CONCURRENTLY, while everybody reads and writes;
-- the plain index goes only when the unique one can do its work.

set search_path = pg_catalog, pg_temp;


-- The open calls of the installation; the index is as small as they are few, and rule 4 counts in it.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.call_attempts
    where ended_at is null
    group by contact_id
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'a_contact_has_one_open_call',
      message = 'Some contacts have more than one open call.',
      detail = format('Ids of call_attempts, at most 20 groups of them: %s.', found),
      hint = 'End the calls that are over, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists a_contact_has_one_open_call
  on public.call_attempts (contact_id)
  where ended_at is null;

comment on index public.a_contact_has_one_open_call is
  'Rule 2: nobody is dialled twice at once. Finds the open calls, which rule 4 counts.';


-- A contact's attempts, in their order. It serves every search that call_attempts_by_contact served.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.call_attempts
    group by contact_id, attempt_number
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'an_attempt_number_is_used_once',
      message = 'Some contacts have two attempts of one number.',
      detail = format('Ids of call_attempts, at most 20 groups of them: %s.', found),
      hint = 'Number the attempts of these contacts 1, 2, 3 in the order of started_at, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists an_attempt_number_is_used_once
  on public.call_attempts (contact_id, attempt_number);

comment on index public.an_attempt_number_is_used_once is
  'Rule 2: a contact''s attempts are numbered without repeats. Finds a contact''s attempts: the latest, and all when the contact is erased.';

drop index concurrently if exists public.call_attempts_by_contact;


-- The provider's keys; any number of calls may still have none.

do $duplicates$
declare
  found text;
begin
  select string_agg(twins.ids, '; ')
  into found
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.call_attempts
    where provider_call_id is not null
    group by provider_call_id
    having count(*) > 1
    limit 20
  ) as twins;

  if found is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'a_provider_call_id_is_used_once',
      message = 'Some calls share one key of the provider.',
      detail = format('Ids of call_attempts, at most 20 groups of them: %s.', found),
      hint = 'Ask the provider which call has the key, and set the others null, then run this again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists a_provider_call_id_is_used_once
  on public.call_attempts (provider_call_id);

comment on index public.a_provider_call_id_is_used_once is
  'Rule 5: a provider''s key names one call. Finds the attempt that a provider''s webhook speaks of.';

drop index concurrently if exists public.call_attempts_by_provider_call_id;
