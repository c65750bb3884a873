// @ts-check
import { randomUUID } from 'node:crypto';

/**
 * A contact to be called.
 *
 * @typedef {object} Contact
 * @property {string} id
 * @property {string} campaignId
 * @property {string} email
 */

/**
 * One full call, as three services write it: the scheduler claims a contact whose id it has read before, the
 * provider's webhooks tell its key and that somebody answered, dialogue writes the end of it in one transaction, and
 * the mailer, who has heard of the event, writes the notification and that it was sent. Ten statements of one row
 * each, found by its key, in six transactions.
 *
 * @param {import('pg').Client} client
 * @param {Contact} contact
 * @param {string} templateId
 * @param {boolean} isPrepared whether the statements have names, so that the server reads and plans each once for a session
 */
export async function callCycle(client, { id, campaignId, email }, templateId, isPrepared) {
  const attempt = randomUUID();
  const event = randomUUID();
  const notification = randomUUID();
  const run = (/** @type {keyof typeof STATEMENTS} */ name, /** @type {readonly string[]} */ values) =>
    client.query({ name: isPrepared ? name : undefined, text: STATEMENTS[name], values: [...values] });

  await client.query('begin');
  await run('claim', [id]);
  await run('dial', [attempt, id, campaignId]);
  await client.query('commit');

  await run('placed', [attempt, `provider ${attempt}`]);
  await run('answered', [attempt]);

  await client.query('begin');
  await run('ended', [attempt]);
  await run('answers', [id, campaignId, attempt]);
  await run('completed', [id]);
  await run('told', [event, campaignId, id, attempt]);
  await client.query('commit');

  await run('written', [notification, event, id, campaignId, templateId, email]);
  await run('sent', [notification]);
}

const STATEMENTS = {
  claim: `update contacts
    set state = 'in_progress', attempts_count = attempts_count + 1, last_attempt_at = now()
    where id = $1 and state = 'pending'`,
  dial: `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id)
    values ($1, $2, $3, 1, $1::uuid::text)`,
  placed: 'update call_attempts set provider_call_id = $2 where id = $1',
  answered: 'update call_attempts set answered_at = clock_timestamp() where id = $1',
  ended: `update call_attempts
    set ended_at = clock_timestamp(), outcome = 'completed', provider_raw_status = 'completed'
    where id = $1`,
  answers: `insert into survey_responses
      (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, q1_confidence, q2_confidence, q3_confidence)
    values ($1, $2, $3, 'The staff was kind.', '8', '4', 0.92, 0.97, 0.88)`,
  completed: `update contacts set state = 'completed', last_outcome = 'completed' where id = $1`,
  told: `insert into events (id, event_type, campaign_id, contact_id, call_attempt_id, payload)
    values ($1, 'survey.completed', $2, $3, $4, '{"source": "dialogue"}')`,
  written: `insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
    values ($1, $2, $3, $4, $5, $6)`,
  sent: `update email_notifications set status = 'sent', provider_message_id = $1::uuid::text where id = $1`,
};
