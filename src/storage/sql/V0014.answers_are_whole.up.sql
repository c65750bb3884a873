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
-- Deleting answers is an erasure and is not refused.
--
-- Safe on a live table: a trigger is the blink of a catalog change. Two tables are held at once, so a lock
-- is waited for no longer than 2 s: who writes the first waits for both.


create or replace function public.check_answers()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
declare
  a_number constant text := '^\s*[-+]?([0-9]+([.,][0-9]+)?|[.,][0-9]+)\s*$';
  wrong text;
begin
  select
    case
      when attempt.contact_id <> contact.id or new.campaign_id <> contact.campaign_id
      then 'Answers belong to the contact, the campaign and a call of the contact.'
      when attempt.outcome is distinct from 'completed'
      then 'Answers exist only for a completed call.'
      when contact.state <> 'completed'
      then 'A contact with answers is completed.'
      when new.completed_at < attempt.answered_at
      then 'The last question is answered after the call was.'
      when (campaign.question_1_type <> 'free_text' and new.q1_answer !~ a_number)
        or (campaign.question_2_type <> 'free_text' and new.q2_answer !~ a_number)
        or (campaign.question_3_type <> 'free_text' and new.q3_answer !~ a_number)
      then 'The answer to a numeric or scale question is a number.'
    end
  into wrong
  from public.call_attempts as attempt
  join public.contacts as contact
    on contact.id = new.contact_id
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  where attempt.id = new.call_attempt_id;

  -- Answers that were erased again are nobody's concern.
  if wrong is not null and exists (select from public.survey_responses where id = new.id) then
    perform public.refuse(
      tg_name,
      'survey_responses',
      wrong,
      format('Response %s of contact %s, attempt %s.', new.id, new.contact_id, new.call_attempt_id),
      'Write answers, attempt and contact of the finished call in one transaction.'
    );
  end if;

  return null;
end
$function$;

comment on function public.check_answers() is
  'Refuses answers without a completed call and contact, and those that their questions do not allow.';


drop trigger if exists answers_are_of_a_completed_call on public.survey_responses;
create constraint trigger answers_are_of_a_completed_call
  after insert on public.survey_responses
  deferrable initially deferred
  for each row
  execute function public.check_answers();

create or replace trigger answers_are_final
  before update on public.survey_responses
  for each row
  when (old.* is distinct from new.*)
  execute function public.refuse_change(
    'Answers are final.',
    'Leave them as they were given.'
  );

comment on trigger answers_are_of_a_completed_call on public.survey_responses is
  'Rule 6: answers exist only for a completed call of a completed contact, and answer what was asked.';
comment on trigger answers_are_final on public.survey_responses is
  'Rule 6: answers are final.';

alter table public.survey_responses
  alter constraint response_belongs_to_a_call_attempt deferrable initially deferred;
