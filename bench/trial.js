// @ts-check
import { join } from 'node:path';
import { time, timeAndMemory } from './measure.js';
import { median } from './statistics.js';

/** @typedef {import('./contenders.js').Contender} Contender */
/** @typedef {import('./scenarios.js').Scenario} Scenario */

/**
 * How one contender does one scenario once.
 *
 * @typedef {object} Trial
 * @property {(latencyMs: number) => Promise<number>} time in milliseconds, the whole process
 * @property {() => Promise<{ roundTrips: number, peakMb: number, exitCode: number }>} weigh what does not depend on the
 *   time; also warms everything up
 */

/** Longer than any contender takes to send all it has to send, in milliseconds; see proxy.js. */
const LATENCY_FOR_COUNTING_MS = 200;

/**
 * Makes the trial: lays out the migrations, and where nothing is to do, applies them once.
 *
 * @param {import('./server.js').Server} server
 * @param {import('./proxy-control.js').Proxy} proxy
 * @param {string} work a folder for files
 * @param {Contender} contender
 * @param {Scenario} scenario
 * @param {{ mayFail?: boolean }} [options] whether it may refuse the work
 * @returns {Promise<Trial>}
 */
export async function makeTrial(server, proxy, work, contender, scenario, options = {}) {
  const name = `${contender.name} ${scenario.name}`.toLowerCase().replaceAll(/\W+/g, '_');
  const folder = join(work, name);
  await contender.write(folder, scenario.migrations);
  let database = '';
  let databases = 0;
  // Each run has one of its own, and none is dropped between two runs: ext4 looks past every file that was deleted within
  // the last minutes before it makes a new one, which would make each table twice as slow, whoever creates it.
  const createDatabase = async () => {
    database = `${name}_${++databases}`;
    await server.createDatabase(database);
  };
  const once = async (/** @type {number} */ latencyMs, /** @type {typeof time} */ run) => {
    if (!scenario.isApplied) await createDatabase();
    const address = `postgresql://${server.user}@127.0.0.1:${proxy.port}/${database}?sslmode=disable`;
    await proxy.begin(latencyMs);
    const measured = await run(contender.command(folder, address));
    const roundTrips = await proxy.roundTrips();
    const isDone = measured.exitCode === 0 && (await server.has(database, scenario.makes));
    if (!isDone && options.mayFail !== true) {
      throw new Error(
        `${contender.name} failed (${measured.exitCode}) at ${scenario.name}:\n${measured.output}`,
      );
    }
    return { ...measured, roundTrips };
  };
  if (scenario.isApplied) {
    await createDatabase();
    await once(0, time);
  }
  return {
    time: async (latencyMs) => (await once(latencyMs, time)).ms,
    weigh: async () => {
      let peakMb = 0;
      const latencyMs = contender.pipelines === true ? LATENCY_FOR_COUNTING_MS : 0;
      const { roundTrips, exitCode } = await once(latencyMs, async (command) => {
        const measured = await timeAndMemory(command, work);
        peakMb = measured.peakMb;
        return measured;
      });
      return { roundTrips, exitCode, peakMb };
    },
  };
}

/**
 * Two trials that alternate, so that whatever else the machine does is done to both.
 *
 * @param {Trial} one
 * @param {Trial} other
 * @param {number} latencyMs
 * @param {number} rounds
 * @returns {Promise<{ ratio: number, ms: number, otherMs: number }>} medians: of the first one's time and the other's,
 *   in milliseconds, and of the ratio of the two in each round
 */
export async function alternate(one, other, latencyMs, rounds) {
  /** @type {number[]} */
  const times = [];
  /** @type {number[]} */
  const others = [];
  for (let round = 0; round < rounds; round++) {
    others.push(await other.time(latencyMs));
    times.push(await one.time(latencyMs));
  }
  return { ratio: median(times) / median(others), ms: median(times), otherMs: median(others) };
}
