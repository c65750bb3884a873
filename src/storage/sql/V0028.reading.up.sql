-- V0028: the API for reading: statistics of a campaign, lists and details for dashboards, and the export.
--
-- Erased contacts and calls count in the statistics as before, by the tallies of V0025. They do not count in
-- campaign_overview, which lists what there is.
--
-- The functions and views run with the rights of their owner. So a role can read statistics without a privilege on the
-- tables, which hold personal data.
--
-- The rates of a campaign are those of the American Association for Public Opinion Research (AAPOR), Standard
-- Definitions, 10th edition, 2023. The final states of contacts are its dispositions:
--   I   complete interview     completed
--   R   refusal                refused
--   NC  non-contact            not_reached, unless the latest call failed
--   O   other                  not_reached, and the latest call failed
--   UH  unknown                pending or in_progress
-- No interview is partial (P), and no contact is of unknown eligibility otherwise (UO). Excluded contacts are not
-- eligible and do not count.
--
-- Safe on a live table: creates functions and views only.

set search_path = pg_catalog, pg_temp;


-- Counts and rates.

-- The contacts and the calls are counted in indexes only (V0019), group by group, since a count for each of the states
-- would compare every row with all of them.

create or replace function voicesurvey.campaign_statistics(campaign uuid)
returns table (
  campaign_id uuid,
  contacts integer,
  pending integer,
  in_progress integer,
  completed integer,
  refused integer,
  not_reached integer,
  not_reached_failed integer,
  excluded integer,
  calls integer,
  open_calls integer,
  completed_calls integer,
  refused_calls integer,
  no_answer_calls integer,
  busy_calls integer,
  failed_calls integer,
  answered_calls integer,
  talk_seconds double precision,
  response_rate_1 double precision,
  cooperation_rate_1 double precision,
  refusal_rate_1 double precision,
  contact_rate_1 double precision
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
  perform voicesurvey_rules.require_campaign(campaign);

  return query
  with state_count as materialized (
    select contact.state, contact.last_outcome, count(*)::integer as contacts
    from public.contacts as contact
    where contact.campaign_id = campaign
    group by contact.state, contact.last_outcome
  ),
  contact_count as (
    select
      coalesce(sum(contacts), 0)::integer as contacts,
      coalesce(sum(contacts) filter (where state = 'pending'), 0)::integer as pending,
      coalesce(sum(contacts) filter (where state = 'in_progress'), 0)::integer as in_progress,
      coalesce(sum(contacts) filter (where state = 'completed'), 0)::integer as completed,
      coalesce(sum(contacts) filter (where state = 'refused'), 0)::integer as refused,
      coalesce(sum(contacts) filter (where state = 'not_reached'), 0)::integer as not_reached,
      coalesce(sum(contacts) filter (where state = 'not_reached' and last_outcome = 'failed'), 0)::integer as not_reached_failed,
      coalesce(sum(contacts) filter (where state = 'excluded'), 0)::integer as excluded
    from state_count
  ),
  outcome_count as materialized (
    select attempt.outcome, count(*)::integer as calls
    from public.call_attempts as attempt
    where attempt.campaign_id = campaign
    group by attempt.outcome
  ),
  call_count as (
    select
      coalesce(sum(calls), 0)::integer as calls,
      coalesce(sum(calls) filter (where outcome is null), 0)::integer as open_calls,
      coalesce(sum(calls) filter (where outcome = 'completed'), 0)::integer as completed_calls,
      coalesce(sum(calls) filter (where outcome = 'refused'), 0)::integer as refused_calls,
      coalesce(sum(calls) filter (where outcome = 'no_answer'), 0)::integer as no_answer_calls,
      coalesce(sum(calls) filter (where outcome = 'busy'), 0)::integer as busy_calls,
      coalesce(sum(calls) filter (where outcome = 'failed'), 0)::integer as failed_calls
    from outcome_count
  ),
  answered_count as materialized (
    select
      count(*)::integer as answered_calls,
      coalesce(extract(epoch from sum(attempt.ended_at - attempt.answered_at)), 0) as talk_seconds
    from public.call_attempts as attempt
    where attempt.campaign_id = campaign
      and attempt.answered_at is not null
      and attempt.ended_at is not null
  ),
  erased as (
    select
      coalesce(sum(
        tally.contacts_pending + tally.contacts_in_progress + tally.contacts_completed + tally.contacts_refused
        + tally.contacts_not_reached + tally.contacts_excluded
      ), 0)::integer as contacts,
      coalesce(sum(tally.contacts_pending), 0)::integer as pending,
      coalesce(sum(tally.contacts_in_progress), 0)::integer as in_progress,
      coalesce(sum(tally.contacts_completed), 0)::integer as completed,
      coalesce(sum(tally.contacts_refused), 0)::integer as refused,
      coalesce(sum(tally.contacts_not_reached), 0)::integer as not_reached,
      coalesce(sum(tally.contacts_not_reached_failed), 0)::integer as not_reached_failed,
      coalesce(sum(tally.contacts_excluded), 0)::integer as excluded,
      coalesce(sum(
        tally.calls_completed + tally.calls_refused + tally.calls_no_answer + tally.calls_busy + tally.calls_failed
        + tally.calls_without_outcome
      ), 0)::integer as calls,
      coalesce(sum(tally.calls_without_outcome), 0)::integer as open_calls,
      coalesce(sum(tally.calls_completed), 0)::integer as completed_calls,
      coalesce(sum(tally.calls_refused), 0)::integer as refused_calls,
      coalesce(sum(tally.calls_no_answer), 0)::integer as no_answer_calls,
      coalesce(sum(tally.calls_busy), 0)::integer as busy_calls,
      coalesce(sum(tally.calls_failed), 0)::integer as failed_calls,
      coalesce(sum(tally.calls_answered), 0)::integer as answered_calls,
      coalesce(sum(tally.talk_seconds), 0) as talk_seconds
    from voicesurvey.tallies as tally
    where tally.campaign_id = campaign
  ),
  total as (
    select
      contact_count.contacts + erased.contacts as contacts,
      contact_count.pending + erased.pending as pending,
      contact_count.in_progress + erased.in_progress as in_progress,
      contact_count.completed + erased.completed as completed,
      contact_count.refused + erased.refused as refused,
      contact_count.not_reached + erased.not_reached as not_reached,
      contact_count.not_reached_failed + erased.not_reached_failed as not_reached_failed,
      contact_count.excluded + erased.excluded as excluded,
      call_count.calls + erased.calls as calls,
      call_count.open_calls + erased.open_calls as open_calls,
      call_count.completed_calls + erased.completed_calls as completed_calls,
      call_count.refused_calls + erased.refused_calls as refused_calls,
      call_count.no_answer_calls + erased.no_answer_calls as no_answer_calls,
      call_count.busy_calls + erased.busy_calls as busy_calls,
      call_count.failed_calls + erased.failed_calls as failed_calls,
      answered_count.answered_calls + erased.answered_calls as answered_calls,
      (answered_count.talk_seconds + erased.talk_seconds)::double precision as talk_seconds
    from contact_count
    cross join call_count
    cross join answered_count
    cross join erased
  )
  select
    campaign,
    total.*,
    total.completed::double precision / nullif(total.contacts - total.excluded, 0),
    total.completed::double precision / nullif(total.completed + total.refused + total.not_reached_failed, 0),
    total.refused::double precision / nullif(total.contacts - total.excluded, 0),
    (total.completed + total.refused + total.not_reached_failed)::double precision
      / nullif(total.contacts - total.excluded, 0)
  from total;
end
$function$;

create or replace function voicesurvey.calls_over_time(campaign uuid, unit text default 'day')
returns table (
  local_start timestamp,
  calls integer,
  answered_calls integer,
  completed_calls integer,
  refused_calls integer,
  no_answer_calls integer,
  busy_calls integer,
  failed_calls integer
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  zone text;
begin
  perform voicesurvey_rules.require_campaign(campaign);

  if unit is null or unit not in ('hour', 'day', 'week', 'month') then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'unit_is_hour_day_week_or_month',
      message = 'calls_over_time counts calls by hour, day, week or month.',
      hint = 'Pass one of these words as unit.';
  end if;

  zone := coalesce(
    (select settings.time_zone from voicesurvey.campaign_settings as settings where settings.campaign_id = campaign),
    voicesurvey_rules.installation_time_zone()
  );

  return query
  with kept as materialized (
    select
      date_trunc(unit, attempt.started_at at time zone zone) as period,
      count(*)::integer as calls,
      count(*) filter (where attempt.answered_at is not null and attempt.ended_at is not null)::integer as answered_calls,
      count(*) filter (where attempt.outcome = 'completed')::integer as completed_calls,
      count(*) filter (where attempt.outcome = 'refused')::integer as refused_calls,
      count(*) filter (where attempt.outcome = 'no_answer')::integer as no_answer_calls,
      count(*) filter (where attempt.outcome = 'busy')::integer as busy_calls,
      count(*) filter (where attempt.outcome = 'failed')::integer as failed_calls
    from public.call_attempts as attempt
    where attempt.campaign_id = campaign
    group by period
  ),
  erased as (
    select
      date_trunc(unit, tally.called_at at time zone zone) as period,
      (
        tally.calls_completed + tally.calls_refused + tally.calls_no_answer + tally.calls_busy + tally.calls_failed
        + tally.calls_without_outcome
      )::integer as calls,
      tally.calls_answered::integer,
      tally.calls_completed::integer,
      tally.calls_refused::integer,
      tally.calls_no_answer::integer,
      tally.calls_busy::integer,
      tally.calls_failed::integer
    from voicesurvey.tallies as tally
    where tally.campaign_id = campaign
      and tally.called_at is not null
  ),
  counted as materialized (
    select
      both_kinds.period,
      sum(both_kinds.calls)::integer as calls,
      sum(both_kinds.answered_calls)::integer as answered_calls,
      sum(both_kinds.completed_calls)::integer as completed_calls,
      sum(both_kinds.refused_calls)::integer as refused_calls,
      sum(both_kinds.no_answer_calls)::integer as no_answer_calls,
      sum(both_kinds.busy_calls)::integer as busy_calls,
      sum(both_kinds.failed_calls)::integer as failed_calls
    from (
      select * from kept
      union all
      select * from erased
    ) as both_kinds
    group by both_kinds.period
  )
  select
    period.local_start,
    coalesce(counted.calls, 0),
    coalesce(counted.answered_calls, 0),
    coalesce(counted.completed_calls, 0),
    coalesce(counted.refused_calls, 0),
    coalesce(counted.no_answer_calls, 0),
    coalesce(counted.busy_calls, 0),
    coalesce(counted.failed_calls, 0)
  from generate_series(
    (select min(period) from counted),
    (select max(period) from counted),
    ('1 ' || unit)::interval
  ) as period (local_start)
  left join counted
    on counted.period = period.local_start
  order by period.local_start;
end
$function$;

create or replace view voicesurvey.campaign_overview as
select
  campaign.id as campaign_id,
  campaign.name,
  campaign.status,
  campaign.language,
  campaign.created_at,
  campaign.updated_at,
  counter.contacts,
  counter.pending,
  counter.in_progress,
  counter.completed,
  counter.refused,
  counter.not_reached,
  counter.excluded
from public.campaigns as campaign
cross join lateral (
  select
    coalesce(sum(contacts), 0)::integer as contacts,
    coalesce(sum(contacts) filter (where state = 'pending'), 0)::integer as pending,
    coalesce(sum(contacts) filter (where state = 'in_progress'), 0)::integer as in_progress,
    coalesce(sum(contacts) filter (where state = 'completed'), 0)::integer as completed,
    coalesce(sum(contacts) filter (where state = 'refused'), 0)::integer as refused,
    coalesce(sum(contacts) filter (where state = 'not_reached'), 0)::integer as not_reached,
    coalesce(sum(contacts) filter (where state = 'excluded'), 0)::integer as excluded
  from (
    select contact.state, count(*) as contacts
    from public.contacts as contact
    where contact.campaign_id = campaign.id
    group by contact.state
  ) as state_count
) as counter;


-- Contacts and calls.

create or replace view voicesurvey.campaign_export as
select
  contact.campaign_id,
  contact.id as contact_id,
  contact.external_contact_id,
  contact.phone_number,
  contact.state as outcome,
  contact.attempts_count as attempt_count,
  contact.last_attempt_at,
  attempt.answered_at,
  attempt.ended_at,
  response.completed_at,
  response.q1_answer,
  response.q2_answer,
  response.q3_answer,
  voicesurvey.number_in(response.q1_answer, spoken.language) as q1_number,
  voicesurvey.number_in(response.q2_answer, spoken.language) as q2_number,
  voicesurvey.number_in(response.q3_answer, spoken.language) as q3_number
from public.contacts as contact
join public.campaigns as campaign
  on campaign.id = contact.campaign_id
cross join lateral (
  select
    case contact.preferred_language
      when 'auto' then campaign.language
      else contact.preferred_language::text::public.campaign_language
    end as language
) as spoken
left join public.call_attempts as attempt
  on attempt.contact_id = contact.id
  and attempt.attempt_number = contact.attempts_count
left join public.survey_responses as response
  on response.contact_id = contact.id
where contact.state in ('completed', 'refused')
  or (
    contact.state = 'not_reached'
    and (contact.attempts_count >= campaign.max_attempts or campaign.status in ('completed', 'cancelled'))
  );

-- Pages follow the order of (campaign_id, phone_number), which is unique: one import gives all its contacts the same
-- created_at. A plan that is made for the given states walks that index if they are frequent, and reads contacts_by_state
-- if they are rare.

create or replace function voicesurvey.contacts_page(
  campaign uuid,
  after text default null,
  at_most integer default 50,
  states public.contact_state[] default null
)
returns table (
  contact_id uuid,
  external_contact_id text,
  phone_number text,
  email text,
  preferred_language public.contact_language,
  state public.contact_state,
  attempts_count integer,
  last_attempt_at timestamptz,
  last_outcome public.contact_outcome,
  created_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $function$
#variable_conflict use_column
begin
  perform voicesurvey_rules.require_campaign(campaign);

  if at_most is null or at_most not between 0 and 1000 then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'a_page_has_at_most_1000_rows',
      message = format('A page has 0 to 1,000 rows, and at_most is %s.', coalesce(at_most::text, 'null')),
      hint = 'Read page after page: pass the phone_number of the last row as after. For all contacts, read campaign_export.';
  end if;

  if states is null then
    return query
    select contact.id, contact.external_contact_id, contact.phone_number, contact.email, contact.preferred_language,
      contact.state, contact.attempts_count, contact.last_attempt_at, contact.last_outcome, contact.created_at
    from public.contacts as contact
    where contact.campaign_id = campaign
      and contact.phone_number > coalesce(after, '')
    order by contact.phone_number
    limit at_most;
  else
    return query
    select contact.id, contact.external_contact_id, contact.phone_number, contact.email, contact.preferred_language,
      contact.state, contact.attempts_count, contact.last_attempt_at, contact.last_outcome, contact.created_at
    from public.contacts as contact
    where contact.campaign_id = campaign
      and contact.phone_number > coalesce(after, '')
      and contact.state = any (states)
    order by contact.phone_number
    limit at_most;
  end if;
end
$function$;

create or replace function voicesurvey.call_detail(call text)
returns table (
  attempt_id uuid,
  call_id text,
  provider_call_id text,
  campaign_id uuid,
  campaign_name text,
  contact_id uuid,
  external_contact_id text,
  phone_number text,
  contact_state public.contact_state,
  attempt_number integer,
  started_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  outcome public.contact_outcome,
  provider_raw_status text,
  error_code text,
  q1_answer text,
  q2_answer text,
  q3_answer text,
  transcripts text[],
  event_type public.event_type,
  email_status public.email_status
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  attempt public.call_attempts;
begin
  select *
  into attempt
  from public.call_attempts as known
  where known.call_id = call;

  if not found then
    select *
    into attempt
    from public.call_attempts as known
    where known.provider_call_id = call;
  end if;

  if not found then
    return;
  end if;

  -- Answers and transcripts are looked up only for calls that can have some. "offset 0" keeps that order.
  return query
  select
    attempt.id,
    attempt.call_id,
    attempt.provider_call_id,
    attempt.campaign_id,
    campaign.name,
    attempt.contact_id,
    contact.external_contact_id,
    contact.phone_number,
    contact.state,
    attempt.attempt_number,
    attempt.started_at,
    attempt.answered_at,
    attempt.ended_at,
    attempt.outcome,
    attempt.provider_raw_status,
    attempt.error_code,
    response.q1_answer,
    response.q2_answer,
    response.q3_answer,
    array(
      select snippet.transcript_text
      from public.transcript_snippets as snippet
      where snippet.call_attempt_id = attempt.id
        and attempt.answered_at is not null
      order by snippet.created_at, snippet.id
    ),
    event.event_type,
    email.status
  from public.contacts as contact
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  left join lateral (
    select answers.q1_answer, answers.q2_answer, answers.q3_answer
    from public.survey_responses as answers
    where answers.call_attempt_id = attempt.id
      and attempt.outcome = 'completed'
    offset 0
  ) as response
    on true
  left join public.events as event
    on event.call_attempt_id = attempt.id
  left join public.email_notifications as email
    on email.event_id = event.id
  where contact.id = attempt.contact_id;
end
$function$;


comment on function voicesurvey.campaign_statistics(uuid) is
  'The counts of a campaign''s contacts by state and of its calls by outcome, the answered calls and their seconds, and the '
  'rates of AAPOR, Standard Definitions, 10th edition, 2023, with I = completed, R = refused, O = not_reached after a '
  'failed call, NC = not_reached otherwise, UH = pending or in_progress; excluded contacts do not count. Response Rate 1: '
  'I / (I + R + O + NC + UH). Cooperation Rate 1: I / (I + R + O). Refusal Rate 1: R / (I + R + O + NC + UH). Contact Rate 1: '
  '(I + R + O) / (I + R + O + NC + UH). Null if the divisor is 0. Error: campaign_is_known.';
comment on function voicesurvey.calls_over_time(uuid, text) is
  'The calls of a campaign by hour, day, week or month in the campaign''s time zone, from the first call to the last, also '
  'for periods without a call. Errors: campaign_is_known, unit_is_hour_day_week_or_month.';
comment on view voicesurvey.campaign_overview is
  'All campaigns with the numbers of their contacts by state.';
comment on view voicesurvey.campaign_export is
  'One row for each contact that has ended: completed, refused, or not_reached with all attempts used up or in a campaign '
  'that has ended. Times of the last call, the answers, and the numbers in them. Personal data.';
comment on function voicesurvey.contacts_page(uuid, text, integer, public.contact_state[]) is
  'A page of a campaign''s contacts in the order of their numbers, after a number, optionally only those in some states. '
  'Personal data. Errors: campaign_is_known, a_page_has_at_most_1000_rows.';
comment on function voicesurvey.call_detail(text) is
  'What is known of one call, found by call_id or provider_call_id: contact, times, outcome, answers, transcripts, event '
  'and e-mail. No row if there is no such call. Personal data.';

revoke all on voicesurvey.campaign_overview, voicesurvey.campaign_export from public;

revoke execute on function
  voicesurvey.campaign_statistics(uuid),
  voicesurvey.calls_over_time(uuid, text),
  voicesurvey.contacts_page(uuid, text, integer, public.contact_state[]),
  voicesurvey.call_detail(text)
from public;
