-- V0011: an attempt is a fact, which is added to while the call lasts (rule 5).
--
-- The row is compared with what it was. Who updates a row holds it, so nothing else needs a
-- lock. A webhook that arrives twice with what is known already changes nothing and is not refused.
--
-- Safe on a live table: a trigger is the blink of a catalog change.


create or replace trigger an_attempt_keeps_what_it_is
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
    'an_attempt_keeps_what_it_is',
    'An attempt keeps its contact, campaign, number, call_id and start.',
    'Leave them out of the update.'
  );

create or replace function voicesurvey_rules.check_provider_call_id()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if old.provider_call_id is null then
    return new;
  end if;

  if old.provider_call_id is distinct from new.provider_call_id then
    perform voicesurvey_rules.raise_violation(
      tg_name,
      'call_attempts',
      'The provider''s key of a call, once it is known, stays.',
      format('Attempt %s of contact %s.', old.id, old.contact_id),
      'Leave provider_call_id out of the update, or find the attempt that the key belongs to.'
    );
  end if;

  return new;
end
$function$;

create or replace function voicesurvey_rules.check_call_facts()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- What was not known before may be told; most writes are done here.
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
      tg_name,
      'call_attempts',
      'When a call was answered, when it ended and how are final.',
      format('Attempt %s of contact %s.', old.id, old.contact_id),
      'A webhook that arrives twice has nothing to add.'
    );
  end if;

  return new;
end
$function$;

-- No time of a call lies more than 60 seconds in the future: so much may the clocks of a provider, a service and
-- the server differ. This is a trigger and not a CHECK, so that only a new time is compared with the clock: if
-- the server's clock is set back, open calls can still end, and a dump restores. Then a call that is already in
-- the future may be answered and end at its own latest time, and an attempt that starts when its transaction did
-- is accepted. The function is called for every call, so it returns as early as it can.

create or replace function voicesurvey_rules.check_call_times()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  latest timestamptz;
begin
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
  'Refuses another provider''s key for a call that has one.';
comment on function voicesurvey_rules.check_call_facts() is
  'Refuses another answer, end or outcome for a call that has one.';
comment on function voicesurvey_rules.check_call_times() is
  'Rejects a new time of a call that lies more than 60 seconds in the future.';

create or replace trigger a_provider_call_id_stays
  before update of provider_call_id on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_provider_call_id();

create or replace trigger what_happened_in_a_call_stays
  before update of answered_at, ended_at, outcome on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_call_facts();

create or replace trigger times_of_a_call_are_not_in_the_future
  before insert or update of answered_at, ended_at on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_call_times();

comment on trigger an_attempt_keeps_what_it_is on public.call_attempts is
  'Rule 5: an attempt''s contact, number, call_id and start never change.';
comment on trigger a_provider_call_id_stays on public.call_attempts is
  'Rule 5: the provider''s key may come later and then stays.';
comment on trigger what_happened_in_a_call_stays on public.call_attempts is
  'Rule 5: answer, end and outcome are final.';
comment on trigger times_of_a_call_are_not_in_the_future on public.call_attempts is
  'Rule 5: no time of a call lies more than 60 seconds in the future.';
