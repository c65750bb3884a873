// @ts-check
// `npm run bench`: compares the speed of `up` with a baseline and with other migration tools. See README.md.
import { symlink } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withEnvironment } from './environment/environment.js';
import { installPackage } from './environment/package.js';
import { printProgress } from './report/progress.js';
import { startProxy } from './speed/proxy.js';
import { compareTimes, createRunner } from './speed/runner.js';
import { largeFileScenario, timedScenarios } from './speed/scenarios.js';
import { memoryTable, speedTable } from './speed/tables.js';
import { baseline, otherTools, sqlOnly, voicesurveyTools } from './speed/tools.js';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    ours: { type: 'boolean', default: false },
    clone: { type: 'string', default: join(benchFolder, '..') },
    before: { type: 'string' },
    url: { type: 'string' },
  },
});

/**
 * The rounds of each tool, see `hasMoreRounds`. The first number is for runs without latency, the second for runs with
 * latency.
 */
const ROUNDS = {
  noOp: { more: [21, 11], fewer: [5, 3] },
  fresh: { more: [21, 11], fewer: [5, 3] },
  small: { more: [5, 3], fewer: [2, options.full ? 1 : 0] },
};
const LATENCY_MS = 20;

/** @typedef {import('./speed/runner.js').Runner} Runner */
/** @typedef {import('./speed/tables.js').Row} Row */

// Every database stays until the end, and autovacuum starts more often the more databases there are.
await withEnvironment({ ...options, autovacuum: 'off' }, compareTools);

/**
 * @param {import('./environment/environment.js').Environment} environment
 * @returns {Promise<string>} the tables, in Markdown
 */
async function compareTools({ folder, packageFolder, server, onEnd }) {
  // The migrations of kysely import kysely.
  await symlink(join(benchFolder, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const proxy = await startProxy(server);
  onEnd(() => proxy.stop());

  const tools = [
    sqlOnly,
    ...voicesurveyTools(packageFolder),
    ...(options.before === undefined ? [] : await toolsBefore(options.before, join(folder, 'before'))),
    ...(options.ours ? [] : otherTools),
  ];
  const { noOp, fresh, small } = await timedScenarios(resolve(options.clone));
  /** @type {Row[]} */
  const rows = [baseline, ...tools].map(({ name }) => ({ name, cells: {} }));
  for (const [scenario, rounds] of /** @type {const} */ ([
    [noOp, ROUNDS.noOp],
    [fresh, ROUNDS.fresh],
    [small, ROUNDS.small],
  ])) {
    const baselineRunner = await createRunner(server, proxy, folder, baseline, scenario);
    addResults(rows[0], scenario.name, await baselineRunner.measureResources());
    for (const [index, tool] of tools.entries()) {
      if (tool.hasNoHistory === true && scenario.isApplied) continue;
      printProgress(`${scenario.name}: ${tool.name}`);
      const runner = await createRunner(server, proxy, folder, tool, scenario);
      addResults(rows[index + 1], scenario.name, await runner.measureResources());
      const [roundsWithout = 0, roundsWith = 0] = tool.hasMoreRounds === true ? rounds.more : rounds.fewer;
      addResults(rows[index + 1], scenario.name, {
        withoutLatency: await compare(runner, baselineRunner, 0, roundsWithout),
        withLatency: await compare(runner, baselineRunner, LATENCY_MS, roundsWith),
      });
    }
  }
  const largeFile = largeFileScenario();
  for (const [index, tool] of [baseline, ...tools].entries()) {
    printProgress(`${largeFile.name}: ${tool.name}`);
    const runner = await createRunner(server, proxy, folder, tool, largeFile, { mayFail: true });
    addResults(rows[index], largeFile.name, await runner.measureResources());
  }
  const names = [noOp, fresh, small].map(({ name }) => name);
  return `\nPostgreSQL ${server.version}, Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}

${speedTable(rows, names, LATENCY_MS)}
${memoryTable(rows, [...names, largeFile.name])}`;
}

/**
 * @param {string} clone another working tree of voicesurvey-db, with what was before a change
 * @param {string} packageFolder where its package is installed
 */
async function toolsBefore(clone, packageFolder) {
  await installPackage(resolve(clone), packageFolder);
  return voicesurveyTools(packageFolder).map((tool) => ({ ...tool, name: `${tool.name}, before` }));
}

/**
 * @param {Runner} tool
 * @param {Runner} baselineRunner
 * @param {number} latencyMs
 * @param {number} rounds a quarter of them with --quick
 */
function compare(tool, baselineRunner, latencyMs, rounds) {
  const reduced = options.quick ? Math.ceil(rounds / 4) : rounds;
  return reduced === 0 ? undefined : compareTimes(tool, baselineRunner, latencyMs, reduced);
}

/**
 * @param {Row | undefined} row
 * @param {string} scenario
 * @param {import('./speed/tables.js').Cell} results
 */
function addResults(row, scenario, results) {
  if (row !== undefined) row.cells[scenario] = { ...row.cells[scenario], ...results };
}
