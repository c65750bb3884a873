-- migrate: lock-timeout 2s
--
-- V0013: a number on the exclusion list excludes its contacts, from the moment that it is there, and from
-- their import on; so does do_not_call (rule 1). Who asked not to be called stays so when erased (rule 12).
--
-- Nothing is refused here: the contacts are moved to excluded, whoever writes them and by whatever way. An
-- open call of theirs may still end. Completed and refused contacts stay what they are.
--
-- Why it is safe under concurrency: who imports a number takes its turn in one lane, and who excludes it in all
-- (V0010), and they look for the other's rows only then. The import works on whole statements, so that 100,000
-- contacts take at most 32 turns and look each number up once.
--
-- Contacts and entries that were there before this version are seen to by V0018.
--
-- Safe on a live table: a trigger is the blink of a catalog change. Two tables are held at once, so a lock
-- is waited for no longer than 2 s: who writes the first waits for both.


create or replace function voicesurvey_rules.exclude_do_not_call()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  new.state := 'excluded';
  return new;
end
$function$;

create or replace function voicesurvey_rules.exclude_listed_contacts()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- One after the other, so that two who exclude number by number do not wait for each other's turns.
  perform pg_advisory_xact_lock(voicesurvey_rules.advisory_lock_class(), 9);

  perform voicesurvey_rules.lock_mutex_rows(
    array(
      select distinct voicesurvey_rules.mutex_row_of_number(phone_number, lane)
      from listed
      cross join generate_series(0, 7) as lane
    )
  );

  -- Locked in one order, so that two exclusions at once do not wait for each other.
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
  lane constant integer := voicesurvey_rules.choose_import_stripe();
  found_ids uuid[];
begin
  perform voicesurvey_rules.lock_mutex_rows(
    array(
      select distinct voicesurvey_rules.mutex_row_of_number(phone_number, lane)
      from imported
      where state = 'pending'
    )
  );

  -- A session plans this once, be its first import large or small; "offset 0" has it look each number up by the
  -- index, which is right for both. Otherwise each small import after a large one would read all contacts.
  select array_agg(imported.id)
  into found_ids
  from imported
  cross join lateral (
    select
    from public.exclusion_list_entries as listed
    where listed.phone_number = imported.phone_number
    offset 0
  ) as listed
  where imported.state = 'pending';

  if found_ids is not null then
    update public.contacts
    set state = 'excluded'
    where id = any (found_ids)
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
begin
  perform voicesurvey_rules.lock_mutex_rows(array[voicesurvey_rules.mutex_row_of_number(new.phone_number, voicesurvey_rules.choose_import_stripe())]);

  update public.contacts
  set state = 'excluded'
  where id = new.id
    and state not in ('completed', 'refused', 'excluded')
    and exists (
      select
      from public.exclusion_list_entries
      where phone_number = new.phone_number
    );

  return null;
end
$function$;

create or replace function voicesurvey_rules.list_number_of_erased_contact()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- A wish is kept. Who was excluded for another reason goes with the campaign, if that goes, as its whole list does.
  if old.do_not_call or exists (select from public.campaigns where id = old.campaign_id) then
    insert into public.exclusion_list_entries (phone_number, reason)
    values (old.phone_number, 'Was excluded when the contact was erased.')
    on conflict do nothing;
  end if;

  return old;
end
$function$;

comment on function voicesurvey_rules.exclude_do_not_call() is
  'Makes a contact with do_not_call an excluded one.';
comment on function voicesurvey_rules.exclude_listed_contacts() is
  'Excludes the contacts, in all campaigns, whose numbers have just been listed.';
comment on function voicesurvey_rules.exclude_imported_contacts() is
  'Excludes those of the contacts that have just been imported whose numbers are listed.';
comment on function voicesurvey_rules.exclude_contact_of_listed_number() is
  'Excludes a contact whose number has changed to one that is listed.';
comment on function voicesurvey_rules.list_number_of_erased_contact() is
  'Lists the number of an excluded contact who is erased.';

revoke execute on function
  voicesurvey_rules.exclude_listed_contacts(),
  voicesurvey_rules.exclude_imported_contacts(),
  voicesurvey_rules.exclude_contact_of_listed_number(),
  voicesurvey_rules.list_number_of_erased_contact()
from public;


create or replace trigger do_not_call_means_excluded
  before insert or update of do_not_call on public.contacts
  for each row
  when (new.do_not_call and new.state not in ('completed', 'refused', 'excluded'))
  execute function voicesurvey_rules.exclude_do_not_call();

create or replace trigger the_listed_are_excluded_from_their_import_on
  after insert on public.contacts
  referencing new table as imported
  for each statement
  execute function voicesurvey_rules.exclude_imported_contacts();

create or replace trigger the_listed_are_excluded_when_their_number_changes
  after update of phone_number on public.contacts
  for each row
  when (old.phone_number <> new.phone_number)
  execute function voicesurvey_rules.exclude_contact_of_listed_number();

-- Before the contact goes, so that a function which the same statement calls finds the number listed. A contact
-- who was there before V0002 may have do_not_call and wait; the listing would change the row that is being deleted.

create or replace trigger who_asked_not_to_be_called_stays_excluded
  before delete on public.contacts
  for each row
  when (old.state = 'excluded' or (old.do_not_call and old.state in ('completed', 'refused')))
  execute function voicesurvey_rules.list_number_of_erased_contact();

create or replace trigger who_asked_before_the_rules_stays_excluded
  after delete on public.contacts
  for each row
  when (old.do_not_call and old.state not in ('completed', 'refused', 'excluded'))
  execute function voicesurvey_rules.list_number_of_erased_contact();

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

comment on trigger do_not_call_means_excluded on public.contacts is
  'Rule 1: a contact with do_not_call is excluded from its import on, or from the wish on.';
comment on trigger the_listed_are_excluded_from_their_import_on on public.contacts is
  'Rule 1: a listed number is excluded from its import on, however it is imported.';
comment on trigger the_listed_are_excluded_when_their_number_changes on public.contacts is
  'Rule 1: a listed number is never dialled, by whatever way a contact comes to it.';
comment on trigger who_asked_not_to_be_called_stays_excluded on public.contacts is
  'Rule 12: an erased person''s number stays excluded if it was.';
comment on trigger who_asked_before_the_rules_stays_excluded on public.contacts is
  'Rule 12: the same, for a contact from before, who was not excluded.';
comment on trigger a_listed_number_excludes_its_contacts on public.exclusion_list_entries is
  'Rule 1: putting a number on the list excludes its contacts in every campaign.';
comment on trigger a_changed_entry_excludes_its_contacts on public.exclusion_list_entries is
  'Rule 1: the same, when the number of an entry is corrected.';
