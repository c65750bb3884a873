-- migrate: lock-timeout 2s
--
-- V0013: a number on the exclusion list excludes its contacts, from the moment it is listed and as soon as they are
-- imported, and so does do_not_call (rule 1). The number of an excluded contact stays excluded when the contact is
-- erased or gets another number (rules 1 and 12). An exclusion ends only when its cause is removed (rule 10).
--
-- The exclusion itself rejects nothing: it changes the state of contacts to excluded, for every session and every kind
-- of statement. Their open calls may still end. Completed and refused contacts do not change.
--
-- Safe under concurrency: a statement that writes the list locks exclusion_gate (V0010) before it locks an entry. So two
-- transactions that list or delete several numbers, in any order, run one after the other and do not deadlock.
--
-- An import locks the mutex rows (V0010) of its numbers in one stripe, and an exclusion locks them in all stripes. Each
-- looks for the other's rows only after that. An import is checked once per statement, so 100,000 contacts lock at most 32
-- mutex rows, and each number is looked up once.
--
-- An update that returns an excluded contact locks its number like an import. Without the lock, an exclusion of the
-- number could commit at the same time: the exclusion would find the contact excluded and leave it, and the update
-- would find the number unlisted. do_not_call needs no further lock, since it is in the row that the update locks. The update
-- also locks the campaign FOR KEY SHARE, as an import does, so that complete_finished_campaigns (V0023) leaves it running.
--
-- The number of an excluded contact that is erased or gets another number is put on the list, at the end of the same
-- statement. Not earlier: the listing excludes the other contacts of the number, and the same statement may still have
-- to erase or change these. A row that a statement is about to change must not change meanwhile.
--
-- Such a change of a number locks the mutex rows of both numbers together, in ascending order: those of the old number
-- like an exclusion, that of the new number like an import.
--
-- A call may start in the transaction, and even in the statement, that excludes its contact. The call check (V0012) asks
-- again at commit. An import asks whether its statement has started a call, since a statement trigger excludes only after
-- the functions in RETURNING, which may check deferred constraints early.
--
-- V0018 excludes the contacts that were listed before this version.
--
-- Safe on a live table: creating a trigger changes only the catalog. Two tables are locked together, contacts first. A
-- statement waits at most 2 s for its lock, since writers of the table that is already locked wait too.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.exclude_do_not_call()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'BEFORE' or tg_op not in ('INSERT', 'UPDATE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  new.state := 'excluded';
  return new;
end
$function$;

create or replace function voicesurvey_rules.lock_exclusion_gate()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.exclusion_list_entries'::regclass
    or tg_when <> 'BEFORE'
    or tg_op not in ('INSERT', 'UPDATE', 'DELETE')
    or tg_level <> 'STATEMENT'
  then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  lock table voicesurvey_rules.exclusion_gate in share update exclusive mode;
  return null;
end
$function$;

create or replace function voicesurvey_rules.exclude_listed_contacts()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.exclusion_list_entries'::regclass or tg_when <> 'AFTER' or tg_op not in ('INSERT', 'UPDATE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  perform voicesurvey_rules.lock_mutex_rows(
    array(
      select distinct voicesurvey_rules.mutex_row_of_number(phone_number, stripe)
      from listed
      cross join generate_series(0, 7) as stripe
    )
  );

  -- The rows are locked in the order of their ids: transactions that lock contacts in this order queue.
  update public.contacts
  set state = 'excluded'
  where id in (
      select contact.id
      from public.contacts as contact
      where contact.phone_number in (select phone_number from listed)
        and contact.state not in ('completed', 'refused', 'excluded')
      order by contact.id
      for no key update
    )
    and state not in ('completed', 'refused', 'excluded');

  return null;
end
$function$;

create or replace function voicesurvey_rules.exclude_imported_contacts()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  stripe integer;
  listed_ids uuid[];
  called_id uuid;
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  stripe := voicesurvey_rules.choose_import_stripe();

  perform voicesurvey_rules.lock_mutex_rows(
    array(
      select distinct voicesurvey_rules.mutex_row_of_number(phone_number, stripe)
      from imported
      where state = 'pending'
    )
  );

  -- A session plans this query once, for imports of any size. "offset 0" makes it look each number up by the index,
  -- which suits all of them. Otherwise a small import after a large one would read all contacts.
  select array_agg(imported.id)
  into listed_ids
  from imported
  cross join lateral (
    select
    from public.exclusion_list_entries as entry
    where entry.phone_number = imported.phone_number
    offset 0
  ) as entry
  where imported.state = 'pending';

  if listed_ids is not null then
    -- The contacts are new, so a call of them was started by the statement that imports them.
    select contact_id
    into called_id
    from public.call_attempts
    where contact_id = any (listed_ids)
      and ended_at is null
    limit 1;

    if found then
      raise exception using
        errcode = 'check_violation',
        schema = 'public',
        table = 'contacts',
        constraint = 'never_dial_an_excluded_number',
        message = 'A listed number is excluded as soon as it is imported, and is never dialled.',
        detail = format('Contact %s.', called_id),
        hint = 'Import the number first, and start its call in a later statement.';
    end if;

    update public.contacts
    set state = 'excluded'
    where id = any (listed_ids)
      and state not in ('completed', 'refused', 'excluded');
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.exclude_contact_of_listed_number()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  mutex_rows integer[];
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  mutex_rows := array[
    voicesurvey_rules.mutex_row_of_number(new.phone_number, voicesurvey_rules.choose_import_stripe())
  ];

  -- list_replaced_number will list the old number. Its rows are locked here, together with that of the new number.
  if (old.state = 'excluded' or old.do_not_call or new.state = 'excluded' or new.do_not_call)
    and not exists (select from public.exclusion_list_entries where phone_number = old.phone_number)
  then
    lock table voicesurvey_rules.exclusion_gate in share update exclusive mode;

    mutex_rows := mutex_rows || array(
      select voicesurvey_rules.mutex_row_of_number(old.phone_number, stripe)
      from generate_series(0, 7) as stripe
    );
  end if;

  perform voicesurvey_rules.lock_mutex_rows(mutex_rows);

  if new.state not in ('completed', 'refused', 'excluded') then
    perform
    from public.exclusion_list_entries
    where phone_number = new.phone_number;

    if found then
      new.state := 'excluded';
    end if;
  end if;

  return new;
end
$function$;

create or replace function voicesurvey_rules.check_exclusion_end()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if old.state <> 'excluded' or new.state not in ('pending', 'not_reached') then
    return new;
  end if;

  if new.do_not_call then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'a_contact_with_do_not_call_stays_excluded',
      message = 'A contact stays excluded while its do_not_call is set.',
      detail = format('Contact %s.', old.id),
      hint = 'Set do_not_call to false first, if the person has agreed to be called.';
  end if;

  perform voicesurvey_rules.lock_mutex_rows(
    array[voicesurvey_rules.mutex_row_of_number(new.phone_number, voicesurvey_rules.choose_import_stripe())]
  );

  perform
  from public.exclusion_list_entries
  where phone_number = new.phone_number;

  if found then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'a_listed_number_stays_excluded',
      message = 'A contact stays excluded while its number is on the exclusion list.',
      detail = format('Contact %s.', old.id),
      hint = 'Delete the number''s entry from exclusion_list_entries first, if the number may be called.';
  end if;

  perform
  from public.campaigns
  where id = new.campaign_id
  for key share;

  if old.attempts_count = 0 then
    return new;
  end if;

  -- The latest attempt determines when the next one may start, but the attempts of an excluded contact may be erased
  -- (V0012). So this locks the latest attempt: a concurrent erasure waits, and after an erasure the return is refused.
  perform
  from public.call_attempts
  where contact_id = old.id
    and attempt_number = old.attempts_count
  for key share;

  if not found then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'a_contact_whose_latest_call_was_erased_stays_excluded',
      message = 'A contact stays excluded if its latest attempt was erased: it could be dialled too often or too soon.',
      detail = format('Contact %s.', old.id),
      hint = 'Leave it excluded, or delete the contact and then its exclusion list entry, and import the number again.';
  end if;

  return new;
end
$function$;

create or replace function voicesurvey_rules.list_erased_numbers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  numbers text[];
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- A number that is listed already needs no lock. If another transaction deletes its entry now, that deletion counts as
  -- later. "offset 0": see exclude_imported_contacts.
  select array_agg(distinct phone_number)
  into numbers
  from erased
  where (state = 'excluded' or do_not_call)
    and not exists (
      select
      from public.exclusion_list_entries as entry
      where entry.phone_number = erased.phone_number
      offset 0
    );

  if numbers is not null then
    insert into public.exclusion_list_entries (phone_number, reason)
    select unnest(numbers), 'Was excluded when the contact was erased.'
    on conflict do nothing;
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.list_replaced_number()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  perform
  from public.exclusion_list_entries
  where phone_number = old.phone_number;

  if not found then
    insert into public.exclusion_list_entries (phone_number, reason)
    values (old.phone_number, 'Was the number of an excluded contact.')
    on conflict do nothing;
  end if;

  return null;
end
$function$;

comment on function voicesurvey_rules.exclude_do_not_call() is
  'Excludes a contact whose do_not_call is set.';
comment on function voicesurvey_rules.lock_exclusion_gate() is
  'Locks exclusion_gate until the end of the transaction, before a statement writes the exclusion list.';
comment on function voicesurvey_rules.exclude_listed_contacts() is
  'Excludes the contacts, in all campaigns, of numbers that were just listed.';
comment on function voicesurvey_rules.exclude_imported_contacts() is
  'Excludes the contacts that were just imported and whose numbers are listed. Rejects an import whose statement has '
  'started a call of one of them.';
comment on function voicesurvey_rules.exclude_contact_of_listed_number() is
  'Excludes a contact whose new number is listed.';
comment on function voicesurvey_rules.check_exclusion_end() is
  'Rejects an update that returns an excluded contact while its number is listed or its do_not_call is set, or if its '
  'latest attempt was erased.';
comment on function voicesurvey_rules.list_erased_numbers() is
  'Lists the numbers of the excluded contacts that are erased.';
comment on function voicesurvey_rules.list_replaced_number() is
  'Lists the old number of an excluded contact that gets another one.';

revoke execute on function
  voicesurvey_rules.exclude_do_not_call(),
  voicesurvey_rules.lock_exclusion_gate(),
  voicesurvey_rules.exclude_listed_contacts(),
  voicesurvey_rules.exclude_imported_contacts(),
  voicesurvey_rules.exclude_contact_of_listed_number(),
  voicesurvey_rules.check_exclusion_end(),
  voicesurvey_rules.list_erased_numbers(),
  voicesurvey_rules.list_replaced_number()
from public;


-- contacts

create or replace trigger do_not_call_means_excluded
  before insert or update of do_not_call on public.contacts
  for each row
  when (new.do_not_call and new.state not in ('completed', 'refused', 'excluded'))
  execute function voicesurvey_rules.exclude_do_not_call();

create or replace trigger an_exclusion_ends_only_when_its_cause_is_removed
  before update of state on public.contacts
  for each row
  execute function voicesurvey_rules.check_exclusion_end();

create or replace trigger a_listed_number_is_excluded_when_it_is_imported
  after insert on public.contacts
  referencing new table as imported
  for each statement
  execute function voicesurvey_rules.exclude_imported_contacts();

-- A statement may change a number and start a call, by a CTE or by a function in RETURNING. So the number is locked and
-- looked up by a BEFORE trigger. Its name makes it run after the triggers that check the contact's state, whose
-- refusals it must not prevent.

create or replace trigger the_new_number_of_a_contact_is_excluded_if_it_is_listed
  before update of phone_number on public.contacts
  for each row
  when (old.phone_number <> new.phone_number)
  execute function voicesurvey_rules.exclude_contact_of_listed_number();

-- A contact is excluded if it was so before the statement, or is so after it.

create or replace trigger a_replaced_number_stays_excluded
  after update of phone_number on public.contacts
  for each row
  when (
    old.phone_number <> new.phone_number
    and (old.state = 'excluded' or old.do_not_call or new.state = 'excluded' or new.do_not_call)
  )
  execute function voicesurvey_rules.list_replaced_number();

create or replace trigger an_erased_number_stays_excluded
  after delete on public.contacts
  referencing old table as erased
  for each statement
  execute function voicesurvey_rules.list_erased_numbers();

comment on trigger do_not_call_means_excluded on public.contacts is
  'Rule 1: a contact with do_not_call is excluded, from its import or from the time do_not_call is set.';
comment on trigger an_exclusion_ends_only_when_its_cause_is_removed on public.contacts is
  'Rule 10: excluded is final while the number is listed or do_not_call is set.';
comment on trigger a_listed_number_is_excluded_when_it_is_imported on public.contacts is
  'Rule 1: a listed number is excluded as soon as it is imported, however it is imported.';
comment on trigger the_new_number_of_a_contact_is_excluded_if_it_is_listed on public.contacts is
  'Rule 1: a listed number is never dialled, even if a contact''s number is changed to it.';
comment on trigger a_replaced_number_stays_excluded on public.contacts is
  'Rule 1: the number of an excluded contact stays excluded if the contact gets another number.';
comment on trigger an_erased_number_stays_excluded on public.contacts is
  'Rule 12: the number of an erased person stays excluded if it was.';


-- exclusion_list_entries

create or replace trigger changes_of_the_list_run_one_after_the_other
  before insert or update or delete on public.exclusion_list_entries
  for each statement
  execute function voicesurvey_rules.lock_exclusion_gate();

create or replace trigger a_listed_number_excludes_its_contacts
  after insert on public.exclusion_list_entries
  referencing new table as listed
  for each statement
  execute function voicesurvey_rules.exclude_listed_contacts();

create or replace trigger a_changed_entry_excludes_its_contacts
  after update on public.exclusion_list_entries
  referencing new table as listed
  for each statement
  execute function voicesurvey_rules.exclude_listed_contacts();

comment on trigger changes_of_the_list_run_one_after_the_other on public.exclusion_list_entries is
  'Rule 1: transactions that list or delete several numbers do not deadlock.';
comment on trigger a_listed_number_excludes_its_contacts on public.exclusion_list_entries is
  'Rule 1: a number that is listed excludes its contacts in every campaign.';
comment on trigger a_changed_entry_excludes_its_contacts on public.exclusion_list_entries is
  'Rule 1: the same when the number of an entry is corrected.';
