-- migrate: no-transaction
--
-- V0004: a contact has one open call, an attempt number is used once for a contact, and a provider's call id names
-- one call (rules 2 and 5). If two schedulers claim the same contact concurrently, one of them fails here.
--
-- Safe on a live table in the same way as V0003.

set search_path = pg_catalog, pg_temp;


-- The open calls of the installation. The index is small because few calls are open, and rule 4 counts them in it.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.call_attempts
    where ended_at is null
    group by contact_id
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'a_contact_has_one_open_call',
      message = 'Some contacts have more than one open call.',
      detail = format('Ids of call_attempts, at most 20 groups: %s.', duplicates),
      hint = 'End the calls that are over. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists a_contact_has_one_open_call
  on public.call_attempts (contact_id)
  where ended_at is null;

comment on index public.a_contact_has_one_open_call is
  'Rule 2: a contact never has two open calls. Finds the open calls, which rule 4 counts.';


-- The attempts of a contact, in their order. The unique index serves every query that call_attempts_by_contact served.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.call_attempts
    group by contact_id, attempt_number
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'an_attempt_number_is_used_once',
      message = 'Some contacts have two attempts with the same number.',
      detail = format('Ids of call_attempts, at most 20 groups: %s.', duplicates),
      hint = 'Number the attempts of these contacts 1, 2, 3 in the order of started_at. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists an_attempt_number_is_used_once
  on public.call_attempts (contact_id, attempt_number);

comment on index public.an_attempt_number_is_used_once is
  'Rule 2: the attempts of a contact are numbered without repeats. Finds the attempts of a contact: the latest one, and all of them when the contact is erased.';

drop index concurrently if exists public.call_attempts_by_contact;


-- The provider's call ids. Any number of calls may have none yet.

do $duplicates$
declare
  duplicates text;
begin
  select string_agg(duplicate.ids, '; ')
  into duplicates
  from (
    select string_agg(id::text, ', ' order by id) as ids
    from public.call_attempts
    where provider_call_id is not null
    group by provider_call_id
    having count(*) > 1
    limit 20
  ) as duplicate;

  if duplicates is not null then
    raise exception using
      errcode = 'unique_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'a_provider_call_id_is_used_once',
      message = 'Some calls share a provider_call_id.',
      detail = format('Ids of call_attempts, at most 20 groups: %s.', duplicates),
      hint = 'Ask the provider which call has the id, and set it to null in the others. Then run this migration again.';
  end if;
end
$duplicates$;

create unique index concurrently if not exists a_provider_call_id_is_used_once
  on public.call_attempts (provider_call_id);

comment on index public.a_provider_call_id_is_used_once is
  'Rule 5: a provider''s call id names one call. Finds the attempt that a webhook of the provider is about.';

drop index concurrently if exists public.call_attempts_by_provider_call_id;
