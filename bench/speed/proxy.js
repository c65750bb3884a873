// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Controls the proxy, which runs in a separate process.
 *
 * @typedef {object} Proxy
 * @property {number} port where it listens, on 127.0.0.1
 * @property {(latencyMs: number) => Promise<void>} reset sets the latency of a round trip, in milliseconds, for new
 *   connections, and sets the count to zero
 * @property {() => Promise<number>} countRoundTrips the number of round trips since the last reset
 * @property {() => void} stop
 */

/**
 * Starts the proxy in a separate process, so that its work does not slow the measured process.
 *
 * @param {{ host: string, port: number }} server where PostgreSQL listens
 * @returns {Promise<Proxy>}
 */
export async function startProxy({ host, port }) {
  const child = fork(new URL('./proxy-server.js', import.meta.url), [host, String(port)]);
  const ask = async (/** @type {{ latencyMs: number } | 'count'} */ message) => {
    child.send(message);
    const [answer] = await once(child, 'message');
    return answer;
  };
  const [ready] = await once(child, 'message');
  return {
    port: ready.port,
    reset: async (latencyMs) => {
      await ask({ latencyMs });
    },
    countRoundTrips: async () => (await ask('count')).roundTrips,
    stop: () => child.disconnect(),
  };
}
