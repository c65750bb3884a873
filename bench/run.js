// @ts-check
// The benchmark: one run, one table. See README.md.
import { symlink } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { floor, ourContenders, peers, sqlAlone } from './contenders.js';
import { startProxy } from './proxy-control.js';
import { largeFile, scenarios } from './scenarios.js';
import { memoryTable, speedTable } from './tables.js';
import { alternate, makeTrial } from './trial.js';
import { atWorkplace } from './workplace.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    ours: { type: 'boolean', default: false },
    clone: { type: 'string', default: join(here, '..') },
    url: { type: 'string' },
  },
});

/** How often each is measured, ours and the others; the first number is without latency, the second with. */
const ROUNDS = {
  noOp: { ours: [21, 11], peers: [5, 3] },
  fresh: { ours: [21, 11], peers: [5, 3] },
  small: { ours: [5, 3], peers: [2, options.full ? 1 : 0] },
};
const LATENCY_MS = 20;

/** @typedef {import('./tables.js').Row} Row */

// The more databases there are, the more often autovacuum wakes up, and the databases of all runs stay to the end.
await atWorkplace({ ...options, autovacuum: 'off' }, bench);

/**
 * @param {import('./workplace.js').Workplace} workplace
 * @returns {Promise<string>} the tables, in Markdown
 */
async function bench({ folder: work, ours, server, atEnd }) {
  await symlink(join(here, 'node_modules'), join(work, 'node_modules'), 'dir');
  const proxy = await startProxy(server);
  atEnd(() => proxy.stop());

  const contenders = [sqlAlone, ...ourContenders(ours), ...(options.ours ? [] : peers)];
  const { noOp, fresh, small } = await scenarios(resolve(options.clone));
  /** @type {Row[]} */
  const rows = [floor, ...contenders].map(({ name }) => ({ name, cells: {} }));
  for (const [scenario, rounds] of /** @type {const} */ ([
    [noOp, ROUNDS.noOp],
    [fresh, ROUNDS.fresh],
    [small, ROUNDS.small],
  ])) {
    const lowest = await makeTrial(server, proxy, work, floor, scenario);
    note(rows[0], scenario.name, await lowest.weigh());
    for (const [index, contender] of contenders.entries()) {
      if (contender.hasNoHistory === true && scenario.isApplied) continue;
      say(`${scenario.name}: ${contender.name}`);
      const trial = await makeTrial(server, proxy, work, contender, scenario);
      note(rows[index + 1], scenario.name, await trial.weigh());
      const [without = 0, with_ = 0] = contender.moreRounds === true ? rounds.ours : rounds.peers;
      note(rows[index + 1], scenario.name, {
        at0: await measure(trial, lowest, 0, without),
        at20: await measure(trial, lowest, LATENCY_MS, with_),
      });
    }
  }
  const large = largeFile();
  for (const [index, contender] of [floor, ...contenders].entries()) {
    say(`${large.name}: ${contender.name}`);
    const trial = await makeTrial(server, proxy, work, contender, large, { mayFail: true });
    note(rows[index], large.name, await trial.weigh());
  }
  const names = [noOp, fresh, small].map(({ name }) => name);
  return `\nPostgreSQL ${server.version}, Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}

${speedTable(rows, names, LATENCY_MS)}
${memoryTable(rows, [...names, large.name])}`;
}

/**
 * @param {import('./trial.js').Trial} trial
 * @param {import('./trial.js').Trial} lowest
 * @param {number} latencyMs
 * @param {number} rounds
 */
function measure(trial, lowest, latencyMs, rounds) {
  const reduced = options.quick ? Math.ceil(rounds / 4) : rounds;
  return reduced === 0 ? undefined : alternate(trial, lowest, latencyMs, reduced);
}

/**
 * @param {Row | undefined} row
 * @param {string} scenario
 * @param {Partial<import('./tables.js').Cell>} cell
 */
function note(row, scenario, cell) {
  if (row !== undefined) row.cells[scenario] = { ...row.cells[scenario], ...cell };
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}
