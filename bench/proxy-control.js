// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * The proxy, seen from the process that drives it.
 *
 * @typedef {object} Proxy
 * @property {number} port where it listens, on 127.0.0.1
 * @property {(latencyMs: number) => Promise<void>} begin sets the latency of a round trip for connections from now on,
 *   in milliseconds, and counts from zero
 * @property {() => Promise<number>} roundTrips how many there were since
 * @property {() => void} stop
 */

/**
 * Starts the proxy in a process of its own.
 *
 * @param {{ host: string, port: number }} server where PostgreSQL listens
 * @returns {Promise<Proxy>}
 */
export async function startProxy({ host, port }) {
  const child = fork(new URL('./proxy.js', import.meta.url), [host, String(port)]);
  const ask = async (/** @type {{ latencyMs: number } | 'count'} */ message) => {
    child.send(message);
    const [answer] = await once(child, 'message');
    return answer;
  };
  const [ready] = await once(child, 'message');
  return {
    port: ready.port,
    begin: async (latencyMs) => {
      await ask({ latencyMs });
    },
    roundTrips: async () => (await ask('count')).roundTrips,
    stop: () => child.disconnect(),
  };
}
