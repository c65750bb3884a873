// @ts-check
// `npm run rules`: measures what the product's rules cost. See README.md.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { withEnvironment } from './environment/environment.js';
import { markdownTable } from './report/markdown-table.js';
import { printProgress } from './report/progress.js';
import { formatRatio, median } from './report/statistics.js';
import { createRulesDatabase, disableTriggers, enableEmailQueue } from './rules/database.js';
import { measureFunctions } from './rules/function-times.js';
import { callsThroughApi } from './workload/api-cycle.js';
import { callCycle } from './workload/call-cycle.js';
import { importContacts, importContactsThroughApi, insertImportCampaign } from './workload/contact-import.js';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    clone: { type: 'string', default: join(benchFolder, '..') },
    url: { type: 'string' },
  },
});

/** Call cycles per round: the same number for each session, in tens. */
const CYCLES = 120;
const SESSIONS = 4;
const IMPORTED_CONTACTS = 100_000;
const ROUNDS = options.quick
  ? { cycles: 10, imports: 2, functions: 2 }
  : { cycles: 31, imports: 5, functions: 10 };

/** @typedef {import('./rules/database.js').RulesDatabase} RulesDatabase */
/** @typedef {import('./rules/database.js').Cost} Cost */
/** @typedef {{ withTriggers: RulesDatabase, withoutTriggers: RulesDatabase }} DatabasePair */

await withEnvironment(options, measureRules);

/**
 * @param {import('./environment/environment.js').Environment} environment
 * @returns {Promise<string>} the tables, in Markdown
 */
async function measureRules({ packageFolder, server }) {
  /** @type {typeof import('../src/index.js')} */
  const { migrationsDirectory, up } = await import(pathToFileURL(join(packageFolder, 'dist/index.js')).href);
  const create = (/** @type {string} */ name) =>
    createRulesDatabase(server, (url) => up({ url, directory: migrationsDirectory }), {
      name,
      sessions: SESSIONS,
      contacts: (6 * (ROUNDS.cycles + 1) + ROUNDS.functions + 1) * CYCLES,
    });
  const pair = {
    withTriggers: await create('bench_with_triggers'),
    withoutTriggers: await create('bench_without_triggers'),
  };
  await disableTriggers(pair.withoutTriggers.client);
  const rows = [];
  for (const isPrepared of [false, true]) {
    for (const sessions of [1, SESSIONS]) {
      const name = `full call cycle${isPrepared ? ', prepared' : ''}, ${sessions} session${sessions === 1 ? '' : 's'}`;
      rows.push(await compare(pair, name, ROUNDS.cycles, cycles(sessions, isPrepared), CYCLES));
    }
  }
  for (const batch of [IMPORTED_CONTACTS, 1000]) {
    const name = `import of ${IMPORTED_CONTACTS} contacts, ${batch} per statement`;
    rows.push(await compare(pair, name, ROUNDS.imports, imports(batch), 1));
  }
  for (const batch of [IMPORTED_CONTACTS, 1000]) {
    const name = `import_contacts of ${IMPORTED_CONTACTS} contacts, ${batch} per call, ÷ insert`;
    rows.push(
      await compare(pair, name, ROUNDS.imports, imports(batch, importContactsThroughApi), 1, imports(batch)),
    );
  }
  printProgress('time of each function');
  const functions = await measureFunctions(pair.withTriggers, cycles(1, true), {
    rounds: ROUNDS.functions,
    units: CYCLES,
  });
  await enableEmailQueue(pair.withoutTriggers.client);
  for (const { client } of Object.values(pair)) await client.query('delete from voicesurvey.email_queue');
  for (const sessions of [1, SESSIONS]) {
    const name = `full call cycle through the API, ${sessions} session${sessions === 1 ? '' : 's'}`;
    rows.push(await compare(pair, name, ROUNDS.cycles, apiCycles(sessions), CYCLES));
  }
  await pair.withTriggers.close();
  await pair.withoutTriggers.close();
  const ratioHead = ['with ÷ without triggers', 'time (quartiles)', 'CPU (quartiles)'];
  const costHead = ['', 'time with', 'time without', 'CPU with', 'CPU without'];
  return `\nPostgreSQL ${server.version}, ${cpus().length} × ${cpus()[0]?.model}

${markdownTable(
  ratioHead,
  rows.map(({ ratios }) => ratios),
)}
${markdownTable(
  costHead,
  rows.map(({ costs }) => costs),
)}
${markdownTable(['function', 'runs per cycle', 'µs per cycle'], functions)}`;
}

/**
 * A round of call cycles. Each session runs one cycle after the other; the sessions run concurrently.
 *
 * @param {number} sessions
 * @param {boolean} isPrepared
 * @returns {(database: RulesDatabase) => Promise<void>}
 */
function cycles(sessions, isPrepared) {
  return async ({ clients, contacts, templateId }) => {
    const dueContacts = contacts.splice(-CYCLES);
    if (dueContacts.length < CYCLES) throw new Error('The database has too few contacts to call.');
    const work = clients.slice(0, sessions).map(async (client) => {
      for (let contact = dueContacts.pop(); contact !== undefined; contact = dueContacts.pop()) {
        await callCycle(client, contact, templateId, isPrepared);
      }
    });
    await Promise.all(work);
  };
}

/**
 * A round of call cycles through the API, which finds the contacts itself.
 *
 * @param {number} sessions
 * @returns {(database: RulesDatabase) => Promise<void>}
 */
function apiCycles(sessions) {
  return async ({ clients }) => {
    let tens = CYCLES / 10;
    const work = clients.slice(0, sessions).map(async (client) => {
      while (tens-- > 0) {
        await callsThroughApi(async (text, values = []) => (await client.query(text, [...values])).rows);
      }
    });
    await Promise.all(work);
  };
}

/**
 * A round with one import.
 *
 * @param {number} batch contacts per statement
 * @param {typeof importContacts} run
 * @returns {(database: RulesDatabase) => Promise<void>}
 */
function imports(batch, run = importContacts) {
  return async ({ client }) => run(client, await insertImportCampaign(client), IMPORTED_CONTACTS, batch);
}

/**
 * Measures some work in both databases in turn, after a first round to warm up. The databases take turns at being first
 * in a round.
 *
 * @param {DatabasePair} pair
 * @param {string} name
 * @param {number} rounds
 * @param {(database: RulesDatabase) => Promise<void>} work
 * @param {number} units how many calls or imports a round has; the medians are per unit
 * @param {(database: RulesDatabase) => Promise<void>} [workWithout] the work in the database without triggers, if it differs
 * @returns {Promise<{ ratios: string[], costs: string[] }>} a row of each table
 */
async function compare(pair, name, rounds, work, units, workWithout = work) {
  printProgress(name);
  const works = { withTriggers: work, withoutTriggers: workWithout };
  await pair.withTriggers.measure(work);
  await pair.withoutTriggers.measure(workWithout);
  /** @type {Record<keyof DatabasePair, Cost[]>} */
  const costs = { withTriggers: [], withoutTriggers: [] };
  for (let round = 0; round < rounds; round++) {
    /** @type {(keyof DatabasePair)[]} */
    const order = round % 2 === 0 ? ['withTriggers', 'withoutTriggers'] : ['withoutTriggers', 'withTriggers'];
    for (const database of order) costs[database].push(await pair[database].measure(works[database]));
  }
  const ratio = (/** @type {keyof Cost} */ kind) => {
    const ratios = costs.withTriggers.map(
      (cost, round) => cost[kind] / (costs.withoutTriggers[round]?.[kind] ?? Number.NaN),
    );
    return formatRatio(ratios);
  };
  const perUnit = (/** @type {keyof DatabasePair} */ database, /** @type {keyof Cost} */ kind) =>
    `${(median(costs[database].map((cost) => cost[kind])) / units).toFixed(2)} ms`;
  return {
    ratios: [name, ratio('elapsedMs'), ratio('cpuMs')],
    costs: [
      name,
      perUnit('withTriggers', 'elapsedMs'),
      perUnit('withoutTriggers', 'elapsedMs'),
      perUnit('withTriggers', 'cpuMs'),
      perUnit('withoutTriggers', 'cpuMs'),
    ],
  };
}
