-- V0021: what happens to a call after its start: the provider's id, the answer, the hang-up and the end, with its answers,
-- the contact's next state and the event (rules 2, 4 to 7 and 10). Also the calls whose end nobody reported, and the number
-- in an answer.
--
-- Each report is one function, one round trip and one short transaction. Reports arrive twice and in any order:
--   - A report that repeats what is known changes nothing and returns what is.
--   - The provider knows when a call ended, and the dialogue service knows its outcome. A hang-up that arrives first is
--     noted in voicesurvey.hang_ups (V0012), where it frees the call's slot, and becomes ended_at when the outcome arrives.
--   - An end that is known stands. finish_call says in its verdict that it wrote nothing.
--
-- Times. The clocks of the provider and the services differ, and providers send whole seconds. So a time that lies at most 60
-- seconds before an earlier time of the call is raised to it, and a time of at most 60 seconds in the future is accepted.
-- Any other time is refused, since it belongs to another call or comes from a wrong clock. If no time is given, now() is
-- put in order without a limit.
--
-- Calls without an end. If the reports of a call are lost, it would occupy a slot, and its contact, forever. stale_calls lists
-- such calls, and close_stale_call ends one with the error code NO_END_REPORTED. The end that is reported later replaces
-- it once (V0011). So the result of a contact whose last attempt was closed is not published at that time: the call is
-- recorded in voicesurvey.unpublished_ends, stale_calls lists it again an hour later, and the second close_stale_call
-- publishes survey.not_reached.
--
-- Safe under concurrency: a function that changes the contact locks it first, FOR NO KEY UPDATE, and then the attempt. The
-- others lock only the attempt. So they queue with each other, with claims and with exclusions, and an erasure either
-- waits or is seen: then the call is unknown.
--
-- Safe on a live table: creates a table and functions, and changes no table of the product.

set search_path = pg_catalog, pg_temp;


create table if not exists voicesurvey.unpublished_ends (
  call_attempt_id uuid not null,
  closed_at timestamptz not null default now(),

  constraint an_unpublished_end_is_recorded_once_per_call
    primary key (call_attempt_id),
  constraint unpublished_end_belongs_to_a_call
    foreign key (call_attempt_id) references public.call_attempts (id)
    on delete cascade
);

comment on table voicesurvey.unpublished_ends is
  'Last attempts that close_stale_call ended and whose contact''s result is not published yet, because the end may still be '
  'reported. Written by close_stale_call; deleted when the end is replaced or the result published.';
comment on column voicesurvey.unpublished_ends.call_attempt_id is
  'The attempt. Written by close_stale_call.';
comment on column voicesurvey.unpublished_ends.closed_at is
  'When the call was closed. Written by the server.';

revoke all on voicesurvey.unpublished_ends from public;


-- Helpers.

create or replace function voicesurvey_rules.find_call(call text)
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
  attempt_id uuid;
begin
  select attempt.id
  into attempt_id
  from public.call_attempts as attempt
  where attempt.call_id = call;

  if found then
    return attempt_id;
  end if;

  select attempt.id
  into attempt_id
  from public.call_attempts as attempt
  where attempt.provider_call_id = call;

  if found then
    return attempt_id;
  end if;

  if call is null then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'call_is_given',
      message = 'A call is named by its call_id or provider_call_id, and call is null.',
      hint = 'Pass the call_id that claim_calls returned.';
  end if;

  raise exception using
    errcode = 'invalid_parameter_value',
    schema = 'voicesurvey',
    constraint = 'call_is_known',
    message = 'No attempt has this call_id or provider_call_id.',
    hint = 'Pass the call_id that claim_calls returned. A provider''s id is known from record_provider_call on. An erased '
      'call is unknown: ignore its reports, and delete its recording at the provider when it has ended.';
end
$function$;

create or replace function voicesurvey_rules.time_in_order(at timestamptz, earliest timestamptz, latest timestamptz)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if at is null then
    return least(greatest(now(), earliest), latest);
  end if;

  if at < earliest - interval '60 seconds'
    or at > latest + interval '60 seconds'
    or at > greatest(now(), clock_timestamp()) + interval '60 seconds'
  then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'time_of_the_call_is_plausible',
      message = 'A time of a call is at most 60 seconds before its earlier times, after its later ones, and in the future.',
      hint = 'Compare the clocks of the provider, the service and the database server, or leave the time out.';
  end if;

  return least(greatest(at, earliest), latest);
end
$function$;

comment on function voicesurvey_rules.find_call(text) is
  'The id of the attempt that has this call_id or, if none has it, this provider_call_id. Raises an error if there is none.';
comment on function voicesurvey_rules.time_in_order(timestamptz, timestamptz, timestamptz) is
  'A reported time of a call, put in order: between the earlier and the later times that are known. Raises an error if it '
  'is more than 60 seconds outside of them, or in the future. Null is now, without these limits.';

revoke execute on function
  voicesurvey_rules.find_call(text),
  voicesurvey_rules.time_in_order(timestamptz, timestamptz, timestamptz)
from public;


-- During the call.

create or replace function voicesurvey.record_provider_call(
  call text,
  inout provider_call_id text,
  out attempt_id uuid,
  out call_id text,
  out changed boolean
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  known text;
  cause text;
  message text;
  hint text;
begin
  attempt_id := voicesurvey_rules.find_call(call);

  if provider_call_id is null or not voicesurvey_rules.is_not_blank(provider_call_id) then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'provider_call_id_is_given',
      message = 'record_provider_call needs the provider''s id of the call, and it is null or blank.',
      hint = 'Pass the id that the provider returned when the call was placed.';
  end if;

  select attempt.call_id, attempt.provider_call_id
  into call_id, known
  from public.call_attempts as attempt
  where attempt.id = attempt_id
  for no key update;

  if not found then
    -- It was erased meanwhile: this raises the error.
    attempt_id := voicesurvey_rules.find_call(call);
  end if;

  changed := known is null;

  if not changed and known <> provider_call_id then
    cause := 'a_provider_call_id_is_set_once';
    message := 'The provider_call_id of an attempt is final once it is set.';
    hint := 'Find the call that this provider_call_id belongs to. To dial again, claim another call.';
  elsif changed and exists (
    select
    from public.call_attempts as other
    where other.provider_call_id = record_provider_call.provider_call_id
  ) then
    cause := 'a_provider_call_id_is_used_once';
    message := 'Another attempt has this provider_call_id.';
    hint := 'Find the call that this provider_call_id belongs to.';
  end if;

  if cause is not null then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = cause,
      message = message,
      detail = format('Attempt %s.', attempt_id),
      hint = hint;
  end if;

  if changed then
    update public.call_attempts as attempt
    set provider_call_id = record_provider_call.provider_call_id
    where attempt.id = attempt_id;
  else
    provider_call_id := known;
  end if;
end
$function$;

create or replace function voicesurvey.record_answered(
  call text,
  at timestamptz default null,
  out attempt_id uuid,
  out call_id text,
  out answered_at timestamptz,
  out ended_at timestamptz,
  out outcome public.contact_outcome,
  out changed boolean
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  started_at timestamptz;
  noted_end timestamptz;
begin
  attempt_id := voicesurvey_rules.find_call(call);

  select attempt.call_id, attempt.started_at, attempt.answered_at, attempt.ended_at, attempt.outcome
  into call_id, started_at, answered_at, ended_at, outcome
  from public.call_attempts as attempt
  where attempt.id = attempt_id
  for no key update;

  if not found then
    -- It was erased meanwhile: this raises the error.
    attempt_id := voicesurvey_rules.find_call(call);
  end if;

  changed := false;

  if answered_at is not null then
    return;
  end if;

  if ended_at is null then
    select hang_up.ended_at
    into noted_end
    from voicesurvey.hang_ups as hang_up
    where hang_up.call_attempt_id = attempt_id;

    answered_at := voicesurvey_rules.time_in_order(at, started_at, noted_end);

  -- The answer of a failed call may be reported after its end. Other calls without an answer have none.
  elsif outcome = 'failed' and at between started_at - interval '60 seconds' and ended_at + interval '60 seconds' then
    answered_at := least(greatest(at, started_at), ended_at);
  else
    return;
  end if;

  update public.call_attempts as attempt
  set answered_at = record_answered.answered_at
  where attempt.id = attempt_id;

  changed := true;
end
$function$;

create or replace function voicesurvey.record_hang_up(
  call text,
  at timestamptz default null,
  raw_status text default null,
  out attempt_id uuid,
  out call_id text,
  out answered_at timestamptz,
  out ended_at timestamptz,
  out outcome public.contact_outcome,
  out changed boolean
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  started_at timestamptz;
begin
  attempt_id := voicesurvey_rules.find_call(call);

  select attempt.call_id, attempt.started_at, attempt.answered_at, attempt.ended_at, attempt.outcome
  into call_id, started_at, answered_at, ended_at, outcome
  from public.call_attempts as attempt
  where attempt.id = attempt_id
  for no key update;

  if not found then
    -- It was erased meanwhile: this raises the error.
    attempt_id := voicesurvey_rules.find_call(call);
  end if;

  changed := false;

  if ended_at is not null then
    return;
  end if;

  select hang_up.ended_at
  into ended_at
  from voicesurvey.hang_ups as hang_up
  where hang_up.call_attempt_id = attempt_id;

  if found then
    return;
  end if;

  ended_at := voicesurvey_rules.time_in_order(at, greatest(started_at, answered_at), null);

  -- In the stricter isolation levels, an older snapshot does not show the note of a repeated report. "On conflict" then fails
  -- with 40001, so that the caller retries.
  insert into voicesurvey.hang_ups (call_attempt_id, ended_at, provider_raw_status)
  values (attempt_id, record_hang_up.ended_at, raw_status)
  on conflict do nothing;

  changed := true;
end
$function$;

comment on function voicesurvey.record_provider_call(text, text) is
  'Stores the provider''s id of a call, by which the call can be named from then on. A repeated call changes nothing. Another '
  'id than the stored one, and the id of another call, are refused.';
comment on function voicesurvey.record_answered(text, timestamptz) is
  'Records that a call was answered, and when: now, if no time is given. Changes nothing if the call has an answer, or has '
  'ended; only a failed call gets an answer after its end, if its time is given.';
comment on function voicesurvey.record_hang_up(text, timestamptz, text) is
  'Notes that a call is over, and when: now, if no time is given. The call frees its slot, and ends when finish_call reports '
  'its outcome. Changes nothing if the hang-up is noted or the call has ended.';

revoke execute on function
  voicesurvey.record_provider_call(text, text),
  voicesurvey.record_answered(text, timestamptz),
  voicesurvey.record_hang_up(text, timestamptz, text)
from public;


-- The end of the call.

-- Answers are an array of text, and confidences one of double precision, since drivers make these types from an array of
-- TypeScript and from a list of Python. They would need a conversion to jsonb, and an explicit one to numeric.

create or replace function voicesurvey.finish_call(
  call text,
  inout outcome public.contact_outcome,
  at timestamptz default null,
  answers text[] default null,
  confidences double precision[] default null,
  inout error_code text default null,
  raw_status text default null,
  out attempt_id uuid,
  out call_id text,
  out contact_id uuid,
  out ended_at timestamptz,
  out contact_state public.contact_state,
  out attempts_left integer,
  out event_id uuid,
  out verdict text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  attempt record;
  campaign uuid;
  attempts integer;
  attempt_limit integer;
  is_answered boolean := outcome in ('completed', 'refused');
  finished_at timestamptz;
  latest timestamptz;
  noted_end timestamptz;
  noted_status text;
  broken text;
  message text;
  hint text;
begin
  if outcome is null then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'outcome_is_given',
      message = 'finish_call needs an outcome, and it is null.',
      hint = 'Pass completed, refused, no_answer, busy or failed.';
  end if;

  -- The rows are written one after the other. The caller may have run "set constraints all immediate".
  set constraints all deferred;

  -- The usual case takes one look-up.
  select found_call.id, found_call.contact_id
  into attempt_id, contact_id
  from public.call_attempts as found_call
  where found_call.call_id = call;

  if not found then
    attempt_id := voicesurvey_rules.find_call(call);

    select found_call.contact_id
    into contact_id
    from public.call_attempts as found_call
    where found_call.id = attempt_id;
  end if;

  select contact.campaign_id, contact.state, contact.attempts_count
  into campaign, contact_state, attempts
  from public.contacts as contact
  where contact.id = finish_call.contact_id
  for no key update;

  select
    locked.call_id,
    locked.attempt_number,
    locked.started_at,
    locked.answered_at,
    locked.ended_at,
    locked.outcome,
    locked.error_code
  into attempt
  from public.call_attempts as locked
  where locked.id = attempt_id
  for no key update;

  if not found then
    -- It was erased meanwhile: this raises the error.
    attempt_id := voicesurvey_rules.find_call(call);
  end if;

  -- A completed or refused contact has no attempts left.
  if not is_answered or attempt.ended_at is not null then
    select max_attempts
    into attempt_limit
    from public.campaigns
    where id = campaign;
  end if;

  call_id := attempt.call_id;
  verdict := 'ended';

  if attempt.ended_at is not null then
    select event.id
    into event_id
    from public.events as event
    where event.contact_id = finish_call.contact_id
    order by event.call_attempt_id = attempt_id desc
    limit 1;

    if attempt.error_code = 'NO_END_REPORTED'
      and attempt.outcome not in ('completed', 'refused')
      and attempt.attempt_number = attempts
      and event_id is null
      and error_code is distinct from 'NO_END_REPORTED'
    then
      verdict := 'replaced';
    else
      verdict := case when outcome = attempt.outcome then 'ended_before' else 'ended_otherwise' end;
      outcome := attempt.outcome;
      error_code := attempt.error_code;
      ended_at := attempt.ended_at;
      attempts_left := case
        when contact_state in ('completed', 'refused', 'excluded') then 0
        else greatest(attempt_limit - attempts, 0)
      end;
      return;
    end if;
  end if;

  -- What the service gives must fit. After an error, the call is still open, and the hint says how to end it.
  if outcome = 'completed'
    and (
      coalesce(cardinality(answers), 0) <> 3
      or exists (
        select
        from unnest(answers) as answer
        where answer is null
          or not voicesurvey_rules.is_not_blank(answer)
      )
    )
  then
    broken := 'all_three_answers_are_present';
    message := 'A completed call has three answers, none of which is missing or blank.';
    hint := 'End the call as failed if an answer is missing.';
  elsif not is_answered and outcome <> 'failed' and attempt.answered_at is not null then
    broken := 'outcome_agrees_with_answered_at';
    message := 'A call that was answered does not end as no_answer or busy.';
    hint := 'End the call as failed, for example if a machine answered it.';
  end if;

  if broken is not null then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = case when broken = 'all_three_answers_are_present' then 'survey_responses' else 'call_attempts' end,
      constraint = broken,
      message = message,
      detail = format('Attempt %s of contact %s.', attempt_id, contact_id),
      hint = hint;
  end if;

  if outcome = 'completed'
    and confidences is not null
    and (
      cardinality(confidences) <> 3
      or exists (
        select
        from unnest(confidences) as confidence
        where confidence not between 0 and 1
      )
    )
  then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'confidences_are_0_to_1',
      message = 'The confidences are three numbers from 0 to 1; each may be null.',
      hint = 'Pass one confidence for each answer, or leave them out.';
  end if;

  finished_at := voicesurvey_rules.time_in_order(at, greatest(attempt.started_at, attempt.answered_at), null);

  select hang_up.ended_at, hang_up.provider_raw_status
  into noted_end, noted_status
  from voicesurvey.hang_ups as hang_up
  where hang_up.call_attempt_id = attempt_id;

  -- After the server's clock was set back, the noted hang-up may lie in the future, and so may the start and the answer.
  latest := greatest(now(), clock_timestamp()) + interval '60 seconds';
  ended_at := case
    when noted_end is null then finished_at
    else greatest(least(noted_end, latest), attempt.started_at, attempt.answered_at)
  end;

  -- If the report of the answer was lost, the call counts as answered when it started.
  update public.call_attempts as ending
  set answered_at = coalesce(ending.answered_at, case when is_answered then ending.started_at end),
    ended_at = finish_call.ended_at,
    outcome = finish_call.outcome,
    error_code = finish_call.error_code,
    provider_raw_status = coalesce(raw_status, noted_status, ending.provider_raw_status)
  where ending.id = attempt_id;

  if verdict = 'replaced' then
    delete from voicesurvey.unpublished_ends
    where call_attempt_id = attempt_id;
  end if;

  if contact_state <> 'excluded' then
    if is_answered then
      contact_state := outcome::text::public.contact_state;
    elsif verdict = 'ended' then
      contact_state := case when attempts < attempt_limit then 'pending' else 'not_reached' end::public.contact_state;
    end if;

    if outcome = 'completed' then
      insert into public.survey_responses (
        contact_id, campaign_id, call_attempt_id,
        q1_answer, q2_answer, q3_answer,
        q1_confidence, q2_confidence, q3_confidence,
        completed_at
      )
      select
        finish_call.contact_id,
        campaign,
        attempt_id,
        given.answers[1],
        given.answers[2],
        given.answers[3],
        given.confidences[1],
        given.confidences[2],
        given.confidences[3],
        case when finished_at <= latest then finished_at else now() end
      from (
        select array(select unnest(answers)) as answers, array(select unnest(confidences)) as confidences
      ) as given;
    end if;

    update public.contacts as contact
    set state = contact_state,
      last_outcome = finish_call.outcome
    where contact.id = finish_call.contact_id;

    if is_answered or (contact_state = 'not_reached' and attempts >= attempt_limit) then
      insert into public.events (event_type, campaign_id, contact_id, call_attempt_id)
      values (('survey.' || contact_state)::public.event_type, campaign, finish_call.contact_id, attempt_id)
      returning id
      into event_id;
    end if;
  end if;

  attempts_left := case
    when contact_state in ('completed', 'refused', 'excluded') then 0
    else greatest(attempt_limit - attempts, 0)
  end;
end
$function$;

comment on function voicesurvey.finish_call(
  text, public.contact_outcome, timestamptz, text[], double precision[], text, text
) is
  'Ends a call with its outcome: writes the answers of a completed call, the next state of the contact and, if that is '
  'final, the event. The end is the noted hang-up, or at, or now. verdict: ended; replaced, if the call had been closed without '
  'a reported end; ended_before, if it had ended with this outcome; ended_otherwise, if it had ended with the outcome that is '
  'returned. Of an excluded contact, only the call is written. Answers of another outcome than completed are not stored.';

revoke execute on function voicesurvey.finish_call(
  text, public.contact_outcome, timestamptz, text[], double precision[], text, text
) from public;


-- Calls whose end nobody reported.

-- Reads the index open_calls_by_start, and only the rows of stale calls: the planner may not sort, and no other index has that
-- order. It would take the index of open calls without their start, since almost every row of the table is old. The end of
-- a closed call is looked up by its key, whatever the statistics of the tables say.

create or replace function voicesurvey.stale_calls(older_than interval)
returns table (
  attempt_id uuid,
  call_id text,
  provider_call_id text,
  contact_id uuid,
  campaign_id uuid,
  attempt_number integer,
  started_at timestamptz,
  answered_at timestamptz,
  hung_up_at timestamptz,
  closed_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set enable_bitmapscan = off
set enable_sort = off
set enable_incremental_sort = off
set jit = off
as $function$
begin
  if older_than is null or older_than < interval '0' then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'older_than_is_0_or_more',
      message = 'stale_calls needs an age, 0 or more, and older_than is null or negative.',
      hint = 'Pass an interval that is longer than any call, such as 30 minutes.';
  end if;

  return query
  select
    attempt.id,
    attempt.call_id,
    attempt.provider_call_id,
    attempt.contact_id,
    attempt.campaign_id,
    attempt.attempt_number,
    attempt.started_at,
    attempt.answered_at,
    (
      select hang_up.ended_at
      from voicesurvey.hang_ups as hang_up
      where hang_up.call_attempt_id = attempt.id
    ),
    null::timestamptz
  from (
    select *
    from public.call_attempts as open_call
    where open_call.ended_at is null
      and open_call.started_at <= now() - older_than
    order by open_call.contact_id, open_call.started_at
    offset 0
  ) as attempt

  union all

  select
    attempt.id,
    attempt.call_id,
    attempt.provider_call_id,
    attempt.contact_id,
    attempt.campaign_id,
    attempt.attempt_number,
    attempt.started_at,
    attempt.answered_at,
    null,
    closed.closed_at
  from voicesurvey.unpublished_ends as closed
  cross join lateral (
    select *
    from public.call_attempts
    where id = closed.call_attempt_id
      and error_code = 'NO_END_REPORTED'
    limit 1
  ) as attempt
  where closed.closed_at <= now() - greatest(older_than, interval '1 hour')
    and not exists (
      select
      from public.events as event
      where event.contact_id = attempt.contact_id
      offset 0
    )
  order by 7;
end
$function$;

create or replace function voicesurvey.close_stale_call(
  call text,
  out attempt_id uuid,
  out call_id text,
  out contact_id uuid,
  out outcome public.contact_outcome,
  out error_code text,
  out ended_at timestamptz,
  out contact_state public.contact_state,
  out attempts_left integer,
  out event_id uuid,
  out verdict text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  attempt record;
  campaign uuid;
  attempts integer;
  attempt_limit integer;
  noted_end timestamptz;
  noted_status text;
begin
  -- As in finish_call.
  set constraints all deferred;

  attempt_id := voicesurvey_rules.find_call(call);

  select found_call.contact_id
  into contact_id
  from public.call_attempts as found_call
  where found_call.id = attempt_id;

  select contact.campaign_id, contact.state, contact.attempts_count
  into campaign, contact_state, attempts
  from public.contacts as contact
  where contact.id = close_stale_call.contact_id
  for no key update;

  select
    locked.call_id,
    locked.attempt_number,
    locked.started_at,
    locked.answered_at,
    locked.ended_at,
    locked.outcome,
    locked.error_code
  into attempt
  from public.call_attempts as locked
  where locked.id = attempt_id
  for no key update;

  if not found then
    -- It was erased meanwhile: this raises the error.
    attempt_id := voicesurvey_rules.find_call(call);
  end if;

  select max_attempts
  into attempt_limit
  from public.campaigns
  where id = campaign;

  call_id := attempt.call_id;
  outcome := coalesce(attempt.outcome, 'failed');
  ended_at := attempt.ended_at;
  error_code := attempt.error_code;
  verdict := 'ended_before';

  if ended_at is null then
    select hang_up.ended_at, hang_up.provider_raw_status
    into noted_end, noted_status
    from voicesurvey.hang_ups as hang_up
    where hang_up.call_attempt_id = attempt_id;

    -- As in finish_call: the noted hang-up may lie in the future.
    ended_at := greatest(
      least(coalesce(noted_end, now()), greatest(now(), clock_timestamp()) + interval '60 seconds'),
      attempt.started_at,
      attempt.answered_at
    );
    error_code := 'NO_END_REPORTED';
    verdict := 'closed';

    update public.call_attempts as ending
    set ended_at = close_stale_call.ended_at,
      outcome = close_stale_call.outcome,
      error_code = close_stale_call.error_code,
      provider_raw_status = coalesce(noted_status, ending.provider_raw_status)
    where ending.id = attempt_id;

    if contact_state <> 'excluded' then
      contact_state := case when attempts < attempt_limit then 'pending' else 'not_reached' end::public.contact_state;

      update public.contacts as contact
      set state = contact_state,
        last_outcome = close_stale_call.outcome
      where contact.id = close_stale_call.contact_id;

      if contact_state = 'not_reached' then
        insert into voicesurvey.unpublished_ends (call_attempt_id)
        values (attempt_id)
        on conflict do nothing;
      end if;
    end if;
  else
    select event.id
    into event_id
    from public.events as event
    where event.contact_id = close_stale_call.contact_id
    order by event.call_attempt_id = attempt_id desc
    limit 1;

    delete from voicesurvey.unpublished_ends as closed
    where closed.call_attempt_id = attempt_id
      and closed.closed_at <= now() - interval '1 hour';

    if found
      and event_id is null
      and error_code = 'NO_END_REPORTED'
      and contact_state = 'not_reached'
      and attempts >= attempt_limit
      and attempts = attempt.attempt_number
    then
      insert into public.events (event_type, campaign_id, contact_id, call_attempt_id)
      values ('survey.not_reached', campaign, close_stale_call.contact_id, attempt_id)
      returning id
      into event_id;

      verdict := 'published';
    end if;
  end if;

  attempts_left := case
    when contact_state in ('completed', 'refused', 'excluded') then 0
    else greatest(attempt_limit - attempts, 0)
  end;
end
$function$;

comment on function voicesurvey.stale_calls(interval) is
  'The calls that started longer than older_than ago and have no end, and the calls that close_stale_call ended at least an hour '
  'ago and whose contact''s result is not published. Ask the provider about each, then call finish_call or close_stale_call.';
comment on function voicesurvey.close_stale_call(text) is
  'Ends a call whose end nobody reported: failed, with the error code NO_END_REPORTED, at the noted hang-up or now. An end '
  'that finish_call reports later replaces it, unless the contact was called again or its result was published. After the '
  'last attempt, a second call at least an hour later publishes survey.not_reached. verdict: closed, published or '
  'ended_before.';

revoke execute on function
  voicesurvey.stale_calls(interval),
  voicesurvey.close_stale_call(text)
from public;


-- The number in an answer.

-- One number in digits, as PostgreSQL reads it: 1,000 is a thousand in English, and 1.000 in Italian. Null if the separators
-- do not fit a number, as in a date, or if it has more than 30 digits.

create or replace function voicesurvey_rules.number_in_digits(digits text, language public.campaign_language)
returns numeric
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $function$
declare
  grouping_mark text := case when language = 'it' then '.' else ',' end;
  compact text := translate(digits, ' ''', '');
  separators text;
begin
  if length(digits) > 40 or length(translate(digits, '., ''', '')) > 30 then
    return null;
  end if;

  if digits ~ '[ '']' and digits !~ '^[0-9]{1,3}([ ''][0-9]{3})+([.,][0-9]+)?$' then
    return null;
  end if;

  separators := translate(compact, '0123456789', '');

  if separators = '' then
    return compact::numeric;
  end if;

  if compact ~ ('^[1-9][0-9]{0,2}[' || grouping_mark || '][0-9]{3}$') then
    return translate(compact, '.,', '')::numeric;
  end if;

  if length(separators) = 1 then
    return replace(compact, ',', '.')::numeric;
  end if;

  -- Several groups of thousands, without a fraction or with one after the other separator.
  if compact ~ '^[1-9][0-9]{0,2}(,[0-9]{3})+([.][0-9]+)?$' then
    return replace(compact, ',', '')::numeric;
  end if;

  if compact ~ '^[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]+)?$' then
    return replace(replace(compact, '.', ''), ',', '.')::numeric;
  end if;

  return null;
end
$function$;

-- The value of one English word.

create or replace function voicesurvey_rules.english_number(word text)
returns numeric
language sql
immutable
parallel safe
return case
  when word operator(pg_catalog.=) 'zero' then 0
  else coalesce(
    array_position(
      array[
        'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen',
        'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'
      ],
      word
    ),
    10 operator(pg_catalog.*) (
      array_position(array['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'], word)
      operator(pg_catalog.+) 1
    ),
    case when word operator(pg_catalog.=) 'fourty' then 40 end
  )
end;

-- The value of one Italian word, from zero to 999,999: ventuno, trentotto, centoventi, duemila.

create or replace function voicesurvey_rules.italian_number(word text)
returns numeric
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $function$
declare
  units constant text[] := array['uno', 'due', 'tre', 'quattro', 'cinque', 'sei', 'sette', 'otto', 'nove'];
  teens constant text[] := array[
    'dieci', 'undici', 'dodici', 'tredici', 'quattordici', 'quindici', 'sedici', 'diciassette', 'diciotto', 'diciannove'
  ];
  tens constant text[] := array['vent', 'tren', 'quar', 'cinq', 'sess', 'sett', 'otta', 'nova'];
  rest text := word;
  total numeric := 0;
  part text[];
begin
  if word = 'zero' then
    return 0;
  end if;

  -- Longer words are none: novecentonovantanovemilanovecentonovantanove.
  if length(word) > 50 then
    return null;
  end if;

  if word ~ '^.+mila' then
    total := 1000 * voicesurvey_rules.italian_number(split_part(word, 'mila', 1));
    rest := substr(word, strpos(word, 'mila') + 4);
  elsif word ~ '^mille' then
    total := 1000;
    rest := substr(word, 6);
  end if;

  if rest = '' then
    return total;
  end if;

  part := regexp_match(
    rest,
    '^(?:(due|tre|quattro|cinque|sei|sette|otto|nove)?(cento?))?'
    '(?:(dieci|undici|dodici|tredici|quattordici|quindici|sedici|diciassette|diciotto|diciannove)|'
    '(venti?|trenta?|quaranta?|cinquanta?|sessanta?|settanta?|ottanta?|novanta?)?'
    '(uno?|due|tre|quattro|cinque|sei|sette|otto|nove)?)$'
  );

  -- Before a vowel, the word before loses its last one: ventuno, centotto. So "vent" and "cent" alone are no numbers.
  if part is null
    or (part[2] = 'cent' and coalesce(part[4], part[5], '') !~ '^[uo]')
    or (part[4] ~ '[^ai]$' and coalesce(part[5], '') !~ '^[uo]')
    or (part[5] = 'un' and part[2] is null and part[4] is null)
  then
    return null;
  end if;

  return total
    + case when part[2] is null then 0 else 100 * coalesce(array_position(units, part[1]), 1) end
    + coalesce(9 + array_position(teens, part[3]), 0)
    + coalesce(10 * (1 + array_position(tens, left(part[4], 4))), 0)
    + coalesce(array_position(units, case part[5] when 'un' then 'uno' else part[5] end), 0);
end
$function$;

-- Reads the text word by word. The number that is being read is total, its thousands, plus current, and the digits of its
-- fraction. The words between two numbers, in gap, show how they relate: "out of 10" names the best value, and "on a scale
-- from 1 to 10" both limits. These are not the answer.
--
-- A security definer, although it reads no table: no service has USAGE on the schema of its helpers. Without
-- standard_conforming_strings, a session would read the patterns differently.

create or replace function voicesurvey.number_in(text text, language public.campaign_language)
returns numeric
language plpgsql
immutable
strict
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set standard_conforming_strings = on
as $function$
declare
  is_italian boolean := language = 'it';
  folded text collate "C";
  token text[];
  word text;
  value numeric;
  multiple numeric;
  total numeric;
  current numeric;
  fraction text;
  number numeric;
  found_numbers numeric[] := array[]::numeric[];
  gap text := '';
  opening_gap text := '';
  is_digits boolean := false;
  is_negative boolean := false;
  is_limit boolean := false;
begin
  -- First: a regular expression fails for a text of hundreds of megabytes.
  if length(number_in.text) > 10000 then
    return null;
  end if;

  -- The usual case, quickly.
  if number_in.text collate "C" ~ '^\s*[0-9]{1,9}[.!\s]*$' then
    return substring(number_in.text collate "C" from '[0-9]+')::numeric;
  end if;

  folded := lower(number_in.text collate "C");

  -- Characters beyond ASCII: other digits, dashes, spaces, apostrophes and accents.
  folded := translate(
    folded,
    U&'\FF10\FF11\FF12\FF13\FF14\FF15\FF16\FF17\FF18\FF19' || U&'\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669'
      || U&'\06F0\06F1\06F2\06F3\06F4\06F5\06F6\06F7\06F8\06F9' || U&'\2212\2010\2011\2012\2013\2014'
      || U&'\00A0\2009\202F' || U&'\2019\2018' || U&'\00E0\00E8\00E9\00EC\00F2\00F9\00C0\00C8\00C9\00CC\00D2\00D9',
    '0123456789' || '0123456789' || '0123456789' || '------' || '   ' || '''''' || 'aeeiouaeeiou'
  );

  -- "Un" and "una" are a number alone, and an article before a noun.
  if is_italian and folded ~ '^[^a-z0-9]*una?[^a-z0-9]*$' then
    return 1;
  end if;

  -- A minus sign comes directly before its number, and not directly after another word: "7-8" is a range.
  folded := regexp_replace(folded, '(^|[[:space:](])-(?=[.,]?[0-9])', '\1 ~ ', 'g');
  folded := regexp_replace(folded, '(^|[^a-z0-9.,])[.,](?=[0-9])', '\1 0.', 'g');
  folded := regexp_replace(folded, '[[:space:]]+', ' ', 'g');

  for token in
    select regexp_matches(
      folded || ' .',
      '([1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9.,a-z])|[0-9]+(?:[.,''][0-9]+)*)([a-z][a-z0-9]*)?'
      '|([a-z]+[0-9][a-z0-9]*|[a-z]+|[~/:;,.?!()-])',
      'g'
    )
  loop
    word := coalesce(token[3], '');
    value := null;
    multiple := null;

    -- Letters after the digits are a unit, but "1e400" and "3d4" are no numbers.
    if token[1] is not null and token[2] ~ '[0-9]' then
      word := 'x';
    elsif token[1] is not null then
      value := voicesurvey_rules.number_in_digits(token[1], language);

      if value is null then
        return null;
      end if;

      if token[2] = 'k' then
        value := 1000 * value;
      end if;
    elsif is_italian then
      multiple := case
        when word in ('mila', 'mille') then 1000
        when word in ('milione', 'milioni') then 1000000
        when word in ('miliardo', 'miliardi') then 1000000000
      end;

      if multiple is null and word <> 'un' then
        value := voicesurvey_rules.italian_number(word);
      end if;
    else
      multiple := case word
        when 'hundred' then 100
        when 'thousand' then 1000
        when 'million' then 1000000
        when 'billion' then 1000000000
      end;

      if multiple is null
        and not (word = 'one' and gap ~ '(^| )(no|this|that|the|which|any|every|each|some|another|other)$')
      then
        value := voicesurvey_rules.english_number(word);
      end if;
    end if;

    if word in ('dozen', 'dozens', 'dozzina', 'dozzine') then
      return null;
    end if;

    -- Does the token continue the number?
    if current is not null or total is not null then
      if fraction is not null then
        if scale(value) = 0 and (fraction = '' or value < 10) then
          -- The digits as they are written, with their zeros.
          fraction := fraction || case
            when token[1] ~ '^[0-9]+$' and coalesce(token[2], '') = '' then token[1]
            else value::text
          end;
          continue;
        elsif fraction = '' and value is not null then
          return null;
        end if;
      elsif multiple = 100 and current between 1 and 99 then
        current := 100 * current;
        is_digits := false;
        continue;
      elsif multiple > 100 and current is not null and (total is null or total >= 1000 * multiple) then
        total := coalesce(total, 0) + multiple * current;
        current := null;
        is_digits := false;
        continue;
      elsif value is not null and token[1] is null and not is_digits then
        if current is null and value < 1000 then
          current := value;
          gap := '';
          continue;
        elsif (current between 20 and 90 and current % 10 = 0 and value between 1 and 9)
          or (current >= 100 and current % 100 = 0 and value between 1 and 99)
          or (current >= 1000 and current % 1000 = 0 and value between 1 and 999)
        then
          current := current + value;
          gap := '';
          continue;
        end if;
      elsif word = 'and' and not is_italian and not is_digits and (current is null or current % 100 = 0) then
        gap := word;
        continue;
      elsif word = '-' and not is_digits and current between 20 and 90 and current % 10 = 0 then
        gap := word;
        continue;
      elsif (is_italian and word in ('virgola', 'punto')) or (not is_italian and word in ('point', 'dot')) then
        fraction := '';
        continue;
      end if;

      number := coalesce(total, 0) + coalesce(current, 0);

      if fraction <> '' then
        number := number + ('0.' || left(fraction, 20))::numeric;
      end if;

      if is_negative then
        number := -number;
      end if;

      if not is_limit then
        found_numbers := found_numbers || number;
      end if;

      total := null;
      current := null;
      fraction := null;
      is_negative := false;
    end if;

    if (not is_italian and word = 'half') or (is_italian and word in ('mezzo', 'mezza', 'meta')) then
      if cardinality(found_numbers) > 0 and gap in ('and a', 'and', 'e') then
        number := number + case when number < 0 then -0.5 else 0.5 end;
        found_numbers[cardinality(found_numbers)] := number;
      elsif cardinality(found_numbers) > 0 and number = 1 and gap = '' then
        found_numbers[cardinality(found_numbers)] := 0.5;
      else
        value := 0.5;
      end if;
    end if;

    if value is null and multiple is null then
      is_negative := word in ('~', 'minus', 'negative') or (is_italian and word = 'meno' and gap !~ '(^| )o$');

      if word <> '~' then
        gap := right(ltrim(gap || ' ' || word), 200);
      end if;

      continue;
    end if;

    -- A number begins. Is it the limit of a scale?
    if gap in ('to', 'through', 'a', '-') and not is_limit and opening_gap ~ '(^| )(from|da)$' then
      found_numbers := found_numbers[:cardinality(found_numbers) - 1];
      is_limit := true;
    else
      is_limit := (number is not null and gap in ('of', 'su', '/'))
        or gap ~ '(^| )out of$'
        or gap ~ '(^| )(scale|scala)( [a-z]+)?$'
        or (is_limit and gap in ('to', 'through', 'a', '-'));
    end if;

    opening_gap := gap;
    gap := '';
    is_digits := token[1] is not null;
    current := coalesce(value, case when multiple = 100 then 100 end);
    total := case when multiple > 100 then multiple end;
  end loop;

  return (
    select case when min(one) = max(one) then trim_scale(min(one)) end
    from unnest(found_numbers) as one
  );
end
$function$;

comment on function voicesurvey_rules.number_in_digits(text, public.campaign_language) is
  'The value of a number in digits, with the separators of a language. Called by number_in.';
comment on function voicesurvey_rules.english_number(text) is
  'The value of an English word, from zero to ninety; null if it is none. Called by number_in.';
comment on function voicesurvey_rules.italian_number(text) is
  'The value of an Italian word, from zero to 999,999; null if it is none. Called by number_in.';
comment on function voicesurvey.number_in(text, public.campaign_language) is
  'The number in an answer, in digits or words of the language: "8 out of 10" and "eight" give 8. Null if there is none, or '
  'more than one, as in "7 or 8". A number outside of the question''s scale is returned as it is.';

revoke execute on function
  voicesurvey_rules.number_in_digits(text, public.campaign_language),
  voicesurvey_rules.english_number(text),
  voicesurvey_rules.italian_number(text),
  voicesurvey.number_in(text, public.campaign_language)
from public;
