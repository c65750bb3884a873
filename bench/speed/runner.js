// @ts-check
import { join } from 'node:path';
import { median } from '../report/statistics.js';
import { runProcess, runProcessForMemory } from './process.js';

/** @typedef {import('./scenarios.js').Scenario} Scenario */
/** @typedef {import('./tools.js').Tool} Tool */

/**
 * Runs one tool in one scenario, as often as it is called.
 *
 * @typedef {object} Runner
 * @property {(latencyMs: number) => Promise<number>} measureTime the time of the whole process, in milliseconds
 * @property {() => Promise<{ roundTrips: number, peakMb: number, exitCode: number }>} measureResources measures what
 *   does not depend on the time; also warms up caches
 */

/**
 * The times of a tool and of the baseline.
 *
 * @typedef {object} TimeComparison
 * @property {number} ratio of the two medians
 * @property {number} ms the median of the tool, in milliseconds
 * @property {number} baselineMs the median of the baseline, in milliseconds
 */

/** Longer than any tool needs to send everything, in milliseconds; see proxy-server.js. */
const LATENCY_FOR_COUNTING_MS = 200;

/**
 * Makes a runner: writes the migrations in the tool's format and, if the scenario requires it, applies them once.
 *
 * @param {import('../environment/server.js').Server} server
 * @param {import('./proxy.js').Proxy} proxy
 * @param {string} parentFolder where the runner makes its folder of migrations
 * @param {Tool} tool
 * @param {Scenario} scenario
 * @param {{ mayFail?: boolean }} [options] mayFail: whether the tool may refuse the work
 * @returns {Promise<Runner>} its functions throw if the tool fails and may not
 */
export async function createRunner(server, proxy, parentFolder, tool, scenario, options = {}) {
  const name = `${tool.name} ${scenario.name}`.toLowerCase().replaceAll(/\W+/g, '_');
  const folder = join(parentFolder, name);
  await tool.writeMigrations(folder, scenario.migrations);
  let database = '';
  let databases = 0;
  // Each run has a separate database, and none is dropped between two runs. Before ext4 makes a new file, it searches past
  // every file that was deleted within the last minutes. That would make the creation of a table take twice as long.
  const createDatabase = async () => {
    database = `${name}_${++databases}`;
    await server.createDatabase(database);
  };
  const run = async (/** @type {number} */ latencyMs, /** @type {typeof runProcess} */ runCommand) => {
    if (!scenario.isApplied) await createDatabase();
    const url = `postgresql://${server.user}@127.0.0.1:${proxy.port}/${database}?sslmode=disable`;
    await proxy.reset(latencyMs);
    const result = await runCommand(tool.command(folder, url));
    const roundTrips = await proxy.countRoundTrips();
    const isDone = result.exitCode === 0 && (await server.hasTable(database, scenario.table));
    if (!isDone && options.mayFail !== true) {
      throw new Error(
        `${tool.name} failed in "${scenario.name}" (exit code ${result.exitCode}):\n${result.errorOutput}`,
      );
    }
    return { ...result, roundTrips };
  };
  if (scenario.isApplied) {
    await createDatabase();
    await run(0, runProcess);
  }
  return {
    measureTime: async (latencyMs) => (await run(latencyMs, runProcess)).ms,
    measureResources: async () => {
      let peakMb = 0;
      const latencyMs = tool.pipelines === true ? LATENCY_FOR_COUNTING_MS : 0;
      const { roundTrips, exitCode } = await run(latencyMs, async (command) => {
        const result = await runProcessForMemory(command, parentFolder);
        peakMb = result.peakMb;
        return result;
      });
      return { roundTrips, exitCode, peakMb };
    },
  };
}

/**
 * Times a tool and the baseline in turn, so that other load on the machine affects both.
 *
 * @param {Runner} tool
 * @param {Runner} baseline
 * @param {number} latencyMs
 * @param {number} rounds
 * @returns {Promise<TimeComparison>}
 */
export async function compareTimes(tool, baseline, latencyMs, rounds) {
  /** @type {number[]} */
  const times = [];
  /** @type {number[]} */
  const baselineTimes = [];
  for (let round = 0; round < rounds; round++) {
    baselineTimes.push(await baseline.measureTime(latencyMs));
    times.push(await tool.measureTime(latencyMs));
  }
  const [ms, baselineMs] = [median(times), median(baselineTimes)];
  return { ratio: ms / baselineMs, ms, baselineMs };
}
