// @ts-check
import { cpuTime } from '../environment/cpu-time.js';
import { fillNewestVersion } from './fill.js';

/**
 * A migrated and filled database, with open sessions.
 *
 * @typedef {object} RulesDatabase
 * @property {import('pg').Client} client the first session
 * @property {import('pg').Client[]} clients all sessions
 * @property {string} templateId the template of the e-mail to contacts who complete the survey
 * @property {import('../workload/call-cycle.js').Contact[]} contacts contacts to call
 * @property {(work: (database: RulesDatabase) => Promise<void>) => Promise<Cost>} measure does some work in this database
 * @property {() => Promise<void>} close ends the sessions
 */

/**
 * What some work cost.
 *
 * @typedef {object} Cost
 * @property {number} elapsedMs
 * @property {number} cpuMs the CPU time of the server's processes for the sessions
 */

/**
 * Creates a database, migrates it and fills it. Its time zone is set, as in an installation.
 *
 * @param {import('../environment/server.js').Server} server
 * @param {(url: string) => Promise<unknown>} migrate
 * @param {{ name: string, sessions: number, contacts: number }} options
 * @returns {Promise<RulesDatabase>}
 */
export async function createRulesDatabase(server, migrate, { name, sessions, contacts }) {
  await server.createDatabase(name, { 'voicesurvey.time_zone': 'Europe/Rome' });
  await migrate(server.url(name));
  const client = await server.connect(name);
  const others = Array.from({ length: sessions - 1 }, () => server.connect(name));
  const clients = [client, ...(await Promise.all(others))];
  const processIds = await Promise.all(
    clients.map(async (each) => (await each.query('select pg_backend_pid() as id')).rows[0].id),
  );
  /** @type {RulesDatabase} */
  const database = {
    client,
    clients,
    ...(await fillNewestVersion(client, contacts)),
    measure: async (work) => {
      const cpuBefore = cpuTime(processIds);
      const start = performance.now();
      await work(database);
      const elapsedMs = performance.now() - start;
      return { elapsedMs, cpuMs: cpuTime(processIds) - cpuBefore };
    },
    close: async () => {
      await Promise.all(clients.map((each) => each.end()));
    },
  };
  return database;
}

/**
 * Disables every trigger of the product's tables, those of V0001 too. Checks, foreign keys and indexes stay.
 *
 * @param {import('pg').Client} client a session of a superuser
 */
export async function disableTriggers(client) {
  const { rows } = await client.query(
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
  );
  for (const { relname } of rows) await client.query(`alter table public.${relname} disable trigger user`);
}

/**
 * Enables the trigger that queues the e-mail of an event. It keeps no rule: without it, the API would send no e-mail.
 *
 * @param {import('pg').Client} client a session of a superuser
 */
export async function enableEmailQueue(client) {
  await client.query('alter table public.events enable trigger an_event_is_queued_for_its_consumers');
}
