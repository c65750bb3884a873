// @ts-check
// `npm run cycles`: compares full call cycles a second through the API, by hand and of a baseline. See README.md.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createWays, WAYS } from './cycles/databases.js';
import { measureRounds, medians } from './cycles/rounds.js';
import { withEnvironment } from './environment/environment.js';
import { lineChart } from './report/line-chart.js';
import { markdownTable } from './report/markdown-table.js';
import { printProgress } from './report/progress.js';
import { formatRatio } from './report/statistics.js';
import { roundNumbers } from './report/ticks.js';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    draw: { type: 'boolean', default: false },
    contacts: { type: 'string' },
    clone: { type: 'string', default: join(benchFolder, '..') },
    url: { type: 'string' },
  },
});

const AMOUNT = options.quick ? { rounds: 3, seconds: 1 } : { rounds: 7, seconds: 3 };
const AMOUNT_OF_CURVE = options.quick ? { rounds: 1, seconds: 1 } : { rounds: 3, seconds: 2 };
const WARM_UP = { rounds: 1, seconds: 1 };

/** What the project wants: the rate of the API as a multiple of the rates of the other two ways. */
const SMALL = { contacts: 100_000, campaigns: 20, connections: 8, byHand: 2.2, baseline: 0.75 };
const LARGE = {
  contacts: Number(options.contacts ?? (options.quick ? 100_000 : 1_000_000)),
  campaigns: 1,
  connections: 4,
  byHand: 70,
  baseline: 0.75,
};
/** The numbers of connections of the curve, which is measured with the contacts of `SMALL`. */
const CURVE = [1, 2, 4, 8, 16];

/** @typedef {import('./cycles/rounds.js').Round} Round */

await withEnvironment(options, measureCycles);

/**
 * @param {import('./environment/environment.js').Environment} environment
 * @returns {Promise<string>} the tables, in Markdown
 */
async function measureCycles({ packageFolder, server }) {
  /** @type {typeof import('../src/index.js')} */
  const { migrationsDirectory, up } = await import(pathToFileURL(join(packageFolder, 'dist/index.js')).href);
  const migrate = (/** @type {string} */ url, /** @type {string | undefined} */ to) =>
    up({ url, to, directory: migrationsDirectory });
  const rows = [];
  /** @type {{ connections: number, rates: number[] }[]} */
  const curve = [];
  /** @type {number[]} */
  let roundTrips = [];
  for (const setup of [SMALL, LARGE]) {
    const name = nameOf(setup);
    printProgress(`contacts of ${name}`);
    const sessions = setup === SMALL ? Math.max(...CURVE) : setup.connections;
    const ways = await createWays(server, migrate, options.clone, { ...setup, connections: sessions });
    await measureRounds('warm-up', ways, { ...WARM_UP, connections: sessions });
    const rounds = await measureRounds(name, ways, { ...AMOUNT, connections: setup.connections });
    rows.push(rateRow(name, rounds, setup), row('server CPU, ms a cycle', medians(rounds, 'cpuMs')));
    roundTrips = medians(rounds, 'roundTrips');
    for (const connections of setup === SMALL ? CURVE : []) {
      const amount = { ...AMOUNT_OF_CURVE, connections };
      const measured = await measureRounds(`connections: ${connections}`, ways, amount);
      curve.push({ connections, rates: medians(measured, 'perSecond') });
    }
    for (const way of Object.values(ways)) await Promise.all(way.clients.map((client) => client.end()));
  }
  rows.push(row('round trips a cycle', roundTrips));
  if (options.draw) await drawCurve(curve);

  const head = [
    'full call cycles a second',
    ...WAYS,
    'API ÷ by hand',
    'at least',
    'API ÷ baseline',
    'at least',
  ];
  const curveRows = curve.map(({ connections, rates }) => [String(connections), ...rates.map(formatRate)]);
  return `\nPostgreSQL ${server.version}, ${cpus().length} × ${cpus()[0]?.model}

${markdownTable(head, rows)}
${markdownTable(['connections', ...WAYS], curveRows)}`;
}

/** @param {import('./cycles/databases.js').Setup} setup */
function nameOf({ contacts, campaigns, connections }) {
  const count = contacts.toLocaleString('en');
  return `${connections} connections, ${campaigns === 1 ? `one campaign of ${count} contacts` : `${count} contacts in ${campaigns} campaigns`}`;
}

/** @param {number} rate */
function formatRate(rate) {
  return rate.toFixed(rate < 100 ? 1 : 0);
}

/**
 * @param {string} name
 * @param {readonly Round[]} rounds
 * @param {{ byHand: number, baseline: number }} limits
 * @returns {string[]}
 */
function rateRow(name, rounds, limits) {
  const ratios = (/** @type {typeof WAYS[number]} */ way) =>
    formatRatio(rounds.map((round) => round['through the API'].perSecond / round[way].perSecond));
  const rates = medians(rounds, 'perSecond').map(formatRate);
  return [name, ...rates, ratios('by hand'), `${limits.byHand}`, ratios('baseline'), `${limits.baseline}`];
}

/**
 * @param {string} name
 * @param {readonly number[]} values of each way
 * @returns {string[]} a row without ratios
 */
function row(name, values) {
  return [name, ...values.map((value) => value.toFixed(1)), '', '', '', ''];
}

/** @param {readonly { connections: number, rates: number[] }[]} curve */
async function drawCurve(curve) {
  const chart = lineChart({
    title: 'Full call cycles a second',
    x: { label: 'connections', ticks: CURVE, isLogarithmic: true },
    y: {
      label: 'cycles a second',
      ticks: roundNumbers(Math.max(...curve.flatMap(({ rates }) => rates))),
      isLogarithmic: false,
    },
    lines: ['through the API', 'by hand', 'baseline'].map((name) => ({
      name,
      points: curve.map(({ connections, rates }) => [
        connections,
        rates[WAYS.indexOf(/** @type {typeof WAYS[number]} */ (name))] ?? 0,
      ]),
    })),
  });
  await writeFile(join(benchFolder, '../docs/pictures/cycles.svg'), chart);
}
