import { CLOCKS, duplicates } from './fragments.js';
import type { RowQuery } from './row-query.js';

/** The queries of rule 5: what a call and the rows about it record. */
export const FACT_QUERIES: readonly RowQuery[] = [
  {
    name: 'an_attempt_belongs_to_its_contacts_campaign',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt of another campaign than its contact, or without a contact',
    sql: `select attempt.id
from public.call_attempts as attempt
left join public.contacts as contact on contact.id = attempt.contact_id
where contact.campaign_id is distinct from attempt.campaign_id`,
  },
  {
    name: 'answers_belong_to_their_contacts_campaign',
    rule: 5,
    table: 'survey_responses',
    finds: 'answers of another campaign than their contact, or without a contact',
    sql: `select response.id
from public.survey_responses as response
left join public.contacts as contact on contact.id = response.contact_id
where contact.campaign_id is distinct from response.campaign_id`,
  },
  {
    name: 'an_event_belongs_to_its_contacts_campaign',
    rule: 5,
    table: 'events',
    finds: 'an event of another campaign than its contact, or without a contact',
    sql: `select event.id
from public.events as event
left join public.contacts as contact on contact.id = event.contact_id
where contact.campaign_id is distinct from event.campaign_id`,
  },
  {
    name: 'an_email_belongs_to_its_events_contact',
    rule: 5,
    table: 'email_notifications',
    finds: 'an e-mail with another contact or campaign than its event, or without an event',
    sql: `select email.id
from public.email_notifications as email
left join public.events as event on event.id = email.event_id
where (email.contact_id, email.campaign_id) is distinct from (event.contact_id, event.campaign_id)`,
  },
  {
    name: 'times_of_a_call_run_forward',
    rule: 5,
    table: 'call_attempts',
    finds: 'a call whose start, answer and end are infinite or not in this order',
    sql: `select id
from public.call_attempts
where answered_at < started_at
  or ended_at < started_at
  or ended_at < answered_at
  or not isfinite(started_at)
  or not isfinite(answered_at)
  or not isfinite(ended_at)`,
  },
  {
    name: 'times_of_a_call_are_not_in_the_future',
    rule: 5,
    table: 'call_attempts',
    finds: 'a call with a time in the future',
    sql: `select id
from public.call_attempts
where greatest(started_at, answered_at, ended_at) > now() + ${CLOCKS}`,
  },
  {
    name: 'call_has_an_outcome_exactly_when_it_has_ended',
    rule: 5,
    table: 'call_attempts',
    finds: 'a call with an outcome and no end, or an end and no outcome',
    sql: 'select id from public.call_attempts where (outcome is null) <> (ended_at is null)',
  },
  {
    name: 'outcome_agrees_with_answered_at',
    rule: 5,
    table: 'call_attempts',
    finds: 'a completed or refused call that was not answered, or a no_answer or busy call that was',
    sql: `select id
from public.call_attempts
where (outcome in ('completed', 'refused') and answered_at is null)
  or (outcome in ('no_answer', 'busy') and answered_at is not null)`,
  },
  {
    name: 'one_attempt_per_call_id',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt with the call_id of another attempt',
    sql: duplicates('call_attempts', 'call_id'),
  },
  {
    name: 'a_provider_call_id_is_used_once',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt with the provider_call_id of another attempt',
    sql: duplicates('call_attempts', 'provider_call_id', 'provider_call_id is not null'),
  },
  {
    name: 'metadata_is_an_object',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt whose metadata is JSON but not an object',
    sql: "select id from public.call_attempts where jsonb_typeof(metadata) <> 'object'",
  },
  {
    name: 'payload_is_an_object',
    rule: 5,
    table: 'events',
    finds: 'an event whose payload is JSON but not an object',
    sql: "select id from public.events where jsonb_typeof(payload) <> 'object'",
  },
];
