// @ts-check
// What the product's rules cost: one run, one table. See README.md.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { callCycle } from './call-cycle.js';
import { importContacts, makeDraft } from './contact-import.js';
import { disableTriggers } from './product.js';
import { makeSide } from './side.js';
import { median, quantile } from './statistics.js';
import { table } from './tables.js';
import { atWorkplace } from './workplace.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    clone: { type: 'string', default: join(here, '..') },
    url: { type: 'string' },
  },
});

const CYCLES = 100;
const SESSIONS = 4;
const IMPORTED = 100_000;
const ROUNDS = options.quick ? { cycles: 10, imports: 2 } : { cycles: 41, imports: 7 };

/** @typedef {import('./side.js').Side} Side */
/** @typedef {import('./side.js').Taken} Taken */
/** @typedef {{ with: Side, without: Side }} Sides */

await atWorkplace(options, bench);

/**
 * @param {import('./workplace.js').Workplace} workplace
 * @returns {Promise<string>} the table, in Markdown
 */
async function bench({ ours, server }) {
  /** @type {typeof import('../src/index.js')} */
  const { migrationsDirectory, up } = await import(pathToFileURL(join(ours, 'dist/index.js')).href);
  const make = (/** @type {string} */ database) =>
    makeSide(server, (url) => up({ url, directory: migrationsDirectory }), {
      database,
      sessions: SESSIONS,
      contacts: 4 * (ROUNDS.cycles + 1) * CYCLES,
    });
  const sides = { with: await make('bench_rules'), without: await make('bench_no_rules') };
  await disableTriggers(sides.without.client);
  const rows = [];
  for (const isPrepared of [false, true]) {
    for (const sessions of [1, SESSIONS]) {
      const name = `full call cycle${isPrepared ? ', prepared' : ''}, ${sessions} at once`;
      rows.push(await measure(sides, name, ROUNDS.cycles, cycles(sessions, isPrepared), CYCLES));
    }
  }
  for (const batch of [IMPORTED, 1000]) {
    const name = `import of ${IMPORTED}, ${batch} a statement`;
    rows.push(await measure(sides, name, ROUNDS.imports, imports(batch), 1));
  }
  await sides.with.end();
  await sides.without.end();
  const measured = ['time, with ÷ without', 'CPU, with ÷ without'];
  const medians = ['time with', 'time without', 'CPU with', 'CPU without'];
  return `\nPostgreSQL ${server.version}, ${cpus().length} × ${cpus()[0]?.model}

${table(['', ...measured, ...medians], rows)}`;
}

/**
 * Cycles one after the other, on several sessions at once.
 *
 * @param {number} sessions
 * @param {boolean} isPrepared
 * @returns {(side: Side) => Promise<void>}
 */
function cycles(sessions, isPrepared) {
  return async ({ clients, product }) => {
    const due = product.contacts.splice(-CYCLES);
    if (due.length < CYCLES) throw new Error('too few are left to be called');
    const work = clients.slice(0, sessions).map(async (client) => {
      for (let contact = due.pop(); contact !== undefined; contact = due.pop()) {
        await callCycle(client, contact, product.templateId, isPrepared);
      }
    });
    await Promise.all(work);
  };
}

/**
 * @param {number} batch contacts in one statement
 * @returns {(side: Side) => Promise<void>}
 */
function imports(batch) {
  return async ({ client }) => importContacts(client, await makeDraft(client), IMPORTED, batch);
}

/**
 * Measures some work on both sides in turn, once for warming up; each round begins with the other side than the one
 * before it.
 *
 * @param {Sides} sides
 * @param {string} name
 * @param {number} rounds
 * @param {(side: Side) => Promise<void>} work
 * @param {number} units how often the work does what the medians are told of
 * @returns {Promise<string[]>} a row of the table
 */
async function measure(sides, name, rounds, work, units) {
  process.stderr.write(`${name}\n`);
  await sides.with.take(work);
  await sides.without.take(work);
  /** @type {Record<keyof Sides, Taken[]>} */
  const taken = { with: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    /** @type {(keyof Sides)[]} */
    const order = round % 2 === 0 ? ['with', 'without'] : ['without', 'with'];
    for (const side of order) taken[side].push(await sides[side].take(work));
  }
  const ratio = (/** @type {keyof Taken} */ what) => {
    const ratios = taken.with.map((each, round) => each[what] / (taken.without[round]?.[what] ?? Number.NaN));
    const [low, middle, high] = [quantile(ratios, 0.25), median(ratios), quantile(ratios, 0.75)];
    return `${middle.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
  };
  const middle = (/** @type {keyof Sides} */ side, /** @type {keyof Taken} */ what) =>
    `${(median(taken[side].map((each) => each[what])) / units).toFixed(2)} ms`;
  return [
    name,
    ratio('ms'),
    ratio('processorMs'),
    middle('with', 'ms'),
    middle('without', 'ms'),
    middle('with', 'processorMs'),
    middle('without', 'processorMs'),
  ];
}
