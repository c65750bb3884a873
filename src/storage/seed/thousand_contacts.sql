-- A campaign with a thousand synthetic contacts in every state, with their calls, answers, events, e-mails and transcripts.
--
-- It is for trying migrations over rows. It runs after seed.sql, into tables that do not have these rows yet. The calls
-- never happened, so it runs before the rules exist or with triggers disabled. Its rows still comply with every rule,
-- with one exception: a contact is pending although its number is listed, as was possible before V0013.
--
-- Telephone numbers and addresses are fictitious: +44 7700 900000 to 900999 are reserved for fiction, and example.com
-- is a reserved domain.
--
-- The last digit of a contact's number determines its state:
--   0 completed, with answers, an event, an e-mail and a transcript      3 pending after one call
--   1 refused, with an event                                            4 excluded, with do_not_call
--   2 not reached in three calls, with an event                         5 in a call (the first fifty) or excluded
--   6 to 9 pending, never called

set search_path = pg_catalog, pg_temp;


insert into public.campaigns (
  id,
  name,
  status,
  language,
  intro_script,
  question_1_text,
  question_1_type,
  question_2_text,
  question_2_type,
  question_3_text,
  question_3_type,
  email_completed_template_id,
  email_refused_template_id,
  email_not_reached_template_id,
  created_by_user_id
)
values (
  '5eed1004-0000-4000-8000-000000000001',
  'A thousand made-up contacts',
  'running',
  'en',
  'Hello, may I ask you three questions?',
  'How satisfied are you, from 1 to 10?',
  'scale',
  'How often do you use the service in a month?',
  'numeric',
  'What should we do better?',
  'free_text',
  '5eed0002-0000-4000-8000-000000000001',
  '5eed0002-0000-4000-8000-000000000003',
  '5eed0002-0000-4000-8000-000000000005',
  '5eed0001-0000-4000-8000-000000000002'
);

insert into public.contacts (
  id,
  campaign_id,
  external_contact_id,
  phone_number,
  email,
  preferred_language,
  has_prior_consent,
  do_not_call,
  state,
  attempts_count,
  last_attempt_at,
  last_outcome
)
select
  ('5eed1005-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid,
  '5eed1004-0000-4000-8000-000000000001',
  case when number % 3 <> 0 then 'MADE-UP-' || number end,
  '+447700900' || lpad(number::text, 3, '0'),
  case when number % 7 <> 6 or number % 10 = 0 then 'contact-' || number || '@example.com' end,
  (array['auto', 'en'])[1 + number % 2]::public.contact_language,
  number % 2 = 0,
  number % 10 = 4,
  life.state::public.contact_state,
  life.calls,
  timestamptz '2025-03-03 10:00+00' + make_interval(hours => 2 * (life.calls - 1), secs => number)
    * nullif(sign(life.calls), 0),
  life.last_outcome::public.contact_outcome
from generate_series(0, 999) as number
cross join lateral (
  select
    case number % 10
      when 0 then 'completed'
      when 1 then 'refused'
      when 2 then 'not_reached'
      when 4 then 'excluded'
      when 5 then case when number < 50 then 'in_progress' else 'excluded' end
      else 'pending'
    end as state,
    case number % 10
      when 0 then 1
      when 1 then 1
      when 2 then 3
      when 3 then 1
      when 5 then case when number < 50 then 1 else 0 end
      else 0
    end as calls,
    case number % 10
      when 0 then 'completed'
      when 1 then 'refused'
      when 2 then 'failed'
      when 3 then 'no_answer'
    end as last_outcome
) as life;

insert into public.call_attempts (
  id,
  contact_id,
  campaign_id,
  attempt_number,
  call_id,
  provider_call_id,
  started_at,
  answered_at,
  ended_at,
  outcome,
  provider_raw_status,
  metadata
)
select
  ('5eed1006-0000-4000-800' || call.number || substr(contact.id::text, 24))::uuid,
  contact.id,
  contact.campaign_id,
  call.number,
  'made-up-' || right(contact.phone_number, 3) || '-' || call.number,
  'provider-' || right(contact.phone_number, 3) || '-' || call.number,
  call.started_at,
  case when contact.state in ('completed', 'refused') then call.started_at + interval '5 seconds' end,
  case when contact.state <> 'in_progress' then call.started_at + interval '2 minutes' end,
  case
    when contact.state in ('completed', 'refused') then contact.last_outcome
    when contact.state <> 'in_progress' then (array['no_answer', 'busy', 'failed'])[call.number]::public.contact_outcome
  end,
  'made-up',
  '{"made_up": true}'
from public.contacts as contact
cross join lateral (
  select
    number,
    contact.last_attempt_at - make_interval(hours => 2 * (contact.attempts_count - number)) as started_at
  from generate_series(1, contact.attempts_count) as number
) as call
where contact.campaign_id = '5eed1004-0000-4000-8000-000000000001';

insert into public.survey_responses (
  contact_id,
  campaign_id,
  call_attempt_id,
  q1_answer,
  q2_answer,
  q3_answer,
  q1_confidence,
  q2_confidence,
  q3_confidence,
  completed_at
)
select
  contact_id,
  campaign_id,
  id,
  '8',
  '4',
  'Nothing, thank you.',
  0.99,
  0.75,
  null,
  ended_at
from public.call_attempts
where campaign_id = '5eed1004-0000-4000-8000-000000000001'
  and outcome = 'completed';

insert into public.transcript_snippets (
  call_attempt_id,
  transcript_text,
  language
)
select
  id,
  'Eight. About four times. Nothing, thank you.',
  'en'
from public.call_attempts
where campaign_id = '5eed1004-0000-4000-8000-000000000001'
  and outcome = 'completed';

insert into public.events (
  id,
  event_type,
  campaign_id,
  contact_id,
  call_attempt_id,
  payload
)
select
  ('5eed1007-0000-4000-8000' || substr(contact.id::text, 24))::uuid,
  ('survey.' || contact.state)::public.event_type,
  contact.campaign_id,
  contact.id,
  attempt.id,
  '{"made_up": true}'
from public.contacts as contact
join public.call_attempts as attempt
  on attempt.contact_id = contact.id
  and attempt.attempt_number = contact.attempts_count
where contact.campaign_id = '5eed1004-0000-4000-8000-000000000001'
  and contact.state in ('completed', 'refused', 'not_reached');

insert into public.email_notifications (
  event_id,
  contact_id,
  campaign_id,
  template_id,
  to_email,
  status,
  provider_message_id
)
select
  event.id,
  contact.id,
  contact.campaign_id,
  '5eed0002-0000-4000-8000-000000000001',
  contact.email,
  (array['sent', 'pending', 'failed'])[1 + (row_number() over (order by contact.id))::integer % 3]::public.email_status,
  'made-up-' || right(contact.phone_number, 3)
from public.events as event
join public.contacts as contact
  on contact.id = event.contact_id
where event.campaign_id = '5eed1004-0000-4000-8000-000000000001'
  and event.event_type = 'survey.completed';


reset search_path;
