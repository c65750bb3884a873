-- V0011: an attempt is a fact: what is known of it is final, and the rest is added while the call lasts (rule 5).
--
-- A webhook that arrives twice writes the same values again, and is not rejected. BEFORE triggers compare the new row
-- with the old one.
--
-- One end is not final. A call whose end no webhook reported is ended with the error code NO_END_REPORTED, so that it
-- does not block its contact forever. The end that is reported later replaces that end once, and changes the error code.
-- No update of an ended call sets NO_END_REPORTED. So an end that was reported stays final, and so does the replacement.
-- V0009 lets the contact follow from pending or not_reached, and V0012 checks at commit that it does.
--
-- Safe under concurrency: an update locks the row. The replacement of an end also locks the contact's row and then reads
-- the contact's attempts and events. A claim (V0012) updates the contact's row, and so does an event that publishes an
-- end which nobody reported (V0015). So each of them waits for the replacement, or has committed before and is seen. At
-- the stricter isolation levels, a transaction with an older snapshot fails with 40001.
--
-- Safe on a live table: creating a trigger changes only the catalog. Only call_attempts is locked.

set search_path = pg_catalog, pg_temp;


-- Facts that arrive late. V0016 and V0025 replace these functions: their jobs read the attempts once, by the time of their
-- start, and would miss facts that a transaction writes when they have passed its attempt, or are about to. Retention lasts a
-- day or more, and a day has 23 hours when the clocks of its time zone go forward. So no job passes an attempt in its first 12
-- hours, nor before the end of a transaction that began then.

create or replace function voicesurvey_rules.note_late_metadata(attempt public.call_attempts)
returns void
language sql
begin atomic
end;

create or replace function voicesurvey_rules.note_late_recording(attempt public.call_attempts)
returns void
language sql
begin atomic
end;

comment on function voicesurvey_rules.note_late_metadata(public.call_attempts) is
  'Does nothing. Called when an attempt is inserted that started more than 12 hours ago.';
comment on function voicesurvey_rules.note_late_recording(public.call_attempts) is
  'Does nothing. Called when an attempt is inserted, its provider_call_id set, or its end replaced, more than 12 hours after '
  'its start.';

revoke execute on function
  voicesurvey_rules.note_late_metadata(public.call_attempts),
  voicesurvey_rules.note_late_recording(public.call_attempts)
from public;


create or replace function voicesurvey_rules.check_provider_call_id()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if old.provider_call_id is null then
    if new.started_at < now() - interval '12 hours' then
      perform voicesurvey_rules.note_late_recording(new);
    end if;

    return new;
  end if;

  if old.provider_call_id is distinct from new.provider_call_id then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'a_provider_call_id_is_set_once',
      message = 'The provider_call_id of an attempt is final once it is set.',
      detail = format('Attempt %s of contact %s.', old.id, old.contact_id),
      hint = 'Find the attempt that this provider_call_id belongs to, or remove provider_call_id from the update.';
  end if;

  return new;
end
$function$;

create or replace function voicesurvey_rules.check_call_facts()
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
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- Most updates set values that were null.
  if old.ended_at is null
    and old.outcome is null
    and (old.answered_at is null or old.answered_at = new.answered_at)
  then
    return new;
  end if;

  if (old.answered_at is null or old.answered_at is not distinct from new.answered_at)
    and (old.ended_at is null or old.ended_at is not distinct from new.ended_at)
    and (old.outcome is null or old.outcome is not distinct from new.outcome)
  then
    if old.ended_at is null
      or new.error_code is distinct from 'NO_END_REPORTED'
      or old.error_code = 'NO_END_REPORTED'
    then
      return new;
    end if;

    broken := 'no_end_reported_is_set_when_a_call_ends';
    message := 'The error code NO_END_REPORTED is set only by the update that ends the call.';
    hint := 'Set another error_code: the end of this call was reported, so it is final.';

  -- What is known of an answered call is not removed: a transcript may depend on it.
  elsif old.ended_at is null
    or old.error_code is distinct from 'NO_END_REPORTED'
    or old.outcome in ('completed', 'refused')
    or new.ended_at is null
    or (old.answered_at is not null and new.answered_at is null)
  then
    broken := 'answer_end_and_outcome_of_a_call_are_final';
    message := 'The answered_at, ended_at and outcome of an attempt are final once they are set.';
    hint := 'Ignore a report that arrives again. Update only attempts whose ended_at is null.';
  elsif new.error_code = 'NO_END_REPORTED' then
    broken := 'an_end_is_replaced_only_by_a_reported_end';
    message := 'An end with the error code NO_END_REPORTED is replaced only by the end that was reported.';
    hint := 'Set error_code in the same update: to the code of the reported end, or to null.';
  else
    perform
    from public.contacts
    where id = old.contact_id
    for no key update;

    if exists (
      select
      from public.call_attempts
      where contact_id = old.contact_id
        and attempt_number > old.attempt_number
    ) then
      broken := 'an_end_is_replaced_only_before_the_next_attempt';
      message := 'An end that was not reported is replaced only while its contact has no later attempt.';
      hint := 'Ignore the report: the contact was called again.';

    -- The event of the new outcome may be inserted first in the same transaction.
    elsif exists (
      select
      from public.events
      where contact_id = old.contact_id
        and event_type::text <> 'survey.' || new.outcome::text
    ) then
      broken := 'an_end_is_replaced_only_before_it_is_published';
      message := 'An end that was not reported is replaced only while the result of its contact was not published.';
      hint := 'Ignore the report: other services may have read the event.';
    else
      -- A call that counted as not answered may have a recording now.
      if new.started_at < now() - interval '12 hours' then
        perform voicesurvey_rules.note_late_recording(new);
      end if;

      return new;
    end if;
  end if;

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'call_attempts',
    constraint = broken,
    message = message,
    detail = format('Attempt %s of contact %s.', old.id, old.contact_id),
    hint = hint;
end
$function$;

-- No time of a call lies more than 60 seconds in the future: the clocks of a provider, a service and the server may
-- differ by as much. This is a trigger and not a CHECK, so that only a new time is compared with the clock: if the
-- server's clock is set back, open calls can still end, and a dump can be restored. After that, a call whose times are
-- in the future may be answered and end at its own latest time, and an attempt that starts when its transaction did is
-- accepted. The function runs for every call, so it returns as early as it can.

create or replace function voicesurvey_rules.check_call_times()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  latest timestamptz;
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'BEFORE' or tg_op not in ('INSERT', 'UPDATE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if greatest(new.started_at, new.answered_at, new.ended_at) <= clock_timestamp() + interval '60 seconds' then
    if tg_op = 'INSERT' and new.started_at < now() - interval '12 hours' then
      perform voicesurvey_rules.note_late_metadata(new);
      perform voicesurvey_rules.note_late_recording(new);
    end if;

    return new;
  end if;

  latest := greatest(clock_timestamp(), now()) + interval '60 seconds';

  if tg_op = 'UPDATE' then
    latest := greatest(latest, old.started_at, old.answered_at, old.ended_at);
  end if;

  if greatest(new.started_at, new.answered_at, new.ended_at) > latest then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'call_attempts',
      constraint = 'times_of_a_call_are_not_in_the_future',
      message = 'The times of a call lie no more than 60 seconds in the future.',
      detail = format('Attempt %s of contact %s.', new.id, new.contact_id),
      hint = 'Compare the clocks of the provider, the service and the database server.';
  end if;

  return new;
end
$function$;

comment on function voicesurvey_rules.check_provider_call_id() is
  'Rejects another provider_call_id for an attempt that has one.';
comment on function voicesurvey_rules.check_call_facts() is
  'Rejects another answer, end or outcome for an attempt that has one, unless it replaces an end that was not reported.';
comment on function voicesurvey_rules.check_call_times() is
  'Rejects a new time of a call that lies more than 60 seconds in the future.';

revoke execute on function
  voicesurvey_rules.check_provider_call_id(),
  voicesurvey_rules.check_call_facts(),
  voicesurvey_rules.check_call_times()
from public;


create or replace trigger an_attempt_keeps_its_keys_and_start
  before update of id, contact_id, campaign_id, attempt_number, call_id, started_at on public.call_attempts
  for each row
  when (
    old.id <> new.id
    or old.contact_id <> new.contact_id
    or old.campaign_id <> new.campaign_id
    or old.attempt_number <> new.attempt_number
    or old.call_id <> new.call_id
    or old.started_at <> new.started_at
  )
  execute function voicesurvey_rules.reject_change(
    'an_attempt_keeps_its_keys_and_start',
    'The id, contact, campaign, number, call_id and started_at of an attempt never change.',
    'Remove these columns from the update.'
  );

create or replace trigger a_provider_call_id_is_set_once
  before update of provider_call_id on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_provider_call_id();

create or replace trigger answer_end_and_outcome_of_a_call_are_final
  before update of answered_at, ended_at, outcome, error_code on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_call_facts();

create or replace trigger times_of_a_call_are_not_in_the_future
  before insert or update of answered_at, ended_at on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_call_times();

comment on trigger an_attempt_keeps_its_keys_and_start on public.call_attempts is
  'Rule 5: the contact, number, call_id and start of an attempt never change.';
comment on trigger a_provider_call_id_is_set_once on public.call_attempts is
  'Rule 5: the provider_call_id may be set after the start, and is final once it is set.';
comment on trigger answer_end_and_outcome_of_a_call_are_final on public.call_attempts is
  'Rule 5: the answer, the end and the outcome of a call are final. An end that was not reported is replaced once by the '
  'reported one.';
comment on trigger times_of_a_call_are_not_in_the_future on public.call_attempts is
  'Rule 5: no time of a call lies more than 60 seconds in the future.';
