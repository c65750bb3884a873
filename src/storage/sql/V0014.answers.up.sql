-- migrate: lock-timeout 2s
--
-- V0014: answers are whole and final (rule 6).
--
-- They are looked at when the transaction commits: dialogue writes answers, attempt and contact in any order,
-- and the attempt that it names may come after them, so that foreign key is checked at commit too.
--
-- Why it is safe under concurrency: outcome, state and question types are final once they are as they must
-- be here. A contact that is being excluded holds its row until commit, and cannot be completed after.
--
-- Deleting answers is an erasure and is not refused; but they are not given again, for which the contact is noted
-- in a table of its own, before they go, so that a function which the same statement calls finds the note. A
-- transaction whose snapshot may be older than that takes the place in it and gives it back: it fails with 40001
-- where somebody was there. Nor can a contact be completed by answers that go before they are looked at (V0009
-- asks whether they are there, and the completed call).
--
-- Safe on a live table: a trigger is the blink of a catalog change. Three tables are held at once, so a lock
-- is waited for no longer than 2 s: who writes the first waits for all.


create table if not exists voicesurvey_rules.erased_answers (
  contact_id uuid not null,

  constraint answers_are_erased_once
    primary key (contact_id)
);

comment on table voicesurvey_rules.erased_answers is
  'Contacts whose answers were erased while they stayed. Written by record_erased_answers.';
comment on column voicesurvey_rules.erased_answers.contact_id is
  'The contact. Written by record_erased_answers.';

create or replace function voicesurvey_rules.check_answers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  -- Without a backslash: what that means in a text is a setting of the session.
  a_number constant text := '^[[:space:]]*[-+]?([0-9]+([.,][0-9]+)?|[.,][0-9]+)[[:space:]]*$';
  called uuid;
  called_in uuid;
  is_given_back boolean;
  wrong text;
begin
  -- The snapshot may be older than an erasure. "on conflict" fails with 40001 where it meets a row that came later.
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    insert into voicesurvey_rules.erased_answers (contact_id)
    select id
    from public.contacts
    where id = new.contact_id
    on conflict do nothing
    returning true
    into is_given_back;

    if is_given_back then
      delete from voicesurvey_rules.erased_answers
      where contact_id = new.contact_id;
    end if;
  end if;

  -- The usual course, by one look at each row.
  select contact_id
  into called
  from public.call_attempts
  where id = new.call_attempt_id
    and contact_id = new.contact_id
    and outcome = 'completed'
    and answered_at <= new.completed_at;

  select campaign_id
  into called_in
  from public.contacts
  where id = called
    and campaign_id = new.campaign_id
    and state = 'completed';

  perform
  from public.campaigns
  where id = called_in
    and (question_1_type = 'free_text' or new.q1_answer ~ a_number)
    and (question_2_type = 'free_text' or new.q2_answer ~ a_number)
    and (question_3_type = 'free_text' or new.q3_answer ~ a_number)
    and not exists (
      select
      from voicesurvey_rules.erased_answers
      where contact_id = called
    );

  if found then
    return null;
  end if;

  select
    case
      when exists (
        select
        from voicesurvey_rules.erased_answers
        where contact_id = contact.id
      )
      then 'Answers are final; such that were erased are not given again.'
      when attempt.contact_id <> contact.id or new.campaign_id <> contact.campaign_id
      then 'Answers belong to the contact, the campaign and a call of the contact.'
      when attempt.outcome is distinct from 'completed'
      then 'Answers exist only for a completed call.'
      when contact.state <> 'completed'
      then 'A contact with answers is completed.'
      when new.completed_at < attempt.answered_at - interval '60 seconds'
        and new.completed_at <> now()
      then 'The last question is answered after the call was.'
      when (campaign.question_1_type <> 'free_text' and new.q1_answer !~ a_number)
        or (campaign.question_2_type <> 'free_text' and new.q2_answer !~ a_number)
        or (campaign.question_3_type <> 'free_text' and new.q3_answer !~ a_number)
      then 'The answer to a numeric or scale question is a number.'
    end
  into wrong
  from public.contacts as contact
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  left join public.call_attempts as attempt
    on attempt.id = new.call_attempt_id
  where contact.id = new.contact_id;

  -- Answers that were erased again are nobody's concern.
  if wrong is not null then
    if exists (select from public.survey_responses where id = new.id) then
      perform voicesurvey_rules.raise_violation(
        tg_name,
        'survey_responses',
        wrong,
        format('Response %s of contact %s, attempt %s.', new.id, new.contact_id, new.call_attempt_id),
        'Write answers, attempt and contact of the finished call in one transaction.'
      );
    end if;
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.record_erased_answers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
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
  delete from voicesurvey_rules.erased_answers
  where contact_id in (select id from deleted);

  return null;
end
$function$;

comment on function voicesurvey_rules.check_answers() is
  'Refuses answers without a completed call and contact, and those that their questions do not allow.';

comment on function voicesurvey_rules.delete_erased_answers() is
  'Deletes the record of erased answers together with their contact.';
comment on function voicesurvey_rules.record_erased_answers() is
  'Notes a contact who stays while the answers are deleted, so that they are not given again.';

revoke execute on function
  voicesurvey_rules.check_answers(),
  voicesurvey_rules.record_erased_answers(),
  voicesurvey_rules.delete_erased_answers()
from public;


create or replace trigger erased_answers_are_deleted_with_their_contact
  after delete on public.contacts
  referencing old table as deleted
  for each statement
  execute function voicesurvey_rules.delete_erased_answers();

comment on trigger erased_answers_are_deleted_with_their_contact on public.contacts is
  'Rule 12: no record of an erased person remains.';


drop trigger if exists answers_are_of_a_completed_call on public.survey_responses;
create constraint trigger answers_are_of_a_completed_call
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
    'Leave them as they were given.'
  );

create or replace trigger erased_answers_stay_erased
  before delete on public.survey_responses
  for each row
  execute function voicesurvey_rules.record_erased_answers();

comment on trigger answers_are_of_a_completed_call on public.survey_responses is
  'Rule 6: answers exist only for a completed call of a completed contact, and answer what was asked.';
comment on trigger answers_are_final on public.survey_responses is
  'Rule 6: answers are final.';
comment on trigger erased_answers_stay_erased on public.survey_responses is
  'Rule 6: answers are final; they may be erased, and are not given again.';

alter table public.survey_responses
  alter constraint response_belongs_to_a_call_attempt deferrable initially deferred;
