-- migrate: lock-timeout 2s
--
-- V0012: a call starts only when it may: not to an excluded contact, not too often, not at the wrong time, and not
-- while too many calls are open (rules 1 to 4). While it is open, its contact is in progress (rule 10).
--
-- The conditions of a start are checked when the attempt is inserted. Deferred constraint triggers (V0009) check the
-- rest at commit: that the contact and the attempt agree, and how many calls are open. So a service may write the
-- two in any order, and may end one call and claim the next in the same transaction.
--
-- Each check first takes the usual path: one look-up per row, because a look-up in one table costs less than its
-- share of a join. Only if that finds nothing does one larger query name the rule that is broken. V0009, V0014 and
-- V0015 do the same.
--
-- Safe under concurrency:
--   - Both paths lock the contact's row first, and judge the row as it was locked.
--   - The contact's row is locked FOR NO KEY UPDATE: claims of one contact run one after the other, and an exclusion
--     waits or has committed before. A claim also updates the row, so that at the stricter levels a claim with an older
--     snapshot fails with 40001.
--   - The campaign's row is locked FOR SHARE: a transaction that pauses the campaign or changes its hours waits or has
--     committed before. With row locks alone, new claims would starve that transaction. So a claim shares the table lock
--     of claim_gate (V0010), and a change of a campaign takes it exclusively: it waits for the claims before it, and later
--     claims wait for it.
--   - Claims lock mutex row 0 (V0010) at commit. So do a change of the provider's configuration and a change of the
--     number of a contact with an open call. Open calls, their limit and their numbers are therefore read by one
--     transaction at a time.
--   - An erasure of a call cannot be seen through an older snapshot. At the stricter levels, last_call_was_erased
--     therefore inserts a probe, which fails with 40001 if it meets a record that was committed after the snapshot.
--   - An exclusion may commit while the transaction that starts a call waits for the contact's number (V0013). So the
--     contact's state is checked again at commit.
--   - The erasure of the latest call of an excluded contact locks the contact's row FOR SHARE, so that an update which
--     returns the contact (V0013) waits, or has committed before and is seen.
--
-- Local time is that of the installation: the setting voicesurvey.time_zone of the database, UTC without it. It is
-- read from the catalog, because a session could change its own copy of the setting:
--   alter database voicesurvey set voicesurvey.time_zone = 'Europe/Rome';
--
-- Safe on a live table: creating a trigger changes only the catalog. Four tables are locked together, in the order
-- in which services write them. A statement waits at most 2 s for its lock, since writers of the tables that are
-- already locked wait too.

set search_path = pg_catalog, pg_temp;


create table if not exists voicesurvey_rules.erased_last_calls (
  contact_id uuid not null,

  constraint erased_last_calls_are_recorded_once_per_contact
    primary key (contact_id)
);

comment on table voicesurvey_rules.erased_last_calls is
  'Contacts that are not_reached, with all attempts used up, and whose last call was erased. Written by '
  'check_latest_call_is_retained; deleted together with the contact.';
comment on column voicesurvey_rules.erased_last_calls.contact_id is
  'The contact. Written by check_latest_call_is_retained.';

create or replace function voicesurvey_rules.last_call_was_erased(contact uuid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- The probe: see the header.
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

-- PostgreSQL would accept more than the names that rule 3 allows. It takes an abbreviation (CET) for a fixed offset,
-- without summer time, and it reads a word with a number as a POSIX zone (UTC+2, Any/Word2), with the sign reversed.
-- Some servers have each zone a second and a third time: posix/EST, and right/Europe/Rome, which counts leap seconds and
-- is 27 seconds late. So the form of the name is checked here, and PostgreSQL decides only whether it knows the name. To
-- look the name up in pg_timezone_names would read all files of the time zone database for each call.

create or replace function voicesurvey_rules.is_time_zone_name(zone text)
returns boolean
language sql
immutable
parallel safe
return zone operator(pg_catalog.~*) '^(utc|(?!(posix|right)/)[a-z_]+(/[a-z_-]+)+|etc/gmt(\+([0-9]|1[0-2])|-([0-9]|1[0-4])|0))$';

create or replace function voicesurvey_rules.check_call_may_start()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  settings text;
  zone text;
  local_start time;
  contact_campaign_id uuid;
  contact_number text;
  contact_attempts integer;
  contact_last_attempt timestamptz;
  interval_minutes integer;
  attempt_limit integer;
  previous record;
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The settings of the database, one per line. The zone is cut out of them by split_part, because a regular
  -- expression would take ten times as long. In a Turkish database, lower() would change the I of "TIME_ZONE".
  select E'\n' || array_to_string(setconfig, E'\n') || E'\n'
  into settings
  from pg_catalog.pg_db_role_setting
  where setrole = 0
    and setdatabase = (
      select oid
      from pg_catalog.pg_database
      where datname = current_database()
    );

  zone := split_part(nullif(split_part(lower(settings collate "C"), E'\nvoicesurvey.time_zone=', 2), ''), E'\n', 1);

  if zone is null then
    local_start := (new.started_at at time zone 'UTC')::time;
  elsif voicesurvey_rules.is_time_zone_name(zone) then
    begin
      local_start := (new.started_at at time zone zone)::time;
    exception
      when invalid_parameter_value then
        local_start := null;
    end;
  end if;

  -- The usual path. The contact's attempts_count rises in the same transaction, before the attempt is inserted or
  -- after it.
  select campaign_id, phone_number, attempts_count, last_attempt_at
  into contact_campaign_id, contact_number, contact_attempts, contact_last_attempt
  from public.contacts
  where id = new.contact_id
    and campaign_id = new.campaign_id
    and state not in ('completed', 'refused', 'excluded')
    and not do_not_call
    and new.attempt_number - attempts_count in (0, 1)
  for no key update;

  lock table voicesurvey_rules.claim_gate in row share mode;

  -- A window that ends at 23:59:59.999999, the last time of a day, lasts until midnight.
  select retry_interval_minutes, max_attempts
  into interval_minutes, attempt_limit
  from public.campaigns
  where id = contact_campaign_id
    and status = 'running'
    and new.attempt_number <= max_attempts
    and local_start >= allowed_call_start_local
    and (local_start < allowed_call_end_local or allowed_call_end_local = '23:59:59.999999')
  for share;

  perform
  from public.exclusion_list_entries
  where phone_number = contact_number;

  if found or interval_minutes is null then
    select
      contact.attempts_count,
      contact.last_attempt_at,
      campaign.retry_interval_minutes,
      campaign.max_attempts,
      case
        when new.campaign_id <> contact.campaign_id then 'an_attempt_belongs_to_its_contacts_campaign'
        when contact.do_not_call
          or contact.state = 'excluded'
          or exists (
            select
            from public.exclusion_list_entries as entry
            where entry.phone_number = contact.phone_number
          )
        then 'never_dial_an_excluded_number'
        when contact.state in ('completed', 'refused') then 'never_dial_a_completed_or_refused_contact'
        when campaign.status <> 'running' then 'calls_start_only_in_a_running_campaign'
        when new.attempt_number > campaign.max_attempts then 'never_dial_more_than_max_attempts'
        when new.attempt_number not in (contact.attempts_count, contact.attempts_count + 1)
        then 'attempts_are_numbered_without_gaps'
        when local_start is null then 'local_time_needs_a_known_time_zone'
        when local_start < campaign.allowed_call_start_local
          or (local_start >= campaign.allowed_call_end_local and campaign.allowed_call_end_local <> '23:59:59.999999')
        then 'calls_start_only_in_the_calling_hours'
      end
    into contact_attempts, contact_last_attempt, interval_minutes, attempt_limit, broken
    from public.contacts as contact
    join public.campaigns as campaign
      on campaign.id = contact.campaign_id
    where contact.id = new.contact_id
    for no key update of contact
    for share of campaign;
  end if;

  if broken is null and new.attempt_number = attempt_limit and voicesurvey_rules.last_call_was_erased(new.contact_id) then
    broken := 'never_dial_more_than_max_attempts';
  end if;

  if broken is null and new.attempt_number > 1 then
    select
      max(started_at) as started_at,
      max(ended_at) as ended_at,
      bool_or(ended_at is null) as has_open,
      bool_or(outcome in ('completed', 'refused')) as has_final,
      bool_or(attempt_number = new.attempt_number - 1) as has_previous_number
    into previous
    from public.call_attempts
    where contact_id = new.contact_id
      and id <> new.id;

    -- The clocks of the provider and the scheduler may differ by sixty seconds.
    broken := case
      when previous.has_previous_number is not true then 'attempts_are_numbered_without_gaps'
      when previous.has_final then 'never_dial_a_completed_or_refused_contact'
      when previous.has_open then 'calls_of_a_contact_do_not_overlap'
      when new.started_at < previous.started_at + make_interval(mins => interval_minutes)
      then 'no_retry_before_the_interval_is_over'
      when new.started_at < previous.ended_at - interval '60 seconds' then 'calls_of_a_contact_do_not_overlap'
    end;
  end if;

  -- Corrects last_attempt_at: if attempts_count rose before the attempt was inserted, the writer set it. If the attempt
  -- was inserted first, check_new_call corrects it at commit.
  if broken is null then
    if contact_attempts = new.attempt_number and contact_last_attempt is distinct from new.started_at then
      update public.contacts
      set last_attempt_at = new.started_at
      where id = new.contact_id;
    end if;

    return null;
  end if;

  select refusal.message, refusal.hint
  into message, hint
  from (
    values
      (
        'an_attempt_belongs_to_its_contacts_campaign',
        'An attempt belongs to the campaign of its contact.',
        'Take campaign_id from the contact.'
      ),
      (
        'never_dial_an_excluded_number',
        'An excluded contact, or a number on the exclusion list, is never dialled.',
        'Do not dial. Claim another contact.'
      ),
      (
        'never_dial_a_completed_or_refused_contact',
        'A contact that has completed or refused is not dialled again.',
        'Do not dial. Claim another contact.'
      ),
      (
        'calls_start_only_in_a_running_campaign',
        'A call starts only in a running campaign.',
        'Do not dial. The campaign may have been paused or ended since the contact was read.'
      ),
      (
        'never_dial_more_than_max_attempts',
        'A contact is dialled at most max_attempts times.',
        'Do not dial. Set the contact to not_reached.'
      ),
      (
        'attempts_are_numbered_without_gaps',
        'The attempts of a contact are numbered 1, 2, 3.',
        'Set attempt_number to the contact''s new attempts_count.'
      ),
      (
        'local_time_needs_a_known_time_zone',
        'No call may start: the database setting voicesurvey.time_zone is neither UTC nor an Area/Location name that '
        'PostgreSQL knows.',
        'Set voicesurvey.time_zone of the database to UTC, or to a name with a slash from pg_timezone_names, such as '
        'Europe/Rome.'
      ),
      (
        'calls_start_only_in_the_calling_hours',
        'A call starts only in the calling hours of its campaign.',
        'Do not dial now. The hours are in the time zone of the database setting voicesurvey.time_zone.'
      ),
      (
        'no_retry_before_the_interval_is_over',
        'An attempt starts no sooner than retry_interval_minutes after the previous attempt started.',
        'Do not dial yet.'
      ),
      (
        'calls_of_a_contact_do_not_overlap',
        'A call starts only after the previous call of its contact has ended.',
        'Do not dial yet. End the previous call first.'
      )
  ) as refusal (rule, message, hint)
  where refusal.rule = broken;

  perform voicesurvey_rules.raise_violation(
    broken,
    'call_attempts',
    message,
    format('Attempt %s of contact %s.', new.id, new.contact_id),
    hint
  );
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
  message text;
  hint text;
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- Locks mutex row 0. If only the row must be locked, this is cheaper than lock_mutex_rows(array[0]).
  update voicesurvey_rules.mutex_rows
  set lock_count = lock_count + 1
  where id = 0
    and xmin <> pg_current_xact_id()::xid;

  if not found then
    perform voicesurvey_rules.lock_mutex_rows(array[0]);
  end if;

  -- The usual path. The state of another contact of the number does not show whether it has an open call: this check may
  -- run early (set constraints), while this transaction has set another state for a moment. "offset 0" makes the plan
  -- look the calls up only if another contact has the number.
  perform
  from public.contacts as contact
  where contact.id = new.contact_id
    and contact.state = 'in_progress'
    and contact.attempts_count >= case when new.ended_at is null then new.attempt_number end
    and (contact.attempts_count > new.attempt_number or contact.last_attempt_at = new.started_at)
    and not exists (
      select
      from public.contacts as other
      where other.phone_number = contact.phone_number
        and other.id <> contact.id
        and exists (
          select
          from public.call_attempts
          where contact_id = other.id
            and ended_at is null
          offset 0
        )
    );

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

  -- If the attempt was inserted before its contact was counted up, last_attempt_at came from the writer.
  update public.contacts
  set last_attempt_at = new.started_at
  where id = new.contact_id
    and attempts_count = new.attempt_number
    and last_attempt_at is distinct from new.started_at;

  -- Reads the attempt again, because it may have changed since it fired the trigger. An attempt whose contact was erased
  -- is not checked.
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
      when contact.state = 'excluded' then 'never_dial_an_excluded_number'
      when contact.state <> 'in_progress' then 'a_contact_is_in_progress_while_its_call_is_open'
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
      then 'no_more_open_calls_than_the_provider_allows'
      when exists (
        select
        from public.contacts as other
        join public.call_attempts as open_call
          on open_call.contact_id = other.id
          and open_call.ended_at is null
        where other.phone_number = contact.phone_number
          and other.id <> contact.id
      )
      then 'a_number_has_one_open_call'
    end
  into broken
  from public.contacts as contact
  left join public.provider_configs as provider
    on true
  where contact.id = new.contact_id;

  if broken is null then
    return null;
  end if;

  select refusal.message, refusal.hint
  into message, hint
  from (
    values
      (
        'attempts_count_follows_the_attempts',
        'A contact''s attempts_count is the number of its latest attempt.',
        'Set the contact''s attempts_count in the same transaction.'
      ),
      (
        'a_contact_is_in_progress_while_its_call_is_open',
        'A contact is in progress exactly while its latest call is open.',
        'Set the contact''s state in the transaction that inserts the attempt.'
      ),
      (
        'never_dial_an_excluded_number',
        'A call cannot start if its contact is excluded before the transaction commits.',
        'Do not dial. Claim another contact.'
      ),
      (
        'no_calls_without_a_provider',
        'No call starts without a provider configuration.',
        'Insert the row of provider_configs.'
      ),
      (
        'no_more_open_calls_than_the_provider_allows',
        'The number of open calls never exceeds max_concurrent_calls.',
        'Do not dial yet. Claim again when a call has ended.'
      ),
      (
        'a_number_has_one_open_call',
        'A number never has two open calls, whatever campaigns list it.',
        'Do not dial yet. Claim another contact, and this one when the open call of the number has ended.'
      )
  ) as refusal (rule, message, hint)
  where refusal.rule = broken;

  perform voicesurvey_rules.raise_violation(
    broken,
    'call_attempts',
    message,
    format('Attempt %s of contact %s.', new.id, new.contact_id),
    hint
  );
  return null;
end
$function$;

create or replace function voicesurvey_rules.check_changed_number()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The contact's row is locked, so none of its calls starts now.
  if not exists (select from public.call_attempts where contact_id = new.id and ended_at is null) then
    return null;
  end if;

  perform voicesurvey_rules.lock_mutex_rows(array[0]);

  perform
  from public.contacts as contact
  join public.contacts as other
    on other.phone_number = contact.phone_number
    and other.id <> contact.id
  join public.call_attempts as open_call
    on open_call.contact_id = other.id
    and open_call.ended_at is null
  where contact.id = new.id;

  if found then
    perform voicesurvey_rules.raise_violation(
      'a_number_has_one_open_call',
      'contacts',
      'A number never has two open calls, whatever campaigns list it.',
      format('Contact %s.', new.id),
      'Change the number when the contact''s call, or the open call of that number, has ended.'
    );
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
declare
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'AFTER' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  perform
  from public.contacts
  where id = new.contact_id
    and state = 'in_progress'
    and attempts_count <= case when old.ended_at is null and new.ended_at is not null then new.attempt_number end;

  if found then
    broken := 'a_contact_is_in_progress_while_its_call_is_open';
    message := 'A contact is in progress exactly while its latest call is open.';
    hint := 'Set the contact''s state in the transaction that ends the call.';

  -- A reported end has replaced one that was not reported (V0011). The rows are read as they are now.
  elsif old.outcome <> new.outcome then
    select
      case
        when contact.state in ('pending', 'not_reached') and attempt.outcome in ('completed', 'refused')
        then 'a_completed_or_refused_call_is_the_last'
        when contact.state <> 'excluded'
          and contact.last_outcome <> (
            select latest.outcome
            from public.call_attempts as latest
            where latest.contact_id = contact.id
              and latest.outcome is not null
            order by latest.attempt_number desc
            limit 1
          )
        then 'last_outcome_is_that_of_the_latest_call'
      end
    into broken
    from public.call_attempts as attempt
    join public.contacts as contact
      on contact.id = attempt.contact_id
    where attempt.id = new.id;

    message := 'The state and the last_outcome of a contact follow the end that replaces the end of its latest call.';
    hint := 'Set the contact''s state and last_outcome in the transaction that replaces the end.';
  end if;

  if broken is not null then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = broken,
      message = message,
      detail = format('Attempt %s of contact %s.', new.id, new.contact_id),
      hint = hint;
  end if;

  return null;
end
$function$;

-- The latest attempt of a contact determines the number of the next attempt and when it may start. This is checked at
-- commit, so that an attempt cannot be deleted and dialled again in one transaction. An attempt whose number exists
-- again was replaced, not erased. A campaign that has ended calls no contact again. A contact that is not_reached after
-- its last attempt is not called again either: the erasure of its last call is recorded, so that the call is not
-- repeated.

create or replace function voicesurvey_rules.check_latest_call_is_retained()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- See the header: an excluded contact may be returned at the same time.
  perform
  from public.contacts
  where id = old.contact_id
    and state = 'excluded'
    and attempts_count = old.attempt_number
  for share;

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
      tg_argv[0],
      'call_attempts',
      tg_argv[1],
      format('Attempt %s of contact %s.', old.id, old.contact_id),
      tg_argv[2]
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
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

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
  if tg_relid <> 'public.campaigns'::regclass or tg_when <> 'BEFORE' or tg_op not in ('UPDATE', 'DELETE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- Conflicts with the lock of a claim, and not with that of a backup, which reads the table.
  lock table voicesurvey_rules.claim_gate in exclusive mode;
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
  if tg_relid <> 'public.provider_configs'::regclass or tg_when <> 'BEFORE' or tg_op not in ('UPDATE', 'DELETE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  perform voicesurvey_rules.lock_mutex_rows(array[0]);
  return coalesce(new, old);
end
$function$;

comment on function voicesurvey_rules.last_call_was_erased(uuid) is
  'Whether the contact''s last possible call was made and then erased. Called by check_call_may_start.';
comment on function voicesurvey_rules.is_time_zone_name(text) is
  'Whether a text has the form of a time zone that rule 3 accepts: UTC, or an Area/Location name. Called by '
  'check_call_may_start.';
comment on function voicesurvey_rules.check_call_may_start() is
  'Rejects an attempt of a contact that may not be called, or not now, or not again. Sets the contact''s '
  'last_attempt_at if the writer set another value.';
comment on function voicesurvey_rules.check_new_call() is
  'Rejects an attempt that does not agree with its contact, an open call of an excluded contact or above the provider''s '
  'limit, and a second open call of a number. Sets the contact''s last_attempt_at if the writer set another value.';
comment on function voicesurvey_rules.check_changed_number() is
  'Rejects a new number of a contact with an open call if that number has an open call too.';
comment on function voicesurvey_rules.check_ended_call() is
  'Rejects the end of a call whose contact stays in progress, and a replaced end that its contact does not follow.';
comment on function voicesurvey_rules.check_latest_call_is_retained() is
  'Rejects the deletion of the latest attempt of a contact that is in a call or may be called again, and the '
  'replacement of an attempt. Records the erasure of a last call.';
comment on function voicesurvey_rules.delete_erased_last_calls() is
  'Deletes the record of an erased last call together with its contact.';
comment on function voicesurvey_rules.block_new_claims() is
  'Waits for the claims that run, and makes later claims wait until the end of the transaction.';
comment on function voicesurvey_rules.lock_claims() is
  'Locks mutex row 0: waits for a claim that commits, and makes the commits of other claims wait.';

revoke execute on function
  voicesurvey_rules.last_call_was_erased(uuid),
  voicesurvey_rules.is_time_zone_name(text),
  voicesurvey_rules.check_call_may_start(),
  voicesurvey_rules.check_new_call(),
  voicesurvey_rules.check_changed_number(),
  voicesurvey_rules.check_ended_call(),
  voicesurvey_rules.check_latest_call_is_retained(),
  voicesurvey_rules.delete_erased_last_calls(),
  voicesurvey_rules.block_new_claims(),
  voicesurvey_rules.lock_claims()
from public;


-- contacts

drop trigger if exists a_number_has_one_open_call on public.contacts;
create constraint trigger a_number_has_one_open_call
  after update of phone_number on public.contacts
  deferrable initially deferred
  for each row
  when (old.phone_number <> new.phone_number)
  execute function voicesurvey_rules.check_changed_number();

create or replace trigger erased_last_calls_are_deleted_with_their_contact
  after delete on public.contacts
  referencing old table as deleted
  for each statement
  execute function voicesurvey_rules.delete_erased_last_calls();

comment on trigger a_number_has_one_open_call on public.contacts is
  'Rule 2: a number never has two open calls, even if a contact''s number changes during its call.';
comment on trigger erased_last_calls_are_deleted_with_their_contact on public.contacts is
  'Rule 12: no record of an erased person remains.';


-- call_attempts

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
  after update of ended_at, outcome on public.call_attempts
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
    'an_open_call_is_not_deleted',
    'An open call is not deleted.',
    'End the call first. To erase the person, delete the contact.'
  );

drop trigger if exists a_contact_that_may_be_called_again_keeps_its_latest_call on public.call_attempts;
create constraint trigger a_contact_that_may_be_called_again_keeps_its_latest_call
  after delete on public.call_attempts
  deferrable initially deferred
  for each row
  when (old.ended_at is not null)
  execute function voicesurvey_rules.check_latest_call_is_retained(
    'a_contact_that_may_be_called_again_keeps_its_latest_call',
    'The latest attempt of a contact that is in a call or may be called again is not deleted: without it the contact '
    'could be dialled too often or too soon.',
    'Delete the attempt when the contact has ended or its attempts are used up. To erase the person, delete the contact.'
  );

comment on trigger a_call_may_start on public.call_attempts is
  'Rules 1, 2 and 3: which contacts are dialled, how often and when.';
comment on trigger a_call_agrees_with_its_contact on public.call_attempts is
  'Rules 2, 4 and 10: a new call agrees with its contact, its number has no other open call, and the provider''s limit '
  'is not exceeded.';
comment on trigger an_ended_call_agrees_with_its_contact on public.call_attempts is
  'Rule 10: a contact is in progress exactly while its call is open, and follows an end that replaces another one.';
comment on trigger an_open_call_is_not_deleted on public.call_attempts is
  'Rule 10: a contact in progress has an open call.';
comment on trigger a_contact_that_may_be_called_again_keeps_its_latest_call on public.call_attempts is
  'Rules 2 and 3: the latest attempt determines the number of the next one, and when it may start.';


-- campaigns

create or replace trigger claims_wait_while_a_campaign_changes
  before update or delete on public.campaigns
  for each statement
  execute function voicesurvey_rules.block_new_claims();

comment on trigger claims_wait_while_a_campaign_changes on public.campaigns is
  'Rule 3: a change of a campaign waits for earlier claims only, so that new claims do not starve it.';


-- provider_configs

create or replace trigger claims_wait_while_their_limit_changes
  before update of max_concurrent_calls or delete on public.provider_configs
  for each row
  execute function voicesurvey_rules.lock_claims();

comment on trigger claims_wait_while_their_limit_changes on public.provider_configs is
  'Rule 4: while the limit changes, no claim commits that was checked against the old limit.';
