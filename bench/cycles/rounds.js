// @ts-check
import { printProgress } from '../report/progress.js';
import { median } from '../report/statistics.js';
import { WAYS } from './databases.js';
import { measureRate } from './rate.js';

/** @typedef {import('./rate.js').Rate} Rate */
/** @typedef {import('./databases.js').WayName} WayName */
/** @typedef {Record<WayName, Rate>} Round of the ways that were measured */

/**
 * Measures each way in each round, one after the other.
 *
 * @param {string} name what is printed as progress
 * @param {import('./databases.js').Ways} ways
 * @param {{ connections: number, rounds: number, seconds: number }} amount of each round and way
 * @param {readonly WayName[]} measured
 * @returns {Promise<Round[]>}
 */
export async function measureRounds(name, ways, { connections, rounds, seconds }, measured = WAYS) {
  const measure = (/** @type {WayName} */ way) =>
    measureRate(ways[way].clients.slice(0, connections), seconds, ways[way].carryCalls);
  /** @type {Round[]} */
  const results = [];
  for (let number = 1; number <= rounds; number++) {
    const round = /** @type {Round} */ ({});
    for (const way of measured) round[way] = await measure(way);
    results.push(round);
    const rates = measured.map((way) => `${way} ${round[way].perSecond.toFixed(1)}`).join(', ');
    printProgress(`${name}, round ${number} of ${rounds}: ${rates} a second`);
  }
  return results;
}

/**
 * @param {readonly Round[]} rounds
 * @param {keyof Rate} measure
 * @param {readonly WayName[]} measured
 * @returns {number[]} the median of each way
 */
export function medians(rounds, measure, measured = WAYS) {
  return measured.map((way) => median(rounds.map((round) => round[way][measure])));
}
