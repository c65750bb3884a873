-- V0012: a call starts only when it may: never to the excluded, never too often, never at the wrong time,
-- never too many (rules 1 to 4); and while it is open its contact is in progress (rule 10).
--
-- What a call's start depends on is looked at when the attempt is inserted; that contact and attempt agree,
-- and how many calls are open, when the transaction commits, since a service may write both in any order
-- and end one call where it claims the next.
--
-- Why it is safe under concurrency:
--   - The contact's row is locked FOR NO KEY UPDATE: one claim at a time for a contact, and who excludes it
--     waits, or was first and is seen. Who claims it must also update it, so that a stricter level's older
--     snapshot fails with 40001 and does not claim again.
--   - The campaign's row is locked FOR SHARE: who pauses it, or changes its hours, waits or was first.
--   - Claims take turn 0 at commit, and the provider's configuration FOR SHARE: they count one by one.
--
-- Local time is the installation's: the setting voicesurvey.time_zone of the database itself, read from the
-- catalog and not from the session, which could set it:
--   alter database voicesurvey set voicesurvey.time_zone = 'Europe/Rome';


create or replace function public.time_zone_of_the_installation()
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  return coalesce(
    (
      select split_part(setting, '=', 2)
      from pg_catalog.pg_db_role_setting as settings
      cross join unnest(settings.setconfig) as setting
      where settings.setdatabase = (
          select oid
          from pg_catalog.pg_database
          where datname = current_database()
        )
        and settings.setrole = 0
        and setting like 'voicesurvey.time\_zone=_%'
    ),
    'UTC'
  );
end
$function$;

create or replace function public.check_call_may_start()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  callee record;
  previous record;
  local_start time;
  ids constant text := format('Attempt %s of contact %s.', new.id, new.contact_id);
begin
  select
    contact.campaign_id,
    contact.state,
    contact.attempts_count,
    contact.do_not_call or contact.state = 'excluded' or exists (
      select
      from public.exclusion_list_entries as listed
      where listed.phone_number = contact.phone_number
    ) as excluded,
    campaign.status,
    campaign.max_attempts,
    campaign.retry_interval_minutes,
    campaign.allowed_call_start_local,
    campaign.allowed_call_end_local
  into callee
  from public.contacts as contact
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  where contact.id = new.contact_id
  for no key update of contact
  for share of campaign;

  if new.campaign_id is distinct from callee.campaign_id then
    perform public.refuse(
      'an_attempt_belongs_to_its_contacts_campaign', 'call_attempts',
      'An attempt belongs to its contact''s campaign.',
      ids, 'Take campaign_id from the contact.'
    );
  end if;

  if callee.excluded then
    perform public.refuse(
      'never_dial_an_excluded_number', 'call_attempts',
      'A contact who is excluded is never dialled.',
      ids, 'Do not dial. Claim another contact.'
    );
  end if;

  if callee.state in ('completed', 'refused') then
    perform public.refuse(
      'never_dial_who_has_ended', 'call_attempts',
      'A contact who has completed or refused is not dialled again.',
      ids, 'Do not dial. Claim another contact.'
    );
  end if;

  if callee.status <> 'running' then
    perform public.refuse(
      'calls_start_only_in_a_running_campaign', 'call_attempts',
      'A call starts only in a running campaign.',
      ids, 'Do not dial. The campaign may have been paused or ended since the contact was claimed.'
    );
  end if;

  if new.attempt_number > callee.max_attempts then
    perform public.refuse(
      'never_dial_more_than_max_attempts', 'call_attempts',
      'A contact is dialled at most max_attempts times.',
      ids, 'Do not dial. The contact is not_reached, for good.'
    );
  end if;

  -- The contact's count goes up in the same transaction, before the attempt or after it.
  if new.attempt_number not in (callee.attempts_count, callee.attempts_count + 1) then
    perform public.refuse(
      'attempts_are_numbered_without_gaps', 'call_attempts',
      'A contact''s attempts are numbered 1, 2, 3.',
      ids, 'Number the attempt one more than the contact''s attempts_count was.'
    );
  end if;

  local_start := (new.started_at at time zone public.time_zone_of_the_installation())::time;

  if local_start < callee.allowed_call_start_local or local_start >= callee.allowed_call_end_local then
    perform public.refuse(
      'calls_start_only_in_the_calling_hours', 'call_attempts',
      'A call starts only in its campaign''s calling hours, in the installation''s local time.',
      ids, 'Do not dial now. The hours are the campaign''s, the time zone is the database''s setting voicesurvey.time_zone.'
    );
  end if;

  if new.attempt_number > 1 then
    select
      max(started_at) as started_at,
      max(ended_at) as ended_at
    into previous
    from public.call_attempts
    where contact_id = new.contact_id
      and id <> new.id;

    if new.started_at < previous.started_at + make_interval(mins => callee.retry_interval_minutes) then
      perform public.refuse(
        'no_retry_before_its_interval', 'call_attempts',
        'A contact is dialled again no sooner than retry_interval_minutes after the last attempt started.',
        ids, 'Do not dial yet.'
      );
    end if;

    -- Sixty seconds is what the clocks of provider and scheduler may differ.
    if new.started_at < previous.ended_at - interval '60 seconds' then
      perform public.refuse(
        'never_dial_twice_at_once', 'call_attempts',
        'A call starts after the one before it has ended.',
        ids, 'Do not dial yet.'
      );
    end if;
  end if;

  return null;
end
$function$;

create or replace function public.check_call_agrees_with_its_contact()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  contact_state public.contact_state;
  contact_attempts_count integer;
  still_open boolean;
  room boolean;
  ids constant text := format('Attempt %s of contact %s.', new.id, new.contact_id);
begin
  if tg_op = 'UPDATE' and old.ended_at is not null then
    return null;
  end if;

  select state, attempts_count
  into contact_state, contact_attempts_count
  from public.contacts
  where id = new.contact_id;

  -- The attempt as it is now, where that makes a difference; what was erased since is nobody's concern.
  still_open := new.ended_at is null;

  if still_open and contact_state <> 'in_progress' then
    select ended_at is null
    into still_open
    from public.call_attempts
    where id = new.id;
  end if;

  if contact_state is null or still_open is null then
    return null;
  end if;

  if contact_attempts_count < new.attempt_number then
    perform public.refuse(
      'attempts_count_follows_the_attempts', 'call_attempts',
      'A contact''s attempts_count follows its attempts.',
      ids, 'Set the contact''s attempts_count in the same transaction.'
    );
  end if;

  if still_open and contact_state not in ('in_progress', 'excluded') then
    perform public.refuse(
      'a_contact_is_in_progress_while_its_call_is_open', 'call_attempts',
      'While a call is open its contact is in progress.',
      ids, 'Set the contact''s state in the same transaction.'
    );
  end if;

  if not still_open and contact_state = 'in_progress' and contact_attempts_count = new.attempt_number then
    perform public.refuse(
      'a_contact_is_in_progress_while_its_call_is_open', 'call_attempts',
      'When its call has ended a contact is no longer in progress.',
      ids, 'Set the contact''s state in the same transaction.'
    );
  end if;

  if tg_op = 'INSERT' then
    -- The turn of who claims a call: like take_turns(array[0]), and on the way of every call.
    insert into voicesurvey_rules.turns as turn (id)
    values (0)
    on conflict (id) do update
      set taken = turn.taken + 1
      where turn.xmin <> pg_current_xact_id()::xid;

    select provider.max_concurrent_calls >= (
      select count(*)
      from (
        select
        from public.call_attempts
        where ended_at is null
        limit provider.max_concurrent_calls + 1
      ) as open_call
    )
    into room
    from public.provider_configs as provider
    for share;

    if room is null then
      perform public.refuse(
        'no_calls_without_a_provider', 'call_attempts',
        'Without a provider configuration nobody is called.',
        ids, 'Insert the row of provider_configs.'
      );
    end if;

    if still_open and not room then
      perform public.refuse(
        'no_more_calls_at_once_than_the_provider_allows', 'call_attempts',
        'No more than max_concurrent_calls are open at once.',
        ids, 'Do not dial yet. Wait until a call has ended.'
      );
    end if;
  end if;

  return null;
end
$function$;

-- The latest calls of a contact say which number the next call may have, and when it may start; that is looked
-- at when the transaction commits, so that it cannot be deleted and dialled again in one step.

create or replace function public.check_latest_call_is_kept()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  if exists (
    select
    from public.contacts
    where id = old.contact_id
      and (
        (state in ('pending', 'not_reached') and attempts_count = old.attempt_number)
        or (state = 'in_progress' and attempts_count - old.attempt_number in (0, 1))
      )
  ) then
    perform public.refuse(
      tg_name, 'call_attempts',
      tg_argv[0],
      format('Attempt %s of contact %s.', old.id, old.contact_id),
      tg_argv[1]
    );
  end if;

  return null;
end
$function$;

comment on function public.time_zone_of_the_installation() is
  'The installation''s time zone: the setting voicesurvey.time_zone of the database, UTC if it has none.';
comment on function public.check_call_may_start() is
  'Refuses an attempt to a contact who may not be called, or not now, or not again.';
comment on function public.check_call_agrees_with_its_contact() is
  'Refuses an attempt that its contact knows nothing of, and one more than may be open at once.';
comment on function public.check_latest_call_is_kept() is
  'Refuses the deletion of the latest call, open or ended, of a contact who stays and may be called again.';


create or replace trigger a_call_may_start
  after insert on public.call_attempts
  for each row
  execute function public.check_call_may_start();

drop trigger if exists a_call_agrees_with_its_contact on public.call_attempts;
create constraint trigger a_call_agrees_with_its_contact
  after insert on public.call_attempts
  deferrable initially deferred
  for each row
  execute function public.check_call_agrees_with_its_contact();

drop trigger if exists an_ended_call_agrees_with_its_contact on public.call_attempts;
create constraint trigger an_ended_call_agrees_with_its_contact
  after update of ended_at on public.call_attempts
  deferrable initially deferred
  for each row
  execute function public.check_call_agrees_with_its_contact();

drop trigger if exists an_open_call_is_not_deleted on public.call_attempts;
create constraint trigger an_open_call_is_not_deleted
  after delete on public.call_attempts
  deferrable initially deferred
  for each row
  when (old.ended_at is null)
  execute function public.check_latest_call_is_kept(
    'An open call is ended, not deleted.',
    'End the call; or delete the contact, with all that is known of the person.'
  );

drop trigger if exists who_may_be_called_again_keeps_the_latest_call on public.call_attempts;
create constraint trigger who_may_be_called_again_keeps_the_latest_call
  after delete on public.call_attempts
  deferrable initially deferred
  for each row
  when (old.ended_at is not null)
  execute function public.check_latest_call_is_kept(
    'Who may be called again, or is in a call, keeps the latest call before; without it they could be dialled too often, or too soon.',
    'Keep it until the contact has ended; or delete the contact, with all that is known of the person.'
  );

comment on trigger a_call_may_start on public.call_attempts is
  'Rules 1, 2 and 3: who is dialled, how often and when.';
comment on trigger a_call_agrees_with_its_contact on public.call_attempts is
  'Rules 2, 4 and 10: a new call is its contact''s, and one that the provider has room for.';
comment on trigger an_ended_call_agrees_with_its_contact on public.call_attempts is
  'Rule 10: a contact is in progress while its call is open, and no longer.';
comment on trigger an_open_call_is_not_deleted on public.call_attempts is
  'Rule 10: a contact in progress has an open call.';
comment on trigger who_may_be_called_again_keeps_the_latest_call on public.call_attempts is
  'Rules 2 and 3: the number and the start of the latest call say which may be the next, and when.';
