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
--   - The campaign's row is locked FOR NO KEY UPDATE: a transaction that pauses the campaign or changes its hours waits
--     or has committed before. Sessions queue for a row that is locked exclusively. So later claims wait for a session
--     that waits to change the campaign, and cannot starve it, as they could with FOR SHARE. Claims of one campaign run one
--     after the other from here to commit. A change of the campaign's settings locks the same row, and they are read after it.
--     It also updates that row, so that at the stricter levels a claim with an older snapshot, which does not show the
--     settings, fails with 40001.
--     The foreign key of an attempt to its campaign is checked at commit: its lock of the row would come before this one,
--     and a session that holds any lock of a row does not queue for a stronger one.
--   - Claims lock mutex row 0 (V0010) at commit. So do a change of the provider's configuration and a change of the
--     number of a contact with an open call. Open calls, their limit and their numbers are therefore read by one
--     transaction at a time.
--   - An erasure of a call cannot be seen through an older snapshot. At the stricter levels, last_call_was_erased
--     therefore inserts a probe, which fails with 40001 if it meets a record that was committed after the snapshot. So does
--     check_ended_call for a hang-up that was noted after the snapshot.
--   - An exclusion may commit while the transaction that starts a call waits for the contact's number (V0013). So the
--     contact's state is checked again at commit.
--   - The number of a contact may change during its call, also in the transaction that starts the call and after an early
--     check of it. So a number that was listed before this transaction is refused at commit.
--   - The erasure of the latest call of an excluded contact locks the contact's row FOR SHARE, so that an update which
--     returns the contact (V0013) waits, or has committed before and is seen.
--
-- Local time is that of the campaign's time zone, if it has one in voicesurvey.campaign_settings. If not, it is that of the
-- installation: the setting voicesurvey.time_zone of the database, UTC without it. The setting is read from the catalog,
-- because a session could change its own copy of it:
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
  'Contacts with all attempts used up, and whose last call was erased. Written by record_erased_last_call; deleted '
  'together with the contact.';
comment on column voicesurvey_rules.erased_last_calls.contact_id is
  'The contact. Written by record_erased_last_call.';


-- What the API knows of campaigns and calls beyond the product's tables.

create table if not exists voicesurvey.campaign_settings (
  campaign_id uuid not null,
  time_zone text,
  calling_days integer[],

  constraint campaign_settings_are_set_once_per_campaign
    primary key (campaign_id),
  constraint settings_belong_to_a_campaign
    foreign key (campaign_id) references public.campaigns (id)
    on delete cascade,
  constraint a_campaign_has_a_calling_day
    check (coalesce(array_ndims(calling_days), 0) = 1 or calling_days is null),
  constraint calling_days_are_iso_weekdays_without_repeats
    check (
      array_position(calling_days, null) is null
      and cardinality(calling_days)
        = (1 = any (calling_days))::integer
        + (2 = any (calling_days))::integer
        + (3 = any (calling_days))::integer
        + (4 = any (calling_days))::integer
        + (5 = any (calling_days))::integer
        + (6 = any (calling_days))::integer
        + (7 = any (calling_days))::integer
    )
);

comment on table voicesurvey.campaign_settings is
  'The time zone and calling days of a campaign. A campaign without a row has those of the installation. Written by '
  'set_calling_time.';
comment on column voicesurvey.campaign_settings.campaign_id is
  'The campaign. Written by set_calling_time.';
comment on column voicesurvey.campaign_settings.time_zone is
  'UTC or an Area/Location name, in which the calling window and the calling days are. Null: that of the installation. '
  'Written by set_calling_time.';
comment on column voicesurvey.campaign_settings.calling_days is
  'The weekdays on which calls start, 1 for Monday to 7 for Sunday. Null: all seven. Written by set_calling_time.';
comment on constraint a_campaign_has_a_calling_day on voicesurvey.campaign_settings is
  'Rule 3: a list of calling days has at least one day.';
comment on constraint calling_days_are_iso_weekdays_without_repeats on voicesurvey.campaign_settings is
  'Rule 3: calling days are 1 to 7, each at most once.';

-- Each call writes and deletes a row, so the table is vacuumed often.

create table if not exists voicesurvey.hang_ups (
  call_attempt_id uuid not null,
  ended_at timestamptz not null,
  provider_raw_status text,
  noted_at timestamptz not null default now(),

  constraint a_hang_up_is_noted_once_per_call
    primary key (call_attempt_id),
  constraint hang_up_belongs_to_a_call
    foreign key (call_attempt_id) references public.call_attempts (id)
    on delete cascade,
  constraint hang_up_has_finite_times
    check (isfinite(ended_at) and isfinite(noted_at))
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

comment on table voicesurvey.hang_ups is
  'Calls that the provider reported as over and whose outcome is not known yet. Such a call no longer counts as open for '
  'the limit of calls (rule 4). Written by record_hang_up, and deleted when the outcome arrives.';
comment on column voicesurvey.hang_ups.call_attempt_id is
  'The attempt. Written by record_hang_up.';
comment on column voicesurvey.hang_ups.ended_at is
  'When the call ended, by the provider''s clock; becomes ended_at of the attempt. Written by record_hang_up.';
comment on column voicesurvey.hang_ups.provider_raw_status is
  'The provider''s own status of the call. Written by record_hang_up.';
comment on column voicesurvey.hang_ups.noted_at is
  'When the hang-up was noted. Written by the database.';
comment on constraint hang_up_has_finite_times on voicesurvey.hang_ups is
  'Rule 5: the times are finite.';

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
return zone operator(pg_catalog.~*) E'^(utc|(?!(posix|right)/)[a-z_]+(/[a-z_-]+)+|etc/gmt(\\+([0-9]|1[0-2])|-([0-9]|1[0-4])|0))$';

-- The settings of the database, one per line. The zone is cut out of them by split_part, because a regular expression
-- would take ten times as long. In a Turkish database, lower() would change the I of "TIME_ZONE".

create or replace function voicesurvey_rules.installation_time_zone()
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
  settings text;
begin
  select E'\n' || array_to_string(setconfig, E'\n') || E'\n'
  into settings
  from pg_catalog.pg_db_role_setting
  where setrole = 0
    and setdatabase = (
      select oid
      from pg_catalog.pg_database
      where datname = current_database()
    );

  return coalesce(
    split_part(nullif(split_part(lower(settings collate "C"), E'\nvoicesurvey.time_zone=', 2), ''), E'\n', 1),
    'UTC'
  );
end
$function$;

create or replace function voicesurvey_rules.local_time(at timestamptz, zone text)
returns timestamp
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
begin
  if zone = 'UTC' then
    return at at time zone 'UTC';
  elsif voicesurvey_rules.is_time_zone_name(zone) then
    begin
      return at at time zone zone;
    exception
      when invalid_parameter_value then
        return null;
    end;
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.check_calling_time()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  fixed_campaign uuid;
begin
  if tg_relid <> 'voicesurvey.campaign_settings'::regclass or tg_when <> 'BEFORE' or tg_op not in ('INSERT', 'UPDATE', 'DELETE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if tg_op = 'UPDATE' and new = old then
    return new;
  end if;

  -- Waits for the claims of the campaign that run, and for another change of it. The campaign may be gone: then this
  -- deletion is that of its foreign key.
  perform
  from public.campaigns
  where id in (old.campaign_id, new.campaign_id)
  order by id
  for no key update;

  select id
  into fixed_campaign
  from public.campaigns
  where id in (old.campaign_id, new.campaign_id)
    and status not in ('draft', 'scheduled', 'paused')
  limit 1;

  if found then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'campaigns',
      constraint = 'hours_and_interval_are_fixed_while_a_campaign_runs',
      message = 'The time zone and calling days of a campaign change only while it is paused, or before its first start.',
      detail = format('Campaign %s.', fixed_campaign),
      hint = 'Pause the campaign first.';
  end if;

  if tg_op = 'DELETE' then
    return old;
  end if;

  if new.time_zone is not null and voicesurvey_rules.local_time(now(), new.time_zone) is null then
    raise exception using
      errcode = 'check_violation',
      schema = 'voicesurvey',
      table = 'campaign_settings',
      constraint = 'campaign_has_a_known_time_zone',
      message = 'The time zone of a campaign is neither UTC nor an Area/Location name that PostgreSQL knows.',
      detail = format('Campaign %s.', new.campaign_id),
      hint = 'Use UTC, or a name with a slash from pg_timezone_names, such as Europe/Rome.';
  end if;

  return new;
end
$function$;

-- Leaves a new version of the campaign: see the header. After the statement, which may change the campaign too.

create or replace function voicesurvey_rules.change_campaign_of_settings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'voicesurvey.campaign_settings'::regclass or tg_when <> 'AFTER' or tg_op not in ('INSERT', 'UPDATE', 'DELETE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if tg_op <> 'UPDATE' or new <> old then
    update public.campaigns
    set updated_at = clock_timestamp()
    where id in (old.campaign_id, new.campaign_id);
  end if;

  return null;
end
$function$;

-- The calls that rule 4 counts. A call whose hang-up is noted counts no more, although its attempt is open until its
-- outcome arrives. The attempts are counted in the index of open calls, by a plain scan of it: this scan marks the entries
-- of calls that have ended, and the next one skips them. A bitmap scan would read all entries since the last vacuum, also
-- in check_new_call. Before PostgreSQL 18, a plan that needs a scan that is off looks so expensive that the server compiles
-- it, which takes half a second. So jit is off, too.

create or replace function voicesurvey_rules.used_call_slots()
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_bitmapscan = off
set jit = off
as $function$
begin
  return (
    select count(*)
    from public.call_attempts
    where ended_at is null
  ) - (
    select count(*)
    from voicesurvey.hang_ups as hang_up
    where exists (
      select
      from public.call_attempts
      where id = hang_up.call_attempt_id
        and ended_at is null
      offset 0
    )
  );
end
$function$;

create or replace function voicesurvey_rules.check_call_may_start()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  contact record;
  campaign record;
  zone text;
  days integer[];
  local_start timestamp;
  previous record;
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The contact's attempts_count rises in the same transaction, before the attempt is inserted or after it.
  select campaign_id, phone_number, do_not_call, state, attempts_count, last_attempt_at
  into contact
  from public.contacts
  where id = new.contact_id
  for no key update;

  select status, max_attempts, retry_interval_minutes, allowed_call_start_local, allowed_call_end_local
  into campaign
  from public.campaigns
  where id = new.campaign_id
  for no key update;

  select time_zone, calling_days
  into zone, days
  from voicesurvey.campaign_settings
  where campaign_id = new.campaign_id;

  if zone is null then
    zone := voicesurvey_rules.installation_time_zone();
  end if;

  local_start := voicesurvey_rules.local_time(new.started_at, zone);

  perform
  from public.exclusion_list_entries
  where phone_number = contact.phone_number;

  -- A window that ends at 23:59:59.999999, the last time of a day, lasts until midnight.
  broken := case
    when new.campaign_id <> contact.campaign_id then 'an_attempt_belongs_to_its_contacts_campaign'
    when found or contact.do_not_call or contact.state = 'excluded' then 'never_dial_an_excluded_number'
    when contact.state in ('completed', 'refused') then 'never_dial_a_completed_or_refused_contact'
    when campaign.status <> 'running' then 'calls_start_only_in_a_running_campaign'
    when new.attempt_number > campaign.max_attempts then 'never_dial_more_than_max_attempts'
    when new.attempt_number - contact.attempts_count not in (0, 1) then 'attempts_are_numbered_without_gaps'
    when local_start is null then 'local_time_needs_a_known_time_zone'
    when local_start::time < campaign.allowed_call_start_local
      or (local_start::time >= campaign.allowed_call_end_local and campaign.allowed_call_end_local <> '23:59:59.999999')
    then 'calls_start_only_in_the_calling_hours'
    when extract(isodow from local_start)::integer <> all (days) then 'calls_start_only_on_the_calling_days'
  end;

  if broken is null
    and new.attempt_number = campaign.max_attempts
    and voicesurvey_rules.last_call_was_erased(new.contact_id)
  then
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
      when new.started_at < previous.started_at + make_interval(mins => campaign.retry_interval_minutes)
      then 'no_retry_before_the_interval_is_over'
      when new.started_at < previous.ended_at - interval '60 seconds' then 'calls_of_a_contact_do_not_overlap'
    end;
  end if;

  -- Corrects last_attempt_at: if attempts_count rose before the attempt was inserted, the writer set it. If the attempt
  -- was inserted first, check_new_call corrects it at commit.
  if broken is null then
    if contact.attempts_count = new.attempt_number and contact.last_attempt_at is distinct from new.started_at then
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
        'No call may start: the time zone of the campaign, or else the database setting voicesurvey.time_zone, is neither '
        'UTC nor an Area/Location name that PostgreSQL knows.',
        'Set voicesurvey.time_zone of the database, or the time zone of the campaign if it has one, to UTC or to a name '
        'with a slash from pg_timezone_names, such as Europe/Rome.'
      ),
      (
        'calls_start_only_in_the_calling_hours',
        'A call starts only in the calling hours of its campaign.',
        'Do not dial now. The hours are in the time zone of the campaign, or else of the database setting '
        'voicesurvey.time_zone.'
      ),
      (
        'calls_start_only_on_the_calling_days',
        'A call starts only on a calling day of its campaign.',
        'Do not dial now. The days are in the time zone of the campaign, or else of the database setting '
        'voicesurvey.time_zone.'
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

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'call_attempts',
    constraint = broken,
    message = message,
    detail = format('Attempt %s of contact %s.', new.id, new.contact_id),
    hint = hint;
end
$function$;

create or replace function voicesurvey_rules.check_new_call()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_bitmapscan = off
set jit = off
as $function$
declare
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- A call that was inserted with its end counts for no limit, so it needs no lock.
  if new.ended_at is null then
    -- Locks mutex row 0. If only the row must be locked, this is cheaper than lock_mutex_rows(array[0]). If the row exists
    -- and was not updated, this transaction has locked it before.
    update voicesurvey_rules.mutex_rows
    set lock_count = lock_count + 1
    where id = 0
      and xmin <> pg_current_xact_id()::xid;

    if not found then
      perform
      from voicesurvey_rules.mutex_rows
      where id = 0;

      if not found then
        perform voicesurvey_rules.lock_mutex_rows(array[0]);
      end if;
    end if;

    -- The usual path. The state of another contact of the number does not show whether it has an open call: this check
    -- may run early (set constraints), while this transaction has set another state for a moment. "offset 0" makes the
    -- plan look the calls up only if another contact has the number.
    perform
    from public.contacts as contact
    where contact.id = new.contact_id
      and contact.state = 'in_progress'
      and contact.attempts_count >= new.attempt_number
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
      when provider.max_concurrent_calls < voicesurvey_rules.used_call_slots()
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

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'call_attempts',
    constraint = broken,
    message = message,
    detail = format('Attempt %s of contact %s.', new.id, new.contact_id),
    hint = hint;
end
$function$;

create or replace function voicesurvey_rules.check_changed_number()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  own_xid bigint;
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The contact's row is locked, so none of its calls starts now.
  if not exists (select from public.call_attempts where contact_id = new.id and ended_at is null) then
    return null;
  end if;

  perform voicesurvey_rules.lock_mutex_rows(array[0]);

  -- An exclusion is never refused, so an entry of this transaction counts as one during the call. The change has locked
  -- its number (V0013): no other transaction lists that number before this one ends.
  --
  -- Another transaction may have begun in the same microsecond, so created_at does not prove that an entry is of this one.
  -- Its xmin does: of the transactions whose rows are visible here, only this one is in progress, with its subtransactions.
  -- Their ids are not before the transaction's own: the distance is half of all ids or more if xmin is older.
  own_xid := pg_current_xact_id()::text::bigint;

  perform
  from public.contacts as contact
  join public.exclusion_list_entries as entry
    on entry.phone_number = contact.phone_number
  cross join lateral (select (entry.xmin::text::bigint - own_xid) & 4294967295) as later (xids)
  where contact.id = new.id
    and case
      when entry.created_at <> now() or later.xids >= 2147483648 then true
      else pg_xact_status((own_xid + later.xids)::text::xid8) <> 'in progress'
    end;

  if found then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'never_dial_an_excluded_number',
      message = 'A contact does not get a number on the exclusion list while its call is open.',
      detail = format('Contact %s.', new.id),
      hint = 'Change the number when the call has ended. To exclude the contact now, set its do_not_call.';
  end if;

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
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'a_number_has_one_open_call',
      message = 'A number never has two open calls, whatever campaigns list it.',
      detail = format('Contact %s.', new.id),
      hint = 'Change the number when the contact''s call, or the open call of that number, has ended.';
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

  -- The outcome has arrived, by any path: the noted hang-up is needed no more.
  if old.ended_at is null and new.ended_at is not null then
    -- The probe: see the header. The call may have been erased in this transaction.
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
      insert into voicesurvey.hang_ups (call_attempt_id, ended_at)
      select id, ended_at
      from public.call_attempts
      where id = new.id
      on conflict do nothing;
    end if;

    delete from voicesurvey.hang_ups
    where call_attempt_id = new.id;
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
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = tg_argv[0],
      message = tg_argv[1],
      detail = format('Attempt %s of contact %s.', old.id, old.contact_id),
      hint = tg_argv[2];
  end if;

  return null;
end
$function$;

-- Before the deletion, so that the check of an event (V0015) finds the record, in whatever order a transaction publishes
-- the event and deletes the call.

create or replace function voicesurvey_rules.record_erased_last_call()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'BEFORE' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  insert into voicesurvey_rules.erased_last_calls (contact_id)
  select contact.id
  from public.contacts as contact
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  where contact.id = old.contact_id
    and contact.attempts_count = old.attempt_number
    and contact.attempts_count >= campaign.max_attempts
  on conflict do nothing;

  return old;
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
  'Whether a text has the form of a time zone that rule 3 accepts: UTC, or an Area/Location name. Called by local_time.';
comment on function voicesurvey_rules.installation_time_zone() is
  'The time zone of the database setting voicesurvey.time_zone, UTC without it. Called by check_call_may_start and the '
  'functions of the API.';
comment on function voicesurvey_rules.local_time(timestamptz, text) is
  'The local time in a time zone; null if rule 3 does not accept the zone. Called by check_call_may_start, '
  'check_calling_time and the functions of the API.';
comment on function voicesurvey_rules.check_calling_time() is
  'Rejects a change of a campaign''s time zone or calling days while it runs or after its end, and a time zone that '
  'PostgreSQL does not know.';
comment on function voicesurvey_rules.change_campaign_of_settings() is
  'Sets the updated_at of a campaign whose time zone or calling days change.';
comment on function voicesurvey_rules.used_call_slots() is
  'The number of open calls whose hang-up is not noted. Called by check_new_call and the functions of the API.';
comment on function voicesurvey_rules.check_call_may_start() is
  'Rejects an attempt of a contact that may not be called, or not now, or not again. Sets the contact''s '
  'last_attempt_at if the writer set another value.';
comment on function voicesurvey_rules.check_new_call() is
  'Rejects an attempt that does not agree with its contact, an open call of an excluded contact or above the provider''s '
  'limit, and a second open call of a number. Sets the contact''s last_attempt_at if the writer set another value.';
comment on function voicesurvey_rules.check_changed_number() is
  'Rejects a new number of a contact with an open call if that number is listed, unless this transaction has listed it, or '
  'has an open call too.';
comment on function voicesurvey_rules.check_ended_call() is
  'Rejects the end of a call whose contact stays in progress, and a replaced end that its contact does not follow. Deletes '
  'the noted hang-up of a call that has ended.';
comment on function voicesurvey_rules.check_latest_call_is_retained() is
  'Rejects the deletion of the latest attempt of a contact that is in a call or may be called again, and the '
  'replacement of an attempt.';
comment on function voicesurvey_rules.record_erased_last_call() is
  'Records the erasure of a last call of a contact whose attempts are used up.';
comment on function voicesurvey_rules.delete_erased_last_calls() is
  'Deletes the record of an erased last call together with its contact.';
comment on function voicesurvey_rules.lock_claims() is
  'Locks mutex row 0: waits for a claim that commits, and makes the commits of other claims wait.';

revoke execute on function
  voicesurvey_rules.last_call_was_erased(uuid),
  voicesurvey_rules.is_time_zone_name(text),
  voicesurvey_rules.installation_time_zone(),
  voicesurvey_rules.local_time(timestamptz, text),
  voicesurvey_rules.check_calling_time(),
  voicesurvey_rules.change_campaign_of_settings(),
  voicesurvey_rules.used_call_slots(),
  voicesurvey_rules.check_call_may_start(),
  voicesurvey_rules.check_new_call(),
  voicesurvey_rules.check_changed_number(),
  voicesurvey_rules.check_ended_call(),
  voicesurvey_rules.check_latest_call_is_retained(),
  voicesurvey_rules.record_erased_last_call(),
  voicesurvey_rules.delete_erased_last_calls(),
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
  'Rules 1 and 2: an open call is neither one of a number that was listed before, nor the second one of a number, even if a '
  'contact''s number changes during its call.';
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

create or replace trigger the_erasure_of_a_last_call_is_recorded
  before delete on public.call_attempts
  for each row
  when (old.ended_at is not null)
  execute function voicesurvey_rules.record_erased_last_call();

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
comment on trigger the_erasure_of_a_last_call_is_recorded on public.call_attempts is
  'Rules 2 and 7: a contact whose last call was erased is not called again, and its not_reached may be published.';


-- campaign_settings

create or replace trigger calling_time_is_fixed_while_a_campaign_runs
  before insert or update or delete on voicesurvey.campaign_settings
  for each row
  execute function voicesurvey_rules.check_calling_time();

create or replace trigger a_new_calling_time_changes_its_campaign
  after insert or update or delete on voicesurvey.campaign_settings
  for each row
  execute function voicesurvey_rules.change_campaign_of_settings();

comment on trigger calling_time_is_fixed_while_a_campaign_runs on voicesurvey.campaign_settings is
  'Rules 3 and 9: time zone and calling days change only while the campaign is paused, or before its first start. The time '
  'zone is one that PostgreSQL knows.';
comment on trigger a_new_calling_time_changes_its_campaign on voicesurvey.campaign_settings is
  'Rule 3: no transaction with an older snapshot starts a call at the former calling time.';


-- provider_configs

create or replace trigger claims_wait_while_their_limit_changes
  before update of max_concurrent_calls or delete on public.provider_configs
  for each row
  execute function voicesurvey_rules.lock_claims();

comment on trigger claims_wait_while_their_limit_changes on public.provider_configs is
  'Rule 4: while the limit changes, no claim commits that was checked against the old limit.';


-- See the header: the check of this foreign key must not lock the campaign before a_call_may_start does.

alter table public.call_attempts
  alter constraint attempt_belongs_to_a_campaign deferrable initially deferred;
