// @ts-check
import { cpuTime } from '../environment/cpu-time.js';

/**
 * Sends one statement, which is one round trip, and returns its rows.
 *
 * @typedef {(text: string, values?: readonly unknown[]) => Promise<any[]>} Query
 */

/**
 * How fast some sessions carried calls from their claim to their sent e-mails.
 *
 * @typedef {object} Rate
 * @property {number} perSecond cycles a second, of all sessions together
 * @property {number} roundTrips round trips a cycle
 * @property {number} cpuMs CPU time of the server's processes for the sessions, in milliseconds a cycle
 */

/**
 * Lets sessions carry calls for some seconds. Each works by itself, and finishes the calls that it has claimed.
 *
 * @param {readonly import('pg').Client[]} clients
 * @param {number} seconds
 * @param {(query: Query) => Promise<number>} carryCalls carries some calls, and returns how many
 * @returns {Promise<Rate>}
 */
export async function measureRate(clients, seconds, carryCalls) {
  // The types of pg leave the id of the server's process out.
  const processIds = clients.map((client) => Number(Reflect.get(client, 'processID')));
  const cpuBefore = cpuTime(processIds);
  const start = performance.now();
  let cycles = 0;
  let roundTrips = 0;
  const work = clients.map(async (client) => {
    /** @type {Query} */
    const query = async (text, values = []) => {
      roundTrips++;
      return (await client.query(text, [...values])).rows;
    };
    while (performance.now() < start + seconds * 1000) {
      const carried = await carryCalls(query);
      cycles += carried;
    }
  });
  await Promise.all(work);
  return {
    perSecond: (cycles / (performance.now() - start)) * 1000,
    roundTrips: roundTrips / cycles,
    cpuMs: (cpuTime(processIds) - cpuBefore) / cycles,
  };
}
