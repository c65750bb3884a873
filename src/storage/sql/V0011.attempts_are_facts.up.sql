-- V0011: an attempt is a fact, which is added to while the call lasts (rule 5).
--
-- No code: each WHEN compares the row with what it was. Who updates a row holds it, so nothing else needs a
-- lock. A webhook that arrives twice with what is known already changes nothing and is not refused.
--
-- Safe on a live table: a trigger is the blink of a catalog change.


create or replace trigger an_attempt_keeps_what_it_is
  before update on public.call_attempts
  for each row
  when (
    old.id <> new.id
    or old.contact_id <> new.contact_id
    or old.campaign_id <> new.campaign_id
    or old.attempt_number <> new.attempt_number
    or old.call_id <> new.call_id
    or old.started_at <> new.started_at
  )
  execute function public.refuse_change(
    'An attempt keeps its contact, campaign, number, call_id and start.',
    'Leave them out of the update.'
  );

create or replace trigger a_provider_call_id_stays
  before update on public.call_attempts
  for each row
  when (old.provider_call_id is not null and old.provider_call_id is distinct from new.provider_call_id)
  execute function public.refuse_change(
    'The provider''s key of a call, once it is known, stays.',
    'Leave provider_call_id out of the update, or find the attempt that the key belongs to.'
  );

create or replace trigger what_happened_in_a_call_stays
  before update on public.call_attempts
  for each row
  when (
    (old.answered_at is not null and old.answered_at is distinct from new.answered_at)
    or (old.ended_at is not null and old.ended_at is distinct from new.ended_at)
    or (old.outcome is not null and old.outcome is distinct from new.outcome)
  )
  execute function public.refuse_change(
    'When a call was answered, when it ended and how are final.',
    'A webhook that arrives twice has nothing to add.'
  );

comment on trigger an_attempt_keeps_what_it_is on public.call_attempts is
  'Rule 5: an attempt''s contact, number, call_id and start never change.';
comment on trigger a_provider_call_id_stays on public.call_attempts is
  'Rule 5: the provider''s key may come later, and then stays.';
comment on trigger what_happened_in_a_call_stays on public.call_attempts is
  'Rule 5: answer, end and outcome are final.';
