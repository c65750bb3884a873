// @ts-check
import { callCycle } from '../workload/call-cycle.js';
import { importContacts, insertImportCampaign } from '../workload/contact-import.js';

/**
 * Sessions that write until they are stopped.
 *
 * @typedef {object} Writers
 * @property {() => Promise<void>} stop waits until each has finished what it does
 * @property {Record<string, number>} counts how often each kind of work was done, and the errors by their SQLSTATE
 */

/**
 * Starts the load of a database in use, each kind of work in a separate session: call cycles in two sessions, uploads of
 * 1,000 contacts, additions to the exclusion list, the dashboard's changes and the dashboard's counts.
 *
 * @param {() => Promise<import('pg').Client>} connect
 * @param {{ campaignId: string, templateId: string }} campaign a running campaign
 * @returns {Promise<Writers>}
 */
export async function startWriters(connect, { campaignId, templateId }) {
  let isRunning = true;
  /** @type {Record<string, number>} */
  const counts = {};
  const count = (/** @type {string} */ kind) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  const { rows: dueContacts } = await (await connect()).query(
    `select id, campaign_id as "campaignId", email from contacts where state = 'pending' and campaign_id = $1 limit 100000`,
    [campaignId],
  );
  /** @type {Record<string, (client: import('pg').Client, round: number) => Promise<unknown>>} */
  const work = {
    'calls, 1st session': (client) => callCycle(client, dueContacts.pop(), templateId, true),
    'calls, 2nd session': (client) => callCycle(client, dueContacts.pop(), templateId, true),
    'uploads of 1,000': async (client) =>
      importContacts(client, await insertImportCampaign(client), 1000, 1000),
    exclusions: (client, round) =>
      client.query(
        `insert into exclusion_list_entries (phone_number) values ('+4477${String(round).padStart(8, '0')}')`,
      ),
    'changes of the dashboard': async (client, round) => {
      await client.query('update campaigns set description = $2 where id = $1', [
        campaignId,
        `Round ${round}`,
      ]);
      await client.query("update users set name = 'Bench ' || $1", [String(round)]);
      await client.query("update email_templates set body_text = 'Thank you ' || $1", [String(round)]);
    },
    'counts of the dashboard': (client) =>
      client.query(
        `select state, count(*) from contacts where campaign_id = $1 and phone_number < '+441000010000' group by state`,
        [campaignId],
      ),
  };
  const loops = Object.entries(work).map(async ([kind, run]) => {
    const client = await connect();
    for (let round = 0; isRunning; round++) {
      try {
        await run(client, round);
        count(kind);
      } catch (error) {
        count(`error ${/** @type {{ code?: string }} */ (error).code}`);
        await client.query('rollback');
      }
    }
  });
  return {
    counts,
    stop: async () => {
      isRunning = false;
      await Promise.all(loops);
    },
  };
}
