// @ts-check
import { randomUUID } from 'node:crypto';

/**
 * A contact to call.
 *
 * @typedef {object} Contact
 * @property {string} id
 * @property {string} campaignId
 * @property {string} email
 */

/**
 * Writes one full call that is answered and completed, as three services write it: ten statements in six transactions.
 * Each statement finds one row by its key.
 * 1. The scheduler claims a contact, whose id it has read before.
 * 2. The provider's webhooks report the provider's call id and that the contact answered.
 * 3. The dialogue service writes the end, the answers and the event in one transaction.
 * 4. The mailer writes the notification and later that the e-mail was sent.
 *
 * @param {import('pg').Client} client
 * @param {Contact} contact
 * @param {string} templateId
 * @param {boolean} isPrepared whether the statements have names, so that the server parses each once per session
 */
export async function callCycle(client, { id, campaignId, email }, templateId, isPrepared) {
  const attempt = randomUUID();
  const event = randomUUID();
  const notification = randomUUID();
  const run = (/** @type {keyof typeof STATEMENTS} */ name, /** @type {readonly string[]} */ values) =>
    client.query({ name: isPrepared ? name : undefined, text: STATEMENTS[name], values: [...values] });

  await client.query('begin');
  await run('claim contact', [id]);
  await run('insert attempt', [attempt, id, campaignId]);
  await client.query('commit');

  await run('set provider call id', [attempt, `provider ${attempt}`]);
  await run('set answered', [attempt]);

  await client.query('begin');
  await run('end attempt', [attempt]);
  await run('insert answers', [id, campaignId, attempt]);
  await run('complete contact', [id]);
  await run('insert event', [event, campaignId, id, attempt]);
  await client.query('commit');

  await run('insert notification', [notification, event, id, campaignId, templateId, email]);
  await run('set sent', [notification]);
}

const STATEMENTS = {
  'claim contact': `update contacts
    set state = 'in_progress', attempts_count = attempts_count + 1, last_attempt_at = now()
    where id = $1 and state = 'pending'`,
  'insert attempt': `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id)
    values ($1, $2, $3, 1, $1::uuid::text)`,
  'set provider call id': 'update call_attempts set provider_call_id = $2 where id = $1',
  'set answered': 'update call_attempts set answered_at = clock_timestamp() where id = $1',
  'end attempt': `update call_attempts
    set ended_at = clock_timestamp(), outcome = 'completed', provider_raw_status = 'completed'
    where id = $1`,
  'insert answers': `insert into survey_responses
      (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, q1_confidence, q2_confidence, q3_confidence)
    values ($1, $2, $3, 'The staff was kind.', '8', '4', 0.92, 0.97, 0.88)`,
  'complete contact': `update contacts set state = 'completed', last_outcome = 'completed' where id = $1`,
  'insert event': `insert into events (id, event_type, campaign_id, contact_id, call_attempt_id, payload)
    values ($1, 'survey.completed', $2, $3, $4, '{"source": "dialogue"}')`,
  'insert notification': `insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
    values ($1, $2, $3, $4, $5, $6)`,
  'set sent': `update email_notifications set status = 'sent', provider_message_id = $1::uuid::text where id = $1`,
};
