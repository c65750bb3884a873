-- V0009: a contact's life, and that it agrees with the contact's calls (rules 2, 6 and 10).
--
-- What one row tells is refused when it is written. That a contact agrees with its calls is looked at when the
-- transaction commits, since a service may write contact, attempt and answers in any order; from the side of
-- the attempts by V0012, from the side of the answers by V0014.
--
-- Why it is safe under concurrency: whoever changes a contact's state holds its row until commit, and nobody
-- opens a call without that row (V0012). What else is read here is final once it is true: an outcome, an
-- answer, a campaign's max_attempts.


create or replace function voicesurvey_rules.check_contact_transition()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if old.state <> 'in_progress' then
    if new.state <> old.state
      and not (
        (old.state in ('pending', 'not_reached') and new.state in ('in_progress', 'excluded'))
        or (old.state = 'not_reached' and new.state = 'pending')
      )
    then
      if new.do_not_call and old.state = 'excluded' and new.state in ('pending', 'in_progress', 'not_reached') then
        new.state := 'excluded';
      else
        perform voicesurvey_rules.raise_violation(
          'states_of_a_contact_come_in_order',
          'contacts',
          'A contact waits, is called, and waits again or ends; completed, refused and excluded are final.',
          format('Contact %s, from %s to %s.', old.id, old.state, new.state),
          'Read the contact again: another call, or an exclusion, may have come first.'
        );
      end if;
    end if;
  end if;

  if new.attempts_count - old.attempts_count not in (0, 1) then
    perform voicesurvey_rules.raise_violation(
      'attempts_count_goes_up_by_one',
      'contacts',
      'A contact''s attempts_count goes up by one with each attempt, and never falls.',
      format('Contact %s.', old.id),
      'Set it to one more than it was.'
    );
  end if;

  return new;
end
$function$;

comment on function voicesurvey_rules.check_contact_transition() is
  'Refuses a state that does not follow, and a count that does not go up by one; leaves a contact with '
  'do_not_call excluded.';

create or replace function voicesurvey_rules.check_contact_against_calls()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  found_now record;
  wrong text;
begin
  -- The usual course, by one look at one index, and one at the answers. A change that came later in this
  -- transaction is looked at by itself.
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

  -- An exclusion needs no call to bear it out.
  if (new.state = old.state or new.state = 'excluded')
    and new.attempts_count = old.attempts_count
    and new.last_outcome is not distinct from old.last_outcome
  then
    return null;
  end if;

  -- The contact as it is now, with its latest attempt; an update in between has been overtaken.
  select
    contact.state,
    contact.attempts_count,
    contact.last_outcome,
    campaign.max_attempts,
    latest.attempt_number,
    latest.ended_at,
    latest.outcome
  into found_now
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
    perform voicesurvey_rules.raise_violation(
      'attempts_count_follows_the_attempts',
      'contacts',
      'A contact''s attempts_count follows its attempts.',
      format('Contact %s.', new.id),
      'Insert the attempt of that number in the same transaction.'
    );
  end if;

  -- A new call is looked at by its outcome also where the state was left as it was.
  if new.state <> old.state or new.attempts_count <> old.attempts_count then
    wrong := case found_now.state
      when 'in_progress' then
        case
          when found_now.attempt_number is null
            or found_now.ended_at is not null
            or found_now.attempt_number <> found_now.attempts_count
          then 'A contact is in progress only while its latest attempt is open.'
        end
      when 'completed' then
        case
          when found_now.outcome is distinct from 'completed'
            or not exists (select from public.survey_responses where contact_id = new.id)
          then 'A contact is completed only by a completed call, with its answers.'
        end
      when 'refused' then
        case
          when found_now.outcome is distinct from 'refused'
          then 'A contact has refused only when its latest call ended so.'
        end
      when 'excluded' then null
      else
        case
          when found_now.attempt_number is not null
            and (found_now.outcome is null or found_now.outcome in ('completed', 'refused'))
          then 'A contact waits again or is not reached only when its latest call ended without an answer.'
          when found_now.state = 'pending' and found_now.attempts_count >= found_now.max_attempts
          then 'A contact whose attempts are used up does not wait for another.'
          when found_now.state = 'not_reached' and found_now.attempts_count = 0
          then 'A contact who was never called is not one who was not reached.'
        end
    end;

    if wrong is not null then
      perform voicesurvey_rules.raise_violation(
        tg_name,
        'contacts',
        wrong,
        format('Contact %s, now %s after %s attempts.', new.id, found_now.state, found_now.attempts_count),
        'Write contact, attempt and answers of one step in one transaction.'
      );
    end if;
  end if;

  if new.last_outcome is distinct from old.last_outcome
    and found_now.last_outcome is not null
    and found_now.last_outcome is distinct from (
      select outcome
      from public.call_attempts
      where contact_id = new.id
        and outcome is not null
      order by attempt_number desc
      limit 1
    )
  then
    perform voicesurvey_rules.raise_violation(
      'last_outcome_is_that_of_the_latest_call',
      'contacts',
      'A contact''s last outcome is that of its latest call that has ended.',
      format('Contact %s.', new.id),
      'Write the outcome to the attempt in the same transaction.'
    );
  end if;

  return null;
end
$function$;

comment on function voicesurvey_rules.check_contact_against_calls() is
  'Refuses a state, a count or a last outcome of a contact that its attempts and answers do not bear out.';

revoke execute on function voicesurvey_rules.check_contact_against_calls() from public;


create or replace trigger a_contact_begins_pending_or_excluded
  after insert on public.contacts
  for each row
  when (new.state not in ('pending', 'excluded') or new.attempts_count <> 0)
  execute function voicesurvey_rules.reject_change(
    'a_contact_begins_pending_or_excluded',
    'A contact begins pending, or excluded, and has not been called.',
    'Import it as pending; attempts and outcomes come with its calls.'
  );

create or replace trigger a_contact_never_changes_campaign
  before update of campaign_id on public.contacts
  for each row
  when (old.campaign_id <> new.campaign_id)
  execute function voicesurvey_rules.reject_change(
    'a_contact_never_changes_campaign',
    'A contact never changes campaign.',
    'Import the person to the other campaign.'
  );

create or replace trigger a_contact_goes_through_its_life_in_order
  before update of state, attempts_count on public.contacts
  for each row
  execute function voicesurvey_rules.check_contact_transition();

drop trigger if exists a_contact_agrees_with_its_calls on public.contacts;
create constraint trigger a_contact_agrees_with_its_calls
  after update of state, attempts_count, last_outcome on public.contacts
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_contact_against_calls();

comment on trigger a_contact_begins_pending_or_excluded on public.contacts is
  'Rule 10: a contact begins pending, or excluded, and has not been called.';
comment on trigger a_contact_never_changes_campaign on public.contacts is
  'Rule 10: a contact never changes campaign.';
comment on trigger a_contact_goes_through_its_life_in_order on public.contacts is
  'Rules 2 and 10: pending, in progress, and then completed, refused, not reached or pending again; '
  'excluded from any state that is not final; attempts_count never falls.';
comment on trigger a_contact_agrees_with_its_calls on public.contacts is
  'Rules 2, 6 and 10: a contact''s state, count and last outcome are those of its attempts and answers.';
