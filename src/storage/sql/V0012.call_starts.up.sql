-- migrate: lock-timeout 2s
--
-- V0012: a call starts only when it may: never to the excluded, never too often, never at the wrong time,
-- never too many (rules 1 to 4); and while it is open its contact is in progress (rule 10).
--
-- What a call's start depends on is looked at when the attempt is inserted; that contact and attempt agree,
-- and how many calls are open, when the transaction commits, since a service may write both in any order
-- and end one call where it claims the next.
--
-- The usual course is told by one look at each row, since a look at one table costs less than its part in a join,
-- and what a query does not ask costs nothing. What it does not find is looked at again, as a whole, and told by
-- its name. V0009, V0014 and V0015 do the same.
--
-- Why it is safe under concurrency:
--   - Both looks take the same locks, the contact's first, and what is decided is the row as it was locked.
--   - The contact's row is locked FOR NO KEY UPDATE: one claim at a time for a contact, and who excludes it
--     waits, or was first and is seen. Who claims it must also update it, so that a stricter level's older
--     snapshot fails with 40001 and does not claim again.
--   - The campaign's row is locked FOR SHARE: who pauses it, or changes its hours, waits or was first. Row locks
--     alone would let every new claim pass who waits, for ever; so there is a gate, an advisory lock, which claims
--     share: who changes a campaign waits for the claims before him, and those after him wait for him.
--   - Claims take turn 0 at commit, and so does who changes or deletes the provider's configuration: they
--     count one by one, and what they count against stays.
--
-- Local time is the installation's: the setting voicesurvey.time_zone of the database itself, read from the
-- catalog and not from the session, which could set it:
--   alter database voicesurvey set voicesurvey.time_zone = 'Europe/Rome';
--
-- Safe on a live table: a trigger is the blink of a catalog change. Four tables are held at once, so a lock
-- is waited for no longer than 2 s: who writes the first waits for all.


create table if not exists voicesurvey_rules.erased_last_calls (
  contact_id uuid not null,

  constraint a_last_call_is_erased_once
    primary key (contact_id)
);

comment on table voicesurvey_rules.erased_last_calls is
  'Contacts, not reached, whose attempts are used up and whose last call was erased. Written by '
  'check_latest_call_is_retained.';
comment on column voicesurvey_rules.erased_last_calls.contact_id is
  'The contact. Written by check_latest_call_is_retained.';

create or replace function voicesurvey_rules.last_call_was_erased(contact uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- The snapshot may be older than the erasure; "on conflict" fails with 40001 where it meets a row that came later.
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    insert into voicesurvey_rules.erased_last_calls (contact_id)
    values (contact)
    on conflict do nothing;

    if found then
      delete from voicesurvey_rules.erased_last_calls
      where contact_id = contact;
    end if;
  end if;

  perform
  from voicesurvey_rules.erased_last_calls
  where contact_id = contact;

  return found;
end
$function$;

revoke execute on function voicesurvey_rules.last_call_was_erased(uuid) from public;

create or replace function voicesurvey_rules.check_call_may_start()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  settings text;
  local_start time;
  called_in uuid;
  number text;
  interval_minutes integer;
  last_number integer;
  previous record;
  broken text;
begin
  -- The settings of the database, a line each; the time zone's is cut out of them, since a regular expression would
  -- take ten times as long.
  select E'\n' || array_to_string(setconfig, E'\n')
  into settings
  from pg_catalog.pg_db_role_setting
  where setrole = 0
    and setdatabase = (
      select oid
      from pg_catalog.pg_database
      where datname = current_database()
    );

  local_start := (
    new.started_at
    at time zone coalesce(nullif(split_part(split_part(lower(settings), E'\nvoicesurvey.time_zone=', 2), E'\n', 1), ''), 'UTC')
  )::time;

  -- The usual course, by one look at each row. The contact's count goes up in the same transaction, before the
  -- attempt or after it.
  select campaign_id, phone_number
  into called_in, number
  from public.contacts
  where id = new.contact_id
    and campaign_id = new.campaign_id
    and state not in ('completed', 'refused', 'excluded')
    and not do_not_call
    and new.attempt_number - attempts_count in (0, 1)
  for no key update;

  if not pg_try_advisory_xact_lock_shared(voicesurvey_rules.advisory_lock_class(), 0) then
    perform pg_advisory_xact_lock_shared(voicesurvey_rules.advisory_lock_class(), 0);
  end if;

  select retry_interval_minutes, max_attempts
  into interval_minutes, last_number
  from public.campaigns
  where id = called_in
    and status = 'running'
    and new.attempt_number <= max_attempts
    and local_start >= allowed_call_start_local
    and local_start < allowed_call_end_local
  for share;

  perform
  from public.exclusion_list_entries
  where phone_number = number;

  if found or interval_minutes is null then
    select
      campaign.retry_interval_minutes,
      campaign.max_attempts,
      case
        when new.campaign_id <> contact.campaign_id then 'an_attempt_belongs_to_its_contacts_campaign'
        when contact.do_not_call
          or contact.state = 'excluded'
          or exists (
            select
            from public.exclusion_list_entries as listed
            where listed.phone_number = contact.phone_number
          )
        then 'never_dial_an_excluded_number'
        when contact.state in ('completed', 'refused') then 'never_dial_who_has_ended'
        when campaign.status <> 'running' then 'calls_start_only_in_a_running_campaign'
        when new.attempt_number > campaign.max_attempts then 'never_dial_more_than_max_attempts'
        when new.attempt_number not in (contact.attempts_count, contact.attempts_count + 1)
        then 'attempts_are_numbered_without_gaps'
        when local_start < campaign.allowed_call_start_local or local_start >= campaign.allowed_call_end_local
        then 'calls_start_only_in_the_calling_hours'
      end
    into interval_minutes, last_number, broken
    from public.contacts as contact
    join public.campaigns as campaign
      on campaign.id = contact.campaign_id
    where contact.id = new.contact_id
    for no key update of contact
    for share of campaign;
  end if;

  if broken is null and new.attempt_number = last_number and voicesurvey_rules.last_call_was_erased(new.contact_id) then
    broken := 'never_dial_more_than_max_attempts';
  end if;

  if broken is null and new.attempt_number > 1 then
    select
      max(started_at) as started_at,
      max(ended_at) as ended_at,
      bool_or(ended_at is null) as is_open,
      bool_or(outcome in ('completed', 'refused')) as is_final,
      bool_or(attempt_number = new.attempt_number - 1) as is_there
    into previous
    from public.call_attempts
    where contact_id = new.contact_id
      and id <> new.id;

    -- Sixty seconds is what the clocks of provider and scheduler may differ.
    broken := case
      when previous.is_there is not true then 'attempts_are_numbered_without_gaps'
      when previous.is_final then 'never_dial_who_has_ended'
      when previous.is_open then 'never_dial_twice_at_once'
      when new.started_at < previous.started_at + make_interval(mins => interval_minutes)
      then 'no_retry_before_its_interval'
      when new.started_at < previous.ended_at - interval '60 seconds' then 'never_dial_twice_at_once'
    end;
  end if;

  if broken is not null then
    perform voicesurvey_rules.raise_violation(
      broken,
      'call_attempts',
      told.message,
      format('Attempt %s of contact %s.', new.id, new.contact_id),
      told.hint
    )
    from (
      values
        (
          'an_attempt_belongs_to_its_contacts_campaign',
          'An attempt belongs to its contact''s campaign.',
          'Take campaign_id from the contact.'
        ),
        (
          'never_dial_an_excluded_number',
          'A contact who is excluded is never dialled.',
          'Do not dial. Claim another contact.'
        ),
        (
          'never_dial_who_has_ended',
          'A contact who has completed or refused is not dialled again.',
          'Do not dial. Claim another contact.'
        ),
        (
          'calls_start_only_in_a_running_campaign',
          'A call starts only in a running campaign.',
          'Do not dial. The campaign may have been paused or ended since the contact was claimed.'
        ),
        (
          'never_dial_more_than_max_attempts',
          'A contact is dialled at most max_attempts times.',
          'Do not dial. The contact is not_reached, for good.'
        ),
        (
          'attempts_are_numbered_without_gaps',
          'A contact''s attempts are numbered 1, 2, 3.',
          'Number the attempt one more than the contact''s attempts_count was.'
        ),
        (
          'calls_start_only_in_the_calling_hours',
          'A call starts only in its campaign''s calling hours, in the installation''s local time.',
          'Do not dial now. The hours are the campaign''s, the time zone is the database''s setting voicesurvey.time_zone.'
        ),
        (
          'no_retry_before_its_interval',
          'A contact is dialled again no sooner than retry_interval_minutes after the last attempt started.',
          'Do not dial yet.'
        ),
        (
          'never_dial_twice_at_once',
          'A call starts after the one before it has ended.',
          'Do not dial yet.'
        )
    ) as told (rule, message, hint)
    where told.rule = broken;
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_new_call()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  broken text;
begin
  -- The turn of who claims a call: lock_mutex_rows(array[0]), in the shortest way where that is all it does.
  update voicesurvey_rules.mutex_rows
  set lock_count = lock_count + 1
  where id = 0
    and xmin <> pg_current_xact_id()::xid
    and current_setting('max_prepared_transactions') = '0';

  if not found then
    perform voicesurvey_rules.lock_mutex_rows(array[0]);
  end if;

  -- The usual course, by one look at each row.
  perform
  from public.contacts
  where id = new.contact_id
    and state = 'in_progress'
    and attempts_count >= case when new.ended_at is null then new.attempt_number end;

  if found then
    perform
    from public.provider_configs
    where max_concurrent_calls >= (
      select count(*)
      from public.call_attempts
      where ended_at is null
    );

    if found then
      return null;
    end if;
  end if;

  -- The attempt as it is now, where that makes a difference; what was erased since is nobody's concern.
  select
    case
      when contact.attempts_count < new.attempt_number then 'attempts_count_follows_the_attempts'
      when new.ended_at is not null
      then
        case
          when contact.state = 'in_progress' and contact.attempts_count = new.attempt_number
          then 'a_contact_is_in_progress_while_its_call_is_open'
          when provider.id is null then 'no_calls_without_a_provider'
        end
      when contact.state <> 'in_progress'
        and not exists (
          select
          from public.call_attempts
          where id = new.id
            and ended_at is null
        )
      then
        case when provider.id is null then 'no_calls_without_a_provider' end
      when contact.state not in ('in_progress', 'excluded') then 'a_contact_is_in_progress_while_its_call_is_open'
      when provider.id is null then 'no_calls_without_a_provider'
      when provider.max_concurrent_calls < (
        select count(*)
        from (
          select
          from public.call_attempts
          where ended_at is null
          limit provider.max_concurrent_calls + 1
        ) as open_call
      )
      then 'no_more_calls_at_once_than_the_provider_allows'
    end
  into broken
  from public.contacts as contact
  left join public.provider_configs as provider
    on true
  where contact.id = new.contact_id;

  if broken is not null then
    perform voicesurvey_rules.raise_violation(
      broken,
      'call_attempts',
      told.message,
      format('Attempt %s of contact %s.', new.id, new.contact_id),
      told.hint
    )
    from (
      values
        (
          'attempts_count_follows_the_attempts',
          'A contact''s attempts_count follows its attempts.',
          'Set the contact''s attempts_count in the same transaction.'
        ),
        (
          'a_contact_is_in_progress_while_its_call_is_open',
          'A contact is in progress while its call is open, and no longer.',
          'Set the contact''s state in the same transaction.'
        ),
        (
          'no_calls_without_a_provider',
          'Without a provider configuration nobody is called.',
          'Insert the row of provider_configs.'
        ),
        (
          'no_more_calls_at_once_than_the_provider_allows',
          'No more than max_concurrent_calls are open at once.',
          'Do not dial yet. Wait until a call has ended.'
        )
    ) as told (rule, message, hint)
    where told.rule = broken;
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_ended_call()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  perform
  from public.contacts
  where id = new.contact_id
    and state = 'in_progress'
    and attempts_count <= case when old.ended_at is null and new.ended_at is not null then new.attempt_number end;

  if found then
    perform voicesurvey_rules.raise_violation(
      'a_contact_is_in_progress_while_its_call_is_open',
      'call_attempts',
      'A contact is in progress while its call is open, and no longer.',
      format('Attempt %s of contact %s.', new.id, new.contact_id),
      'Set the contact''s state in the same transaction.'
    );
  end if;

  return null;
end
$function$;

-- The latest calls of a contact say which number the next call may have, and when it may start; that is looked
-- at when the transaction commits, so that it cannot be deleted and dialled again in one step. A call that is
-- there again under its number was not deleted but changed. Where the campaign has ended nobody is called again;
-- nor is who was not reached with all attempts used up, for which the contact is noted when the last of them goes.

create or replace function voicesurvey_rules.check_latest_call_is_retained()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if exists (
    select
    from public.contacts as contact
    join public.campaigns as campaign
      on campaign.id = contact.campaign_id
    where contact.id = old.contact_id
      and (
        (
          contact.state in ('pending', 'not_reached')
          and contact.attempts_count = old.attempt_number
          and (
            old.ended_at is null
            or (
              campaign.status not in ('completed', 'cancelled')
              and (contact.state = 'pending' or contact.attempts_count < campaign.max_attempts)
            )
          )
        )
        or (contact.state = 'in_progress' and contact.attempts_count - old.attempt_number in (0, 1))
      )
  ) or exists (
    select
    from public.call_attempts
    where contact_id = old.contact_id
      and attempt_number = old.attempt_number
  ) then
    perform voicesurvey_rules.raise_violation(
      tg_name,
      'call_attempts',
      tg_argv[0],
      format('Attempt %s of contact %s.', old.id, old.contact_id),
      tg_argv[1]
    );
  end if;

  insert into voicesurvey_rules.erased_last_calls (contact_id)
  select contact.id
  from public.contacts as contact
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  where contact.id = old.contact_id
    and contact.state = 'not_reached'
    and contact.attempts_count = old.attempt_number
    and contact.attempts_count >= campaign.max_attempts
  on conflict do nothing;

  return null;
end
$function$;

create or replace function voicesurvey_rules.delete_erased_last_calls()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  delete from voicesurvey_rules.erased_last_calls
  where contact_id in (select id from deleted);

  return null;
end
$function$;

create or replace function voicesurvey_rules.block_new_claims()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  perform pg_advisory_xact_lock(voicesurvey_rules.advisory_lock_class(), 0);
  return null;
end
$function$;

create or replace function voicesurvey_rules.lock_claims()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  perform voicesurvey_rules.lock_mutex_rows(array[0]);
  return coalesce(new, old);
end
$function$;

comment on function voicesurvey_rules.check_call_may_start() is
  'Refuses an attempt to a contact who may not be called, or not now, or not again.';
comment on function voicesurvey_rules.check_new_call() is
  'Refuses an attempt that its contact knows nothing of, and one more than may be open at once.';
comment on function voicesurvey_rules.check_ended_call() is
  'Refuses the end of a call whose contact stays in progress.';
comment on function voicesurvey_rules.last_call_was_erased(uuid) is
  'Whether the contact''s last possible call was made, and erased. Called by check_call_may_start.';
comment on function voicesurvey_rules.block_new_claims() is
  'Waits for those who are claiming a call, and lets nobody begin to until the transaction ends.';
comment on function voicesurvey_rules.lock_claims() is
  'Waits until nobody is claiming a call, and lets nobody claim one until the transaction ends.';
comment on function voicesurvey_rules.delete_erased_last_calls() is
  'Deletes the record of an erased last call together with its contact.';
comment on function voicesurvey_rules.check_latest_call_is_retained() is
  'Refuses the deletion of the latest call, open or ended, of a contact who stays and may be called again, and of '
  'one that is there again under its number.';

revoke execute on function
  voicesurvey_rules.check_call_may_start(),
  voicesurvey_rules.check_new_call(),
  voicesurvey_rules.check_ended_call(),
  voicesurvey_rules.check_latest_call_is_retained(),
  voicesurvey_rules.delete_erased_last_calls(),
  voicesurvey_rules.block_new_claims(),
  voicesurvey_rules.lock_claims()
from public;


-- The triggers are created in the order in which services write these tables, so that the file and a service wait
-- for each other and do not deadlock.

create or replace trigger erased_last_calls_are_deleted_with_their_contact
  after delete on public.contacts
  referencing old table as deleted
  for each statement
  execute function voicesurvey_rules.delete_erased_last_calls();

create or replace trigger a_call_may_start
  after insert on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_call_may_start();

drop trigger if exists a_call_agrees_with_its_contact on public.call_attempts;
create constraint trigger a_call_agrees_with_its_contact
  after insert on public.call_attempts
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_new_call();

drop trigger if exists an_ended_call_agrees_with_its_contact on public.call_attempts;
create constraint trigger an_ended_call_agrees_with_its_contact
  after update of ended_at on public.call_attempts
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_ended_call();

drop trigger if exists an_open_call_is_not_deleted on public.call_attempts;
create constraint trigger an_open_call_is_not_deleted
  after delete on public.call_attempts
  deferrable initially deferred
  for each row
  when (old.ended_at is null)
  execute function voicesurvey_rules.check_latest_call_is_retained(
    'An open call is ended, not deleted.',
    'End the call; or delete the contact, with all that is known of the person.'
  );

drop trigger if exists who_may_be_called_again_keeps_the_latest_call on public.call_attempts;
create constraint trigger who_may_be_called_again_keeps_the_latest_call
  after delete on public.call_attempts
  deferrable initially deferred
  for each row
  when (old.ended_at is not null)
  execute function voicesurvey_rules.check_latest_call_is_retained(
    'Who may be called again, or is in a call, keeps the latest call before; without it they could be dialled too often, or too soon.',
    'Keep it until the contact has ended, or has no attempts left; or delete the contact, with all that is known of the person.'
  );

create or replace trigger claims_wait_for_a_change_of_their_limit
  before update of max_concurrent_calls or delete on public.provider_configs
  for each row
  execute function voicesurvey_rules.lock_claims();

create or replace trigger claims_do_not_overtake_a_change_of_a_campaign
  before update or delete on public.campaigns
  for each statement
  execute function voicesurvey_rules.block_new_claims();

comment on trigger claims_do_not_overtake_a_change_of_a_campaign on public.campaigns is
  'Rule 3: who pauses a campaign waits for the claims that run, and not for those that come.';
comment on trigger erased_last_calls_are_deleted_with_their_contact on public.contacts is
  'Rule 12: no record of an erased person remains.';
comment on trigger a_call_may_start on public.call_attempts is
  'Rules 1, 2 and 3: who is dialled, how often and when.';
comment on trigger a_call_agrees_with_its_contact on public.call_attempts is
  'Rules 2, 4 and 10: a new call is its contact''s, and one that the provider has room for.';
comment on trigger an_ended_call_agrees_with_its_contact on public.call_attempts is
  'Rule 10: a contact is in progress while its call is open, and no longer.';
comment on trigger an_open_call_is_not_deleted on public.call_attempts is
  'Rule 10: a contact in progress has an open call.';
comment on trigger claims_wait_for_a_change_of_their_limit on public.provider_configs is
  'Rule 4: while the limit changes nobody claims a call by what it was.';
comment on trigger who_may_be_called_again_keeps_the_latest_call on public.call_attempts is
  'Rules 2 and 3: the number and the start of the latest call say which may be the next, and when.';
