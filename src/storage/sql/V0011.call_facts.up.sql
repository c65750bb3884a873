-- V0011: an attempt is a fact: what is known of it is final, and the rest is added while the call lasts (rule 5).
--
-- A webhook that arrives twice writes the same values again, and is not rejected. BEFORE triggers compare the new row
-- with the old one.
--
-- Safe under concurrency: an update locks the row, and nothing else is read.
--
-- Safe on a live table: creating a trigger changes only the catalog. Only call_attempts is locked.

set search_path = pg_catalog, pg_temp;


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
    return new;
  end if;

  if old.provider_call_id is distinct from new.provider_call_id then
    perform voicesurvey_rules.raise_violation(
      'a_provider_call_id_is_set_once',
      'call_attempts',
      'The provider_call_id of an attempt is final once it is set.',
      format('Attempt %s of contact %s.', old.id, old.contact_id),
      'Find the attempt that this provider_call_id belongs to, or remove provider_call_id from the update.'
    );
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

  if (old.answered_at is not null and old.answered_at is distinct from new.answered_at)
    or (old.ended_at is not null and old.ended_at is distinct from new.ended_at)
    or (old.outcome is not null and old.outcome is distinct from new.outcome)
  then
    perform voicesurvey_rules.raise_violation(
      'answer_end_and_outcome_of_a_call_are_final',
      'call_attempts',
      'The answered_at, ended_at and outcome of an attempt are final once they are set.',
      format('Attempt %s of contact %s.', old.id, old.contact_id),
      'Ignore a report that arrives again. Update only attempts whose ended_at is null.'
    );
  end if;

  return new;
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
    return new;
  end if;

  latest := greatest(clock_timestamp(), now()) + interval '60 seconds';

  if tg_op = 'UPDATE' then
    latest := greatest(latest, old.started_at, old.answered_at, old.ended_at);
  end if;

  if greatest(new.started_at, new.answered_at, new.ended_at) > latest then
    perform voicesurvey_rules.raise_violation(
      'times_of_a_call_are_not_in_the_future',
      'call_attempts',
      'The times of a call lie no more than 60 seconds in the future.',
      format('Attempt %s of contact %s.', new.id, new.contact_id),
      'Compare the clocks of the provider, the service and the database server.'
    );
  end if;

  return new;
end
$function$;

comment on function voicesurvey_rules.check_provider_call_id() is
  'Rejects another provider_call_id for an attempt that has one.';
comment on function voicesurvey_rules.check_call_facts() is
  'Rejects another answer, end or outcome for an attempt that has one.';
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
  before update of answered_at, ended_at, outcome on public.call_attempts
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
  'Rule 5: the answer, the end and the outcome of a call are final.';
comment on trigger times_of_a_call_are_not_in_the_future on public.call_attempts is
  'Rule 5: no time of a call lies more than 60 seconds in the future.';
