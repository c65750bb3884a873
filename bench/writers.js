// @ts-check
import { callCycle } from './call-cycle.js';
import { importContacts, makeDraft } from './contact-import.js';

/**
 * One statement of a writer.
 *
 * @typedef {object} Statement
 * @property {string} text its beginning
 * @property {number} from in milliseconds since 1970
 * @property {number} until
 */

/**
 * A client that keeps how long each of its statements took.
 *
 * @param {import('pg').Client} client
 * @param {Statement[]} statements where they are kept
 */
export function watch(client, statements) {
  const query = client.query.bind(client);
  /** @param {any} config @param {any} [values] */
  const timed = async (config, values) => {
    const from = Date.now();
    try {
      return await query(config, values);
    } finally {
      const text = String(config.name ?? config.text ?? config)
        .replaceAll(/\s+/g, ' ')
        .slice(0, 60);
      statements.push({ text, from, until: Date.now() });
    }
  };
  return Object.assign(client, {
    query: /** @type {typeof client.query} */ (/** @type {unknown} */ (timed)),
  });
}

/**
 * What goes on while a database is migrated, each on a session of its own, until it is told to stop: two sessions of
 * call cycles, uploads of 1,000 contacts, numbers put on the exclusion list, the dashboard's changes and its counts.
 *
 * @param {() => Promise<import('pg').Client>} open
 * @param {{ campaignId: string, templateId: string }} product
 * @returns {Promise<{ stop: () => Promise<void>, tally: Record<string, number> }>} tally: how often each was done, and
 *   the errors by their SQLSTATE
 */
export async function startWriters(open, { campaignId, templateId }) {
  let isGoing = true;
  /** @type {Record<string, number>} */
  const tally = {};
  const count = (/** @type {string} */ what) => {
    tally[what] = (tally[what] ?? 0) + 1;
  };
  const { rows: due } = await (await open()).query(
    `select id, campaign_id as "campaignId", email from contacts where state = 'pending' and campaign_id = $1 limit 100000`,
    [campaignId],
  );
  /** @type {Record<string, (client: import('pg').Client, round: number) => Promise<unknown>>} */
  const work = {
    'calls, 1st session': (client) => callCycle(client, due.pop(), templateId, true),
    'calls, 2nd session': (client) => callCycle(client, due.pop(), templateId, true),
    'uploads of 1,000': async (client) => importContacts(client, await makeDraft(client), 1000, 1000),
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
    counts: (client) =>
      client.query(
        `select state, count(*) from contacts where campaign_id = $1 and phone_number < '+441000010000' group by state`,
        [campaignId],
      ),
  };
  const loops = Object.entries(work).map(async ([name, once]) => {
    const client = await open();
    for (let round = 0; isGoing; round++) {
      try {
        await once(client, round);
        count(name);
      } catch (error) {
        count(`error ${/** @type {{ code?: string }} */ (error).code}`);
        await client.query('rollback');
      }
    }
  });
  return {
    tally,
    stop: async () => {
      isGoing = false;
      await Promise.all(loops);
    },
  };
}
