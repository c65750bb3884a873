// @ts-check
import pg from 'pg';
import { processorTime } from './backend-time.js';
import { fillProduct } from './product.js';

/**
 * A filled database, and sessions in it.
 *
 * @typedef {object} Side
 * @property {pg.Client} client the first of them
 * @property {pg.Client[]} clients
 * @property {import('./product.js').Product} product
 * @property {(work: (side: Side) => Promise<void>) => Promise<Taken>} take does some work and tells what it took
 * @property {() => Promise<void>} end
 */

/**
 * @typedef {object} Taken
 * @property {number} ms on the clock
 * @property {number} processorMs of the server's processes for these sessions
 */

/**
 * Makes a database anew, migrates it and fills it. It has a time zone set, as an installation has.
 *
 * @param {import('./server.js').Server} server
 * @param {(url: string) => Promise<unknown>} migrate
 * @param {{ database: string, sessions: number, contacts: number }} options
 * @returns {Promise<Side>}
 */
export async function makeSide(server, migrate, { database, sessions, contacts }) {
  await server.createDatabase(database, { 'voicesurvey.time_zone': 'Europe/Rome' });
  const { host, port, user, password } = server;
  const url = new URL(`postgresql://${host}:${port}/${database}?sslmode=disable`);
  Object.assign(url, { username: user, password });
  await migrate(url.href);
  const open = async () => {
    const client = new pg.Client({ host, port, user, password, database });
    await client.connect();
    return client;
  };
  const client = await open();
  const clients = [client, ...(await Promise.all(Array.from({ length: sessions - 1 }, open)))];
  const processIds = await Promise.all(
    clients.map(async (each) => (await each.query('select pg_backend_pid() as id')).rows[0].id),
  );
  /** @type {Side} */
  const side = {
    client,
    clients,
    product: await fillProduct(client, contacts),
    take: async (work) => {
      const processorBefore = processorTime(processIds);
      const before = performance.now();
      await work(side);
      const ms = performance.now() - before;
      return { ms, processorMs: processorTime(processIds) - processorBefore };
    },
    end: async () => {
      await Promise.all(clients.map((each) => each.end()));
    },
  };
  return side;
}
