// @ts-check
import { randomBytes, randomUUID } from 'node:crypto';

/**
 * A contact to call.
 *
 * @typedef {{ id: string, campaignId: string, email: string }} Contact
 */

/**
 * What a baseline knows of a call before it claims it: the keys of all its rows.
 *
 * @typedef {object} Call
 * @property {string} contact
 * @property {string} campaign
 * @property {string} email
 * @property {string} attempt
 * @property {string} event
 * @property {string} notification
 */

/**
 * Takes ten contacts from the end of a list, and makes the ids of their calls.
 *
 * @param {Contact[]} contacts
 * @returns {{ calls: Call[], column: (name: keyof Call) => string[] }} `column` is one value of all calls
 */
export function takeTenCalls(contacts) {
  const calls = contacts.splice(-10).map(({ id, campaignId, email }) => ({
    contact: id,
    campaign: campaignId,
    email,
    attempt: timeOrderedId(),
    event: timeOrderedId(),
    notification: randomUUID(),
  }));
  if (calls.length < 10) throw new Error('The baseline has no contacts left to call.');
  return { calls, column: (name) => calls.map((call) => call[name]) };
}

/** An id as the database makes those of attempts and events: uuid version 7. */
function timeOrderedId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
