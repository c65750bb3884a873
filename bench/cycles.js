// @ts-check
// `npm run cycles`: compares full call cycles a second through the API, by hand and of a baseline. See README.md.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { drawCurve } from './cycles/curve.js';
import { createWays, WAYS, WAYS_OF_CURVE } from './cycles/databases.js';
import { measureRounds, medians } from './cycles/rounds.js';
import { dayRows, formatRate, nameOf, plainRow, rateRow } from './cycles/tables.js';
import { withEnvironment } from './environment/environment.js';
import { markdownTable } from './report/markdown-table.js';
import { printProgress } from './report/progress.js';

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

const AMOUNT = options.quick ? { rounds: 3, seconds: 1 } : { rounds: 5, seconds: 3 };
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
  /** @type {string[][]} */
  let day = [];
  for (const setup of [SMALL, LARGE]) {
    const name = nameOf(setup);
    printProgress(`contacts of ${name}`);
    const sessions = setup === SMALL ? Math.max(...CURVE) : setup.connections;
    const ways = await createWays(server, migrate, options.clone, { ...setup, connections: sessions });
    await measureRounds('warm-up', ways, { ...WARM_UP, connections: sessions });
    const rounds = await measureRounds(name, ways, { ...AMOUNT, connections: setup.connections });
    rows.push(rateRow(name, rounds, setup), plainRow('server CPU, ms a cycle', medians(rounds, 'cpuMs')));
    roundTrips = medians(rounds, 'roundTrips');
    if (setup === SMALL) day = dayRows(medians(rounds, 'perSecond'));
    for (const connections of setup === SMALL ? CURVE : []) {
      const amount = { ...AMOUNT_OF_CURVE, connections };
      const measured = await measureRounds(`connections: ${connections}`, ways, amount, WAYS_OF_CURVE);
      curve.push({ connections, rates: medians(measured, 'perSecond', WAYS_OF_CURVE) });
    }
    for (const way of Object.values(ways)) await Promise.all(way.clients.map((client) => client.end()));
  }
  rows.push(plainRow('round trips a cycle', roundTrips));
  if (options.draw) await writeFile(join(benchFolder, '../docs/pictures/cycles.svg'), drawCurve(curve));

  const head = [
    'full call cycles a second',
    ...WAYS,
    'API ÷ by hand',
    'API ÷ baseline',
    'API ÷ baseline by statement',
  ];
  const curveRows = curve.map(({ connections, rates }) => [String(connections), ...rates.map(formatRate)]);
  return `\nPostgreSQL ${server.version}, ${cpus().length} × ${cpus()[0]?.model}

${markdownTable(head, rows)}
${markdownTable(['connections', ...WAYS_OF_CURVE], curveRows)}
${markdownTable([nameOf(SMALL), ...WAYS], day)}`;
}
