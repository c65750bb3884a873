// @ts-check
import { randomUUID } from 'node:crypto';
import { ANSWERS, CONFIDENCES } from './answers.js';

/**
 * Carries ten calls from their claim to their sent e-mails, through the API. Each of the services makes its call of the
 * API for one of them, the scheduler and the mailer claim all ten.
 *
 * @param {import('../cycles/rate.js').Query} query
 * @returns {Promise<number>} the number of e-mails that were sent
 */
export async function callsThroughApi(query) {
  const calls = await query('select call_id from voicesurvey.claim_calls(10)');
  if (calls.length === 0) throw new Error('claim_calls found no contact to call.');
  for (const { call_id: call } of calls) {
    await query('select * from voicesurvey.record_answered($1)', [call]);
    await query("select * from voicesurvey.finish_call($1, 'completed', answers => $2, confidences => $3)", [
      call,
      ANSWERS,
      CONFIDENCES,
    ]);
  }
  const emails = await query("select * from voicesurvey.claim_emails(10, '5 minutes')");
  for (const { notification_id: notification } of emails) {
    await query('select voicesurvey.email_sent($1, $2)', [notification, randomUUID()]);
  }
  return emails.length;
}
