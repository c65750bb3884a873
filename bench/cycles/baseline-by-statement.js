// @ts-check
import { randomUUID } from 'node:crypto';
import { ANSWERS, CONFIDENCES } from '../workload/answers.js';
import { takeTenCalls } from './ten-calls.js';

/**
 * Writes the rows of completed calls in the transactions of the API, as a service does that has no functions: one
 * statement for each table, and each a round trip. Statements find their rows by their keys, which the program knows. It
 * needs a database without triggers.
 *
 * @param {import('./ten-calls.js').Contact[]} contacts the contacts to call; a call takes them from the end
 * @param {string} templateId
 * @returns {(query: import('./rate.js').Query) => Promise<number>} carries ten calls, and returns their number
 */
export function callsByStatement(contacts, templateId) {
  return async (query) => {
    const { calls, column } = takeTenCalls(contacts);
    await query('begin');
    await query(CLAIM, [column('contact')]);
    await query(INSERT_ATTEMPTS, [column('attempt'), column('contact'), column('campaign')]);
    await query('commit');

    for (const { contact, campaign, attempt, event } of calls) {
      await query('update call_attempts set answered_at = now() where id = $1', [attempt]);

      await query('begin');
      await query("update call_attempts set ended_at = now(), outcome = 'completed' where id = $1", [
        attempt,
      ]);
      await query(INSERT_ANSWERS, [contact, campaign, attempt, ...ANSWERS, ...CONFIDENCES]);
      await query("update contacts set state = 'completed', last_outcome = 'completed' where id = $1", [
        contact,
      ]);
      await query(INSERT_EVENT, [event, campaign, contact, attempt]);
      await query('insert into voicesurvey.email_queue (event_id) values ($1)', [event]);
      await query('commit');
    }

    await query('begin');
    await query(INSERT_EMAILS, [
      column('notification'),
      column('event'),
      column('contact'),
      column('campaign'),
      column('email'),
      templateId,
    ]);
    await query(LEASE_EMAILS, [column('notification'), column('event')]);
    await query('commit');

    for (const { event, notification } of calls) {
      await query('begin');
      await query("update email_notifications set status = 'sent', provider_message_id = $2 where id = $1", [
        notification,
        randomUUID(),
      ]);
      await query('delete from voicesurvey.email_queue where event_id = $1', [event]);
      await query('commit');
    }
    return calls.length;
  };
}

const CLAIM = `
  update contacts
  set state = 'in_progress', attempts_count = attempts_count + 1, last_attempt_at = now()
  where id = any ($1)`;

const INSERT_ATTEMPTS = `
  insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id)
  select id, contact_id, campaign_id, 1, id::text
  from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as call (id, contact_id, campaign_id)`;

const INSERT_ANSWERS = `
  insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer,
    q1_confidence, q2_confidence, q3_confidence)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

const INSERT_EVENT = `
  insert into events (id, event_type, campaign_id, contact_id, call_attempt_id)
  values ($1, 'survey.completed', $2, $3, $4)`;

const INSERT_EMAILS = `
  insert into email_notifications (id, event_id, contact_id, campaign_id, to_email, template_id)
  select id, event_id, contact_id, campaign_id, to_email, $6
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[])
    as email (id, event_id, contact_id, campaign_id, to_email)`;

const LEASE_EMAILS = `
  update voicesurvey.email_queue as queue
  set notification_id = email.id, due_at = now() + interval '5 minutes', sends_count = sends_count + 1
  from unnest($1::uuid[], $2::uuid[]) as email (id, event_id)
  where queue.event_id = email.event_id`;
