-- migrate: lock-timeout 2s
--
-- V0020: claims: which calls to place now (claim_calls), when a campaign may call, and time-ordered ids.
--
-- A claim chooses contacts, moves them to in_progress and inserts their attempts, in one statement. It takes only calls
-- that the rules 1 to 4 allow, so that the rules (V0012) never refuse it.
--
-- Safe under concurrency:
--   - A claim updates mutex row 0 (V0010) first. So claims run one after the other, each up to its commit, and the limit
--     and the numbers in a call do not change meanwhile. Ten contacts cost one commit. Before that, it only reads: with
--     every campaign closed or every slot in use, nothing is written and no session waits.
--   - Other transactions lock contact, campaign and then mutex row 0, in this order. So a claim waits for no lock after
--     mutex row 0: it skips contacts and campaigns that another transaction has locked.
--   - What it read before it locked a row is checked again when the row is locked.
--
-- Safe on a live table: a new default changes only the catalog. Two tables are locked, in the order in which services write
-- them. A statement waits at most 2 s for its lock, since writers of the table that is already locked wait too.

set search_path = pg_catalog, pg_temp;


-- Ids in the order of time: uuid version 7 (RFC 9562) of a random id of version 4, whose first 48 bits become the
-- milliseconds since 1970 and whose version becomes 7. New rows then share the last pages of their index, instead of
-- writing to all of them. Newer servers have such a function, but the default must be the same on every version.

create or replace function voicesurvey_rules.time_ordered_id()
returns uuid
language sql
volatile
parallel safe
return encode(
  set_bit(
    set_bit(
      overlay(
        uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
        from 1 for 6
      ),
      52,
      1
    ),
    53,
    1
  ),
  'hex'
)::uuid;

comment on function voicesurvey_rules.time_ordered_id() is
  'A new id, uuid version 7: greater than the ids of earlier milliseconds. The default of the ids of attempts and events.';

revoke execute on function voicesurvey_rules.time_ordered_id() from public;

-- A default needs this privilege of the role that inserts. The function reads nothing but the clock.
grant execute on function voicesurvey_rules.time_ordered_id() to public;

alter table public.call_attempts
  alter column id set default voicesurvey_rules.time_ordered_id();
alter table public.events
  alter column id set default voicesurvey_rules.time_ordered_id();


create or replace function voicesurvey_rules.require_campaign(campaign uuid)
returns public.campaign_status
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
  campaign_status public.campaign_status;
begin
  select known.status
  into campaign_status
  from public.campaigns as known
  where known.id = require_campaign.campaign;

  if found then
    return campaign_status;
  end if;

  if require_campaign.campaign is null then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'campaign_is_given',
      message = 'The function needs a campaign, and campaign is null.',
      hint = 'Pass the id of a campaign.';
  end if;

  raise exception using
    errcode = 'invalid_parameter_value',
    schema = 'voicesurvey',
    constraint = 'campaign_is_known',
    message = format('There is no campaign %s.', require_campaign.campaign),
    hint = 'Check the id. The campaign may have been deleted.';
end
$function$;

comment on function voicesurvey_rules.require_campaign(uuid) is
  'Returns the status of a campaign. Raises an error if the campaign is null or unknown. Called by the functions of the API '
  'that take a campaign.';


-- The calling time of a campaign, whatever its status.

create or replace function voicesurvey_rules.is_calling_time(campaign uuid, at timestamptz)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
  calling_time record;
  local_at timestamp;
begin
  select allowed_call_start_local, allowed_call_end_local, time_zone, calling_days
  into calling_time
  from public.campaigns
  left join voicesurvey.campaign_settings
    on campaign_id = id
  where id = is_calling_time.campaign;

  local_at := voicesurvey_rules.local_time(
    at,
    coalesce(calling_time.time_zone, voicesurvey_rules.installation_time_zone())
  );

  return coalesce(
    local_at::time >= calling_time.allowed_call_start_local
      and (
        local_at::time < calling_time.allowed_call_end_local
        or calling_time.allowed_call_end_local = '23:59:59.999999'
      )
      and coalesce(extract(isodow from local_at)::integer = any (calling_time.calling_days), true),
    false
  );
end
$function$;

comment on function voicesurvey_rules.is_calling_time(uuid, timestamptz) is
  'Whether a time is on a calling day and inside the calling window of a campaign. False for an unknown campaign, and while '
  'rule 3 does not accept the time zone. Called by claim_calls, may_call_now and find_opening.';


-- The contacts of a campaign to call, first attempts before retries and those that have waited longest first, locked.
-- The contacts of each number of attempts are read in the order of the index contacts_to_call, and merged. "limit" ends
-- the whole search when enough contacts are locked. Statistics would mislead the planner after an import, so it may
-- neither sort nor read contacts in another order, and one plan serves all calls. The number of attempts is at most 5.
--
-- A contact is skipped if its number is in a call in another campaign, or taken by this claim in another campaign. Rows that
-- are older than the rules may break them: a listed number, no latest attempt, or an attempt that is open, completed, refused,
-- later than the latest, or numbered above attempts_count. Such a contact is skipped too, since a refusal of it would end
-- every claim.

create or replace function voicesurvey_rules.lock_contacts_to_call(
  campaign uuid,
  max_attempts integer,
  retried_before timestamptz,
  ended_before timestamptz,
  taken_numbers text[],
  at_most integer
)
returns table (id uuid, phone_number text)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_incremental_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $function$
begin
  return query
  select locked.id, locked.phone_number
  from (
    select queue.ctid
    from (
      (
        select contact.ctid, contact.last_attempt_at, contact.created_at
        from public.contacts as contact
        where contact.campaign_id = lock_contacts_to_call.campaign
          and contact.attempts_count = 0
          and contact.state in ('pending', 'not_reached')
        order by contact.last_attempt_at nulls first, contact.created_at
      )
      union all
      (
        select contact.ctid, contact.last_attempt_at, contact.created_at
        from public.contacts as contact
        where contact.campaign_id = lock_contacts_to_call.campaign
          and contact.attempts_count = 1
          and contact.state in ('pending', 'not_reached')
          and contact.last_attempt_at <= retried_before
          and max_attempts > 1
        order by contact.last_attempt_at nulls first, contact.created_at
      )
      union all
      (
        select contact.ctid, contact.last_attempt_at, contact.created_at
        from public.contacts as contact
        where contact.campaign_id = lock_contacts_to_call.campaign
          and contact.attempts_count = 2
          and contact.state in ('pending', 'not_reached')
          and contact.last_attempt_at <= retried_before
          and max_attempts > 2
        order by contact.last_attempt_at nulls first, contact.created_at
      )
      union all
      (
        select contact.ctid, contact.last_attempt_at, contact.created_at
        from public.contacts as contact
        where contact.campaign_id = lock_contacts_to_call.campaign
          and contact.attempts_count = 3
          and contact.state in ('pending', 'not_reached')
          and contact.last_attempt_at <= retried_before
          and max_attempts > 3
        order by contact.last_attempt_at nulls first, contact.created_at
      )
      union all
      (
        select contact.ctid, contact.last_attempt_at, contact.created_at
        from public.contacts as contact
        where contact.campaign_id = lock_contacts_to_call.campaign
          and contact.attempts_count = 4
          and contact.state in ('pending', 'not_reached')
          and contact.last_attempt_at <= retried_before
          and max_attempts > 4
        order by contact.last_attempt_at nulls first, contact.created_at
      )
    ) as queue
    order by queue.last_attempt_at nulls first, queue.created_at
    limit 2000000000
  ) as waiting
  cross join lateral (
    select contact.id, contact.phone_number
    from public.contacts as contact
    where contact.ctid = waiting.ctid
      and contact.campaign_id = lock_contacts_to_call.campaign
      and contact.state in ('pending', 'not_reached')
      and not contact.do_not_call
      and contact.attempts_count < max_attempts
      and (contact.attempts_count = 0 or contact.last_attempt_at <= retried_before)
      and contact.phone_number <> all (taken_numbers)
      and not exists (
        select
        from public.exclusion_list_entries as entry
        where entry.phone_number = contact.phone_number
        offset 0
      )
      and not exists (
        select
        from public.contacts as other
        where other.phone_number = contact.phone_number
          and other.id <> contact.id
          and exists (
            select
            from public.call_attempts as attempt
            where attempt.contact_id = other.id
              and attempt.ended_at is null
            offset 0
          )
        offset 0
      )
      and (
        contact.attempts_count = 0
        or exists (
          select
          from public.call_attempts as attempt
          where attempt.contact_id = contact.id
            and attempt.attempt_number = contact.attempts_count
          offset 0
        )
      )
      and not exists (
        select
        from public.call_attempts as attempt
        where attempt.contact_id = contact.id
          and (
            attempt.attempt_number > contact.attempts_count
            or attempt.ended_at is null
            or attempt.ended_at > ended_before
            or attempt.started_at > retried_before
            or attempt.outcome in ('completed', 'refused')
          )
        offset 0
      )
    for no key update skip locked
  ) as locked
  limit at_most;
end
$function$;

comment on function voicesurvey_rules.lock_contacts_to_call(uuid, integer, timestamptz, timestamptz, text[], integer) is
  'Locks the contacts of a campaign to call, and returns them: first attempts before retries, and those that have waited '
  'longest first. Skips contacts that another transaction has locked. Called by claim_calls, while it holds mutex row 0.';


create or replace function voicesurvey.free_call_slots()
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  return coalesce(
    (
      select greatest(0, max_concurrent_calls - voicesurvey_rules.used_call_slots())
      from public.provider_configs
    ),
    0
  );
end
$function$;

comment on function voicesurvey.free_call_slots() is
  'How many calls may start now before max_concurrent_calls is reached; 0 without a provider configuration.';


-- Every search of a claim is by key, so one plan serves all calls: a plan for each call would take longer than the claim.

create or replace function voicesurvey.claim_calls(at_most integer, campaign uuid default null)
returns table (
  attempt_id uuid,
  call_id text,
  contact_id uuid,
  campaign_id uuid,
  attempt_number integer,
  phone_number text,
  language public.campaign_language,
  outbound_number text
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $function$
declare
  at timestamptz := clock_timestamp();
  open_campaigns uuid[];
  busy_campaigns uuid[];
  campaigns_left integer;
  next_campaign uuid;
  running record;
  free_slots integer;
  unshared integer;
  share integer;
  ids uuid[] := array[]::uuid[];
  numbers text[] := array[]::text[];
  new_ids uuid[];
  new_numbers text[];
begin
  if at_most is null or at_most < 0 then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'at_most_is_0_or_more',
      message = format('claim_calls needs a number of calls, 0 or more, and at_most is %s.', coalesce(at_most::text, 'null')),
      hint = 'Pass the number of calls that the service can place now.';
  end if;

  if claim_calls.campaign is not null then
    perform voicesurvey_rules.require_campaign(claim_calls.campaign);
  end if;

  if at_most = 0 or voicesurvey.free_call_slots() = 0 then
    return;
  end if;

  -- In a random order, so that what the campaigns cannot share evenly goes to each of them equally often.
  open_campaigns := array(
    select candidate.id
    from public.campaigns as candidate
    where candidate.status = 'running'
      and (claim_calls.campaign is null or candidate.id = claim_calls.campaign)
      and voicesurvey_rules.is_calling_time(candidate.id, at)
    order by random()
  );

  if cardinality(open_campaigns) = 0 then
    return;
  end if;

  -- As in check_new_call: cheaper than lock_mutex_rows, which inserts the row when it is first used.
  update voicesurvey_rules.mutex_rows
  set lock_count = lock_count + 1
  where id = 0;

  if not found then
    perform voicesurvey_rules.lock_mutex_rows(array[0]);
  end if;

  at := clock_timestamp();
  free_slots := least(at_most, voicesurvey.free_call_slots());

  -- Each campaign gets the same share of the calls. What some of them cannot use is shared again by the others, in the
  -- reverse order, so that those that got one call less come first.
  while free_slots > 0 and cardinality(open_campaigns) > 0 loop
    campaigns_left := cardinality(open_campaigns);
    unshared := free_slots;
    busy_campaigns := array[]::uuid[];

    foreach next_campaign in array open_campaigns loop
      share := ceil(unshared::numeric / campaigns_left);
      unshared := unshared - share;
      campaigns_left := campaigns_left - 1;

      if share = 0 then
        busy_campaigns := next_campaign || busy_campaigns;
        continue;
      end if;

      select locked.max_attempts, at - make_interval(mins => locked.retry_interval_minutes) as retried_before
      into running
      from public.campaigns as locked
      where locked.id = next_campaign
        and locked.status = 'running'
      for no key update skip locked;

      continue when not found or not voicesurvey_rules.is_calling_time(next_campaign, at);

      select array_agg(contact.id), array_agg(contact.phone_number)
      into new_ids, new_numbers
      from voicesurvey_rules.lock_contacts_to_call(
        next_campaign,
        running.max_attempts,
        running.retried_before,
        at + interval '60 seconds',
        numbers,
        share
      ) as contact;

      continue when new_ids is null;
      ids := ids || new_ids;
      numbers := numbers || new_numbers;
      free_slots := free_slots - cardinality(new_ids);

      if cardinality(new_ids) = share then
        busy_campaigns := next_campaign || busy_campaigns;
      end if;
    end loop;

    open_campaigns := busy_campaigns;
  end loop;

  if cardinality(ids) = 0 then
    return;
  end if;

  return query
  with claimed as (
    update public.contacts as contact
    set state = 'in_progress',
      attempts_count = contact.attempts_count + 1,
      last_attempt_at = at
    where contact.id = any (ids)
    returning contact.id, contact.campaign_id, contact.attempts_count, contact.phone_number, contact.preferred_language
  ),
  started as (
    insert into public.call_attempts (id, contact_id, campaign_id, attempt_number, call_id, started_at)
    select new_call.id, new_call.contact_id, new_call.campaign_id, new_call.attempts_count, new_call.id::text, at
    from (
      select voicesurvey_rules.time_ordered_id() as id, claimed.id as contact_id, claimed.campaign_id, claimed.attempts_count
      from claimed
    ) as new_call
    returning id, call_attempts.call_id, call_attempts.contact_id
  )
  select
    started.id,
    started.call_id,
    claimed.id,
    claimed.campaign_id,
    claimed.attempts_count,
    claimed.phone_number,
    case
      when claimed.preferred_language = 'auto' then called.language
      else claimed.preferred_language::text::public.campaign_language
    end,
    provider.outbound_number
  from started
  join claimed
    on claimed.id = started.contact_id
  join public.campaigns as called
    on called.id = claimed.campaign_id
  cross join public.provider_configs as provider
  order by array_position(ids, claimed.id);
end
$function$;

comment on function voicesurvey.claim_calls(integer, uuid) is
  'Starts calls and returns those to place now: at most as many as asked for and as the free call slots allow, of one '
  'campaign or of all that run and may call now. All campaigns get equal shares of a claim. In each of them, first attempts '
  'come before retries, and contacts that have waited longest before others. No row: no contact is due. Waits for another '
  'claim that has not committed.';


create or replace function voicesurvey.may_call_now(campaign uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  return voicesurvey_rules.require_campaign(may_call_now.campaign) = 'running'
    and voicesurvey_rules.is_calling_time(may_call_now.campaign, clock_timestamp());
end
$function$;

comment on function voicesurvey.may_call_now(uuid) is
  'Whether a campaign runs, and now is one of its calling days and in its calling window. Says nothing of the free call slots '
  'and of contacts that are due.';


-- A window can begin in the hour that a clock skips or repeats. So the minutes around its begin are tried, and the
-- first at which the campaign may call is the opening. All changes of clocks are at whole minutes. A window can lie in a
-- skipped hour altogether, and a campaign can have one calling day a week, so three weeks are tried.

create or replace function voicesurvey_rules.find_opening(campaign uuid, at timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
  calling_time record;
  zone text;
  window_start timestamptz;
  opening timestamptz;
begin
  if voicesurvey_rules.is_calling_time(find_opening.campaign, at) then
    return at;
  end if;

  select known.allowed_call_start_local as local_start, settings.time_zone
  into calling_time
  from public.campaigns as known
  left join voicesurvey.campaign_settings as settings
    on settings.campaign_id = known.id
  where known.id = find_opening.campaign;

  zone := coalesce(calling_time.time_zone, voicesurvey_rules.installation_time_zone());

  if voicesurvey_rules.local_time(at, zone) is null then
    return null;
  end if;

  for day in 0..21 loop
    window_start := (voicesurvey_rules.local_time(at, zone)::date + day + calling_time.local_start) at time zone zone;

    select min(candidate.at)
    into opening
    from (
      select window_start as at
      union all
      select date_trunc('minute', window_start) + make_interval(mins => minute)
      from generate_series(-180, 180) as minute
      where voicesurvey_rules.local_time(window_start - interval '3 hours', zone) + interval '6 hours'
        <> voicesurvey_rules.local_time(window_start + interval '3 hours', zone)
    ) as candidate
    where candidate.at > find_opening.at
      and voicesurvey_rules.is_calling_time(find_opening.campaign, candidate.at);

    if opening is not null then
      return opening;
    end if;
  end loop;

  return null;
end
$function$;

comment on function voicesurvey_rules.find_opening(uuid, timestamptz) is
  'The earliest time, not before a given one, that is on a calling day and in the calling window of a campaign; null if there '
  'is none within three weeks, or while rule 3 does not accept the time zone. Called by next_opening.';


create or replace function voicesurvey.next_opening(campaign uuid)
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if voicesurvey_rules.require_campaign(next_opening.campaign) in ('completed', 'cancelled') then
    return null;
  end if;

  return voicesurvey_rules.find_opening(next_opening.campaign, clock_timestamp());
end
$function$;

comment on function voicesurvey.next_opening(uuid) is
  'The earliest time, from now on, that is on a calling day and in the calling window of a campaign: now if that is so now. '
  'Null if the campaign has ended, or while its time zone is one that rule 3 does not accept. A campaign that does not run '
  'gets the time at which it could call if it ran.';


create or replace function voicesurvey.set_calling_time(
  campaign uuid,
  inout time_zone text,
  inout calling_days integer[],
  inout window_start time default null,
  inout window_end time default null
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- Locks the campaign before its settings, as their trigger does.
  perform
  from public.campaigns as known
  where known.id = set_calling_time.campaign
  for no key update;

  if not found then
    perform voicesurvey_rules.require_campaign(set_calling_time.campaign);
  end if;

  update public.campaigns as known
  set allowed_call_start_local = coalesce(window_start, known.allowed_call_start_local),
    allowed_call_end_local = coalesce(window_end, known.allowed_call_end_local)
  where known.id = set_calling_time.campaign
    and (window_start <> known.allowed_call_start_local or window_end <> known.allowed_call_end_local);

  update voicesurvey.campaign_settings as settings
  set time_zone = set_calling_time.time_zone,
    calling_days = set_calling_time.calling_days
  where settings.campaign_id = set_calling_time.campaign;

  if not found and num_nonnulls(set_calling_time.time_zone, set_calling_time.calling_days) > 0 then
    insert into voicesurvey.campaign_settings (campaign_id, time_zone, calling_days)
    values (set_calling_time.campaign, set_calling_time.time_zone, set_calling_time.calling_days);
  end if;

  select settings.time_zone, settings.calling_days, known.allowed_call_start_local, known.allowed_call_end_local
  into set_calling_time.time_zone, set_calling_time.calling_days, window_start, window_end
  from public.campaigns as known
  left join voicesurvey.campaign_settings as settings
    on settings.campaign_id = known.id
  where known.id = set_calling_time.campaign;
end
$function$;

comment on function voicesurvey.set_calling_time(uuid, text, integer[], time, time) is
  'Sets when a campaign that does not run may call: its time zone (null: that of the installation), its calling days (null: '
  'all seven) and its calling window (null: as it is). Returns what holds then. Values that hold already change nothing, '
  'whatever the status of the campaign.';

revoke execute on function
  voicesurvey_rules.require_campaign(uuid),
  voicesurvey_rules.is_calling_time(uuid, timestamptz),
  voicesurvey_rules.lock_contacts_to_call(uuid, integer, timestamptz, timestamptz, text[], integer),
  voicesurvey_rules.find_opening(uuid, timestamptz),
  voicesurvey.free_call_slots(),
  voicesurvey.claim_calls(integer, uuid),
  voicesurvey.may_call_now(uuid),
  voicesurvey.next_opening(uuid),
  voicesurvey.set_calling_time(uuid, text, integer[], time, time)
from public;
