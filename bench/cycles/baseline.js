// @ts-check
import { randomUUID } from 'node:crypto';
import { ANSWERS, CONFIDENCES } from '../workload/answers.js';
import { takeTenCalls } from './ten-calls.js';

/**
 * Writes the rows of completed calls in the transactions of the API, each in one statement and so in one round trip: the
 * least that PostgreSQL and `pg` need. Statements find their rows by their keys, which the program knows. It needs a database
 * without triggers.
 *
 * @param {import('./ten-calls.js').Contact[]} contacts the contacts to call; a call takes them from the end
 * @param {string} templateId
 * @returns {(query: import('./rate.js').Query) => Promise<number>} carries ten calls, and returns their number
 */
export function callsOfBaseline(contacts, templateId) {
  return async (query) => {
    const { calls, column } = takeTenCalls(contacts);
    await query(CLAIM, [column('contact'), column('attempt')]);
    for (const { contact, campaign, attempt, event } of calls) {
      await query(ANSWER, [attempt]);
      await query(FINISH, [attempt, contact, campaign, event, ...ANSWERS, ...CONFIDENCES]);
    }
    await query(CLAIM_EMAILS, [
      column('notification'),
      column('event'),
      column('contact'),
      column('campaign'),
      column('email'),
      templateId,
    ]);
    for (const { event, notification } of calls) await query(SEND_EMAIL, [notification, randomUUID(), event]);
    return calls.length;
  };
}

const CLAIM = `
  with claimed as (
    update contacts
    set state = 'in_progress', attempts_count = attempts_count + 1, last_attempt_at = now()
    from unnest($1::uuid[], $2::uuid[]) as call (contact_id, attempt_id)
    where id = contact_id
    returning attempt_id, id, campaign_id, attempts_count
  )
  insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id)
  select attempt_id, id, campaign_id, attempts_count, attempt_id::text
  from claimed
  returning id, call_id`;

const ANSWER = 'update call_attempts set answered_at = now() where id = $1';

const FINISH = `
  with ended as (
    update call_attempts set ended_at = now(), outcome = 'completed' where id = $1
  ),
  answered as (
    insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer,
      q1_confidence, q2_confidence, q3_confidence)
    values ($2, $3, $1, $5, $6, $7, $8, $9, $10)
  ),
  completed as (
    update contacts set state = 'completed', last_outcome = 'completed' where id = $2
  ),
  announced as (
    insert into events (id, event_type, campaign_id, contact_id, call_attempt_id)
    values ($4, 'survey.completed', $3, $2, $1)
  )
  insert into voicesurvey.email_queue (event_id) values ($4)`;

const CLAIM_EMAILS = `
  with email as (
    insert into email_notifications (id, event_id, contact_id, campaign_id, to_email, template_id)
    select id, event_id, contact_id, campaign_id, to_email, $6
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[])
      as email (id, event_id, contact_id, campaign_id, to_email)
    returning id, event_id
  )
  update voicesurvey.email_queue as queue
  set notification_id = email.id, due_at = now() + interval '5 minutes', sends_count = sends_count + 1
  from email
  where queue.event_id = email.event_id`;

const SEND_EMAIL = `
  with sent as (
    update email_notifications set status = 'sent', provider_message_id = $2 where id = $1
  )
  delete from voicesurvey.email_queue where event_id = $3`;
