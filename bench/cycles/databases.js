// @ts-check
import { disableTriggers } from '../rules/database.js';
import { fillWaiting } from '../work/waiting.js';
import { callsThroughApi } from '../workload/api-cycle.js';
import { callsOfBaseline } from './baseline.js';
import { callsByStatement } from './baseline-by-statement.js';
import { callsByHand } from './by-hand.js';

/**
 * What is measured: the contacts that wait, and the number of connections.
 *
 * @typedef {{ contacts: number, campaigns: number, connections: number }} Setup
 */

/**
 * A way to carry calls, with its sessions.
 *
 * @typedef {object} Way
 * @property {import('pg').Client[]} clients
 * @property {(query: import('./rate.js').Query) => Promise<number>} carryCalls
 */

/** The ways of the curve, and all ways, in the order in which a round measures them. */
export const WAYS_OF_CURVE = /** @type {const} */ (['by hand', 'through the API', 'baseline']);
export const WAYS = /** @type {const} */ ([...WAYS_OF_CURVE, 'baseline by statement']);

/** @typedef {typeof WAYS[number]} WayName */
/** @typedef {Record<WayName, Way>} Ways */

/** The newest version without the indexes and functions of the API. */
const VERSION_OF_BY_HAND = 'V0018';

/** More contacts than the baselines can call in a run. */
const CONTACTS_OF_BASELINE = 100_000;

/**
 * Creates a database for each way, with the same contacts: by hand at the version before the API, the others at the
 * newest, and the baselines share one without triggers.
 *
 * @param {import('../environment/server.js').Server} server
 * @param {(url: string, to?: string) => Promise<unknown>} migrate
 * @param {string} clone where docs/services-by-hand.md is
 * @param {Setup} setup
 * @returns {Promise<Ways>}
 */
export async function createWays(server, migrate, clone, setup) {
  const settings = { 'voicesurvey.time_zone': 'Europe/Rome' };
  await server.createDatabase('bench_cycles_by_hand', settings);
  await migrate(server.url('bench_cycles_by_hand'), VERSION_OF_BY_HAND);
  const filling = await server.connect('bench_cycles_by_hand');
  await fillWaiting(filling, setup);
  await filling.end();
  await server.createDatabase('bench_cycles_api', settings, 'bench_cycles_by_hand');
  await migrate(server.url('bench_cycles_api'));
  await server.createDatabase('bench_cycles_baseline', settings, 'bench_cycles_api');

  const connect = (/** @type {string} */ name) =>
    Promise.all(Array.from({ length: setup.connections }, () => server.connect(name)));
  const baseline = await connect('bench_cycles_baseline');
  const [client] = baseline;
  if (client === undefined) throw new Error('A set-up needs a connection.');
  await disableTriggers(client);
  const { rows: contacts } = await client.query(
    `select id, campaign_id as "campaignId", email from contacts limit ${CONTACTS_OF_BASELINE}`,
  );
  const { rows: campaigns } = await client.query('select id, email_completed_template_id from campaigns');
  const template = campaigns[0]?.email_completed_template_id;
  return {
    'by hand': {
      clients: await connect('bench_cycles_by_hand'),
      carryCalls: await callsByHand(
        clone,
        campaigns.map(({ id }) => id),
      ),
    },
    'through the API': { clients: await connect('bench_cycles_api'), carryCalls: callsThroughApi },
    baseline: { clients: baseline, carryCalls: callsOfBaseline(contacts, template) },
    'baseline by statement': { clients: baseline, carryCalls: callsByStatement(contacts, template) },
  };
}
