-- migrate: lock-timeout 2s
--
-- V0014: answers are complete and final (rule 6).
--
-- A deferred constraint trigger (V0009) checks answers at commit, because a service may write answers, attempt and
-- contact in any order. The attempt that the answers name may be inserted after them, so that foreign key becomes
-- deferred too. What a person said is never rejected for its form: the types of the questions are not read here.
--
-- Deleting answers is an erasure and is never rejected. Erased answers are not given again: the contact is recorded
-- in a table before its answers are deleted, so that a function which the same statement calls finds the record. A
-- contact cannot be completed by answers that are deleted before the check either, since V0009 checks that they and
-- the completed call are there.
--
-- Safe under concurrency: the outcome and the state that answers need are final. A transaction that excludes the
-- contact locks its row until it commits, and the contact cannot be completed after that. At the stricter isolation
-- levels, an erasure may be newer than the snapshot. There, the check inserts a probe into the table of erased answers
-- and deletes it again; it fails with 40001 if it meets a record that was committed after the snapshot.
--
-- Safe on a live table: creating a trigger changes only the catalog. Contacts and survey_responses are locked
-- together, in the order in which services write them. A statement waits at most 2 s for its lock, since writers of
-- the tables that are already locked wait too. The table of erased answers has no foreign key to contacts, whose check
-- would be one more lock for each erasure; a trigger deletes its rows.

set search_path = pg_catalog, pg_temp;


create table if not exists voicesurvey_rules.erased_answers (
  contact_id uuid not null,

  constraint erased_answers_are_recorded_once_per_contact
    primary key (contact_id)
);

comment on table voicesurvey_rules.erased_answers is
  'Contacts whose answers were erased while the contact stayed. Written by record_erased_answers; deleted together '
  'with the contact.';
comment on column voicesurvey_rules.erased_answers.contact_id is
  'The contact. Written by record_erased_answers.';

create or replace function voicesurvey_rules.check_answers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  called uuid;
  called_contact record;
  is_probe_inserted boolean;
  broken text;
  message text;
  hint text;
begin
  if tg_relid <> 'public.survey_responses'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The probe: see the header.
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    insert into voicesurvey_rules.erased_answers (contact_id)
    select id
    from public.contacts
    where id = new.contact_id
    on conflict do nothing
    returning true
    into is_probe_inserted;

    if is_probe_inserted then
      delete from voicesurvey_rules.erased_answers
      where contact_id = new.contact_id;
    end if;
  end if;

  -- The usual path: one look-up per row. The contact is read by its key alone: a plan that was made before the first contact
  -- was completed would otherwise search all completed contacts of the campaign.
  select contact_id
  into called
  from public.call_attempts
  where id = new.call_attempt_id
    and contact_id = new.contact_id
    and outcome = 'completed'
    and answered_at <= new.completed_at;

  select campaign_id, state
  into called_contact
  from public.contacts
  where id = called;

  perform
  from voicesurvey_rules.erased_answers
  where contact_id = called;

  if not found and called_contact.campaign_id = new.campaign_id and called_contact.state = 'completed' then
    return null;
  end if;

  select
    case
      when exists (
        select
        from voicesurvey_rules.erased_answers
        where contact_id = contact.id
      )
      then 'erased_answers_stay_erased'
      when new.campaign_id <> contact.campaign_id then 'answers_belong_to_their_contacts_campaign'
      when attempt.contact_id <> contact.id then 'answers_belong_to_a_call_of_their_contact'
      when attempt.outcome is distinct from 'completed' then 'answers_belong_to_a_completed_call'
      when contact.state <> 'completed' then 'a_contact_with_answers_is_completed'
      when new.completed_at < attempt.answered_at - interval '60 seconds'
        and new.completed_at <> now()
      then 'answers_are_given_after_the_call_was_answered'
    end
  into broken
  from public.contacts as contact
  left join public.call_attempts as attempt
    on attempt.id = new.call_attempt_id
  where contact.id = new.contact_id;

  -- Answers that were erased again in this transaction are not judged.
  if broken is null or not exists (select from public.survey_responses where id = new.id) then
    return null;
  end if;

  select refusal.message, refusal.hint
  into message, hint
  from (
    values
      (
        'erased_answers_stay_erased',
        'Answers that were erased are not given again.',
        'Do not insert answers for this contact. To survey the person again, use another campaign.'
      ),
      (
        'answers_belong_to_their_contacts_campaign',
        'Answers belong to the campaign of their contact.',
        'Take campaign_id from the contact.'
      ),
      (
        'answers_belong_to_a_call_of_their_contact',
        'Answers belong to a call of their contact.',
        'Set call_attempt_id to the contact''s attempt that succeeded.'
      ),
      (
        'answers_belong_to_a_completed_call',
        'Answers exist only for a call that ended completed.',
        'End the call with outcome completed in the same transaction.'
      ),
      (
        'a_contact_with_answers_is_completed',
        'A contact with answers is completed.',
        'Set the contact''s state to completed in the same transaction. Do not keep the answers of an excluded contact.'
      ),
      (
        'answers_are_given_after_the_call_was_answered',
        'The answers of a call are completed after the call was answered.',
        'Set completed_at to the time of the last answer, or leave it out.'
      )
  ) as refusal (rule, message, hint)
  where refusal.rule = broken;

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = 'survey_responses',
    constraint = broken,
    message = message,
    detail = format('Response %s of contact %s, attempt %s.', new.id, new.contact_id, new.call_attempt_id),
    hint = hint;
end
$function$;

create or replace function voicesurvey_rules.record_erased_answers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.survey_responses'::regclass or tg_when <> 'BEFORE' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  insert into voicesurvey_rules.erased_answers (contact_id)
  select id
  from public.contacts
  where id = old.contact_id
  on conflict do nothing;

  return old;
end
$function$;

create or replace function voicesurvey_rules.delete_erased_answers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  delete from voicesurvey_rules.erased_answers
  where contact_id in (select id from deleted);

  return null;
end
$function$;

comment on function voicesurvey_rules.check_answers() is
  'Rejects answers that do not belong to a completed call of a completed contact, and answers that were erased before.';
comment on function voicesurvey_rules.record_erased_answers() is
  'Records a contact whose answers are deleted while it stays, so that they are not given again.';
comment on function voicesurvey_rules.delete_erased_answers() is
  'Deletes the record of erased answers together with their contact.';

revoke execute on function
  voicesurvey_rules.check_answers(),
  voicesurvey_rules.record_erased_answers(),
  voicesurvey_rules.delete_erased_answers()
from public;


-- contacts

create or replace trigger erased_answers_are_deleted_with_their_contact
  after delete on public.contacts
  referencing old table as deleted
  for each statement
  execute function voicesurvey_rules.delete_erased_answers();

comment on trigger erased_answers_are_deleted_with_their_contact on public.contacts is
  'Rule 12: no record of an erased person remains.';


-- survey_responses

drop trigger if exists answers_agree_with_their_call_and_contact on public.survey_responses;
create constraint trigger answers_agree_with_their_call_and_contact
  after insert on public.survey_responses
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_answers();

create or replace trigger answers_are_final
  before update on public.survey_responses
  for each row
  when (old.* is distinct from new.*)
  execute function voicesurvey_rules.reject_change(
    'answers_are_final',
    'Answers are final.',
    'Leave the answers as they are. To erase them, delete the row.'
  );

create or replace trigger erased_answers_stay_erased
  before delete on public.survey_responses
  for each row
  execute function voicesurvey_rules.record_erased_answers();

comment on trigger answers_agree_with_their_call_and_contact on public.survey_responses is
  'Rule 6: answers exist only for a completed call of a completed contact.';
comment on trigger answers_are_final on public.survey_responses is
  'Rule 6: answers are final.';
comment on trigger erased_answers_stay_erased on public.survey_responses is
  'Rule 6: answers may be erased, and no answers are recorded for that contact again.';

alter table public.survey_responses
  alter constraint response_belongs_to_a_call_attempt deferrable initially deferred;
