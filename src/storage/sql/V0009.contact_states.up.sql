-- V0009: the life of a contact, and its agreement with its calls and answers (rules 2, 6 and 10).
--
-- A BEFORE trigger checks what the old and the new row show: the order of the states, and an attempts_count that
-- rises by one. It also keeps last_attempt_at, which only a call changes. V0013 adds under which conditions an
-- exclusion ends.
--
-- A deferred constraint trigger checks what spans rows. PostgreSQL runs such a trigger at commit, or at `set
-- constraints all immediate`, so a service may write the contact, the attempt and the answers of one step in any
-- order. The trigger judges the rows as they are at that time, and a row that was updated several times is judged
-- once for each update. V0012 checks the same agreement when an attempt changes, and V0014 when answers are inserted.
--
-- A call whose end no webhook reported leaves its contact pending or not_reached. If its end is reported later (V0011),
-- the contact goes from there to completed or refused.
--
-- Safe under concurrency: a transaction that changes a contact's state locks the contact's row until it commits, and
-- no call starts without a lock on that row (V0012). Everything else that is read here does not change once it is
-- true: an outcome, answers, a campaign's max_attempts.
--
-- Safe on a live table: creating a trigger changes only the catalog. Only contacts is locked.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.check_contact_transition()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if old.state <> 'in_progress'
    and new.state <> old.state
    and not (
      (old.state in ('pending', 'not_reached') and new.state in ('in_progress', 'excluded'))
      or (old.state = 'not_reached' and new.state = 'pending')
      or (old.state = 'excluded' and new.state in ('pending', 'not_reached'))
    )

    -- The end of the latest call was not reported, or a reported end has just replaced it.
    and not (
      old.state in ('pending', 'not_reached')
      and new.state in ('completed', 'refused')
      and exists (
        select
        from public.call_attempts
        where contact_id = new.id
          and attempt_number = new.attempts_count
          and ended_at is not null
          and (error_code = 'NO_END_REPORTED' or outcome::text = new.state::text)
      )
    )
  then
    if old.state = 'excluded' and new.state = 'in_progress' then
      raise exception using
        errcode = 'check_violation',
        schema = 'public',
        table = 'contacts',
        constraint = 'never_dial_an_excluded_number',
        message = 'An excluded contact, or a number on the exclusion list, is never dialled.',
        detail = format('Contact %s.', old.id),
        hint = 'Do not dial. Claim another contact.';
    end if;

    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'a_contact_changes_state_in_order',
      message = 'A contact goes from pending to in_progress, and then to completed, refused, not_reached or pending again. '
        'Completed and refused are final, and an excluded contact returns only to pending or not_reached.',
      detail = format('Contact %s, from %s to %s.', old.id, old.state, new.state),
      hint = 'Read the contact again: another call or an exclusion may have changed its state.';
  end if;

  if new.attempts_count - old.attempts_count not in (0, 1) then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'contacts',
      constraint = 'attempts_count_goes_up_by_one',
      message = 'A contact''s attempts_count rises by one with each attempt and never falls.',
      detail = format('Contact %s, from %s to %s.', old.id, old.attempts_count, new.attempts_count),
      hint = 'Set attempts_count to attempts_count + 1 when a call starts, and do not write it otherwise.';
  end if;

  -- The writer sets last_attempt_at only while attempts_count rises, and the attempt corrects it (V0012). An erasure of
  -- the latest attempt leaves it as it is.
  if new.attempts_count = old.attempts_count and new.last_attempt_at is distinct from old.last_attempt_at then
    select started_at
    into new.last_attempt_at
    from public.call_attempts
    where contact_id = new.id
      and attempt_number = new.attempts_count;

    if not found then
      new.last_attempt_at := old.last_attempt_at;
    end if;
  end if;

  return new;
end
$function$;

create or replace function voicesurvey_rules.check_contact_against_calls()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  current_row record;
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The usual path: one index look-up for a call that starts, two for a survey that is completed. If the row changed
  -- again in this transaction, that change fires the trigger again.
  if new.state = 'in_progress' and new.last_outcome is not distinct from old.last_outcome then
    perform
    from public.call_attempts
    where contact_id = new.id
      and attempt_number = new.attempts_count
      and ended_at is null;

    if found then
      return null;
    end if;
  elsif new.state = 'completed' and new.last_outcome = 'completed' and new.attempts_count = old.attempts_count then
    perform
    from public.call_attempts
    where contact_id = new.id
      and attempt_number = new.attempts_count
      and outcome = 'completed'
      and exists (select from public.survey_responses where contact_id = new.id);

    if found then
      return null;
    end if;
  end if;

  -- An exclusion needs no call.
  if (new.state = old.state or new.state = 'excluded')
    and new.attempts_count = old.attempts_count
    and new.last_outcome is not distinct from old.last_outcome
  then
    return null;
  end if;

  select
    contact.state,
    contact.attempts_count,
    contact.last_outcome,
    campaign.max_attempts,
    latest.attempt_number,
    latest.ended_at,
    latest.outcome
  into current_row
  from public.contacts as contact
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  left join lateral (
    select attempt_number, ended_at, outcome
    from public.call_attempts
    where contact_id = contact.id
    order by attempt_number desc
    limit 1
  ) as latest
    on true
  where contact.id = new.id;

  -- The contact was erased.
  if not found then
    return null;
  end if;

  if new.attempts_count <> old.attempts_count
    and not exists (
      select
      from public.call_attempts
      where contact_id = new.id
        and attempt_number = new.attempts_count
    )
  then
    broken := 'attempts_count_follows_the_attempts';

  -- A new call is checked by its outcome even if the state did not change.
  elsif new.state <> old.state or new.attempts_count <> old.attempts_count then
    broken := case current_row.state
      when 'in_progress' then
        case
          when current_row.attempt_number is null
            or current_row.ended_at is not null
            or current_row.attempt_number <> current_row.attempts_count
          then 'a_contact_is_in_progress_while_its_call_is_open'
        end
      when 'completed' then
        case
          when current_row.outcome is distinct from 'completed' then 'a_completed_contact_has_a_completed_call'
          when not exists (select from public.survey_responses where contact_id = new.id)
          then 'a_completed_contact_has_answers'
        end
      when 'refused' then
        case
          when current_row.outcome is distinct from 'refused' then 'a_refused_contact_has_a_refused_call'
        end
      when 'excluded' then null
      else
        case
          when current_row.attempt_number is not null and current_row.outcome is null
          then 'a_contact_is_in_progress_while_its_call_is_open'
          when current_row.outcome in ('completed', 'refused') then 'a_completed_or_refused_call_is_the_last'
          when current_row.state = 'pending' and current_row.attempts_count >= current_row.max_attempts
          then 'a_pending_contact_has_attempts_left'
          when current_row.state = 'not_reached' and current_row.attempts_count = 0
          then 'a_not_reached_contact_was_called'
        end
    end;
  end if;

  -- The end of an excluded contact's call may have been replaced, which changes only the call.
  if broken is null
    and (
      new.last_outcome is distinct from old.last_outcome
      or (
        old.state = 'excluded'
        and current_row.state <> 'excluded'
        and current_row.attempt_number = current_row.attempts_count
      )
    )
    and current_row.last_outcome is not null
    and current_row.last_outcome is distinct from (
      select outcome
      from public.call_attempts
      where contact_id = new.id
        and outcome is not null
      order by attempt_number desc
      limit 1
    )
  then
    broken := 'last_outcome_is_that_of_the_latest_call';
  end if;

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
        'Insert the attempt of that number in the same transaction.'
      ),
      (
        'a_contact_is_in_progress_while_its_call_is_open',
        'A contact is in progress exactly while its latest call is open.',
        'Start or end the call in the transaction that changes the contact''s state.'
      ),
      (
        'a_completed_contact_has_a_completed_call',
        'A contact is completed only if its latest call ended completed.',
        'End the call in the same transaction, and set the state that fits its outcome.'
      ),
      (
        'a_completed_contact_has_answers',
        'A contact is completed only with its answers.',
        'Insert the answers in the same transaction.'
      ),
      (
        'a_refused_contact_has_a_refused_call',
        'A contact has refused only if its latest call ended refused.',
        'End the call in the same transaction, and set the state that fits its outcome.'
      ),
      (
        'a_completed_or_refused_call_is_the_last',
        'A contact whose latest call ended completed or refused is neither pending nor not_reached.',
        'Set the contact''s state to the outcome of its latest call.'
      ),
      (
        'a_pending_contact_has_attempts_left',
        'A contact is pending only while it has attempts left.',
        'Set its state to not_reached: attempts_count has reached the campaign''s max_attempts.'
      ),
      (
        'a_not_reached_contact_was_called',
        'A contact is not_reached only after a call.',
        'Leave a contact that was never called pending, or exclude it.'
      ),
      (
        'last_outcome_is_that_of_the_latest_call',
        'A contact''s last_outcome is the outcome of its latest ended call.',
        'Write the outcome to the attempt in the same transaction. With the return of an excluded contact, set its last_outcome.'
      )
  ) as refusal (rule, message, hint)
  where refusal.rule = broken;

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'contacts',
    constraint = broken,
    message = message,
    detail = format('Contact %s, now %s after %s attempts.', new.id, current_row.state, current_row.attempts_count),
    hint = hint;
end
$function$;

comment on function voicesurvey_rules.check_contact_transition() is
  'Rejects a change of state that is not in order, and an attempts_count that falls or jumps. Keeps last_attempt_at, '
  'whatever an update sets, unless attempts_count rises.';
comment on function voicesurvey_rules.check_contact_against_calls() is
  'Rejects a state, an attempts_count or a last_outcome that does not agree with the contact''s attempts and answers.';

revoke execute on function
  voicesurvey_rules.check_contact_transition(),
  voicesurvey_rules.check_contact_against_calls()
from public;


create or replace trigger a_contact_begins_pending_or_excluded
  after insert on public.contacts
  for each row
  when (new.state not in ('pending', 'excluded') or new.attempts_count <> 0)
  execute function voicesurvey_rules.reject_change(
    'a_contact_begins_pending_or_excluded',
    'A new contact is pending or excluded and has no attempts.',
    'Insert the contact as pending. Its calls change its state and its attempts_count.'
  );

create or replace trigger a_contact_never_changes_campaign
  before update of campaign_id on public.contacts
  for each row
  when (old.campaign_id <> new.campaign_id)
  execute function voicesurvey_rules.reject_change(
    'a_contact_never_changes_campaign',
    'A contact never changes campaign.',
    'Insert a contact with this number into the other campaign.'
  );

create or replace trigger a_contact_changes_state_in_order
  before update of state, attempts_count, last_attempt_at on public.contacts
  for each row
  execute function voicesurvey_rules.check_contact_transition();

drop trigger if exists a_contact_agrees_with_its_calls on public.contacts;
create constraint trigger a_contact_agrees_with_its_calls
  after update of state, attempts_count, last_outcome on public.contacts
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_contact_against_calls();

comment on trigger a_contact_begins_pending_or_excluded on public.contacts is
  'Rule 10: a new contact is pending or excluded and was never called.';
comment on trigger a_contact_never_changes_campaign on public.contacts is
  'Rule 10: a contact never changes campaign.';
comment on trigger a_contact_changes_state_in_order on public.contacts is
  'Rules 2 and 10: the order of a contact''s states; attempts_count never falls; last_attempt_at is that of the latest '
  'attempt.';
comment on trigger a_contact_agrees_with_its_calls on public.contacts is
  'Rules 2, 6 and 10: a contact''s state, attempts_count and last_outcome agree with its attempts and answers.';
