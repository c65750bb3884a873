// @ts-check
import { printProgress } from '../report/progress.js';
import { median } from '../report/statistics.js';
import { WAYS } from './databases.js';
import { measureRate } from './rate.js';

/** @typedef {import('./rate.js').Rate} Rate */
/** @typedef {Record<typeof WAYS[number], Rate>} Round */

/**
 * Measures each way in each round, one after the other.
 *
 * @param {string} name what is printed as progress
 * @param {import('./databases.js').Ways} ways
 * @param {{ connections: number, rounds: number, seconds: number }} amount of each round and way
 * @returns {Promise<Round[]>}
 */
export async function measureRounds(name, ways, { connections, rounds, seconds }) {
  const measure = (/** @type {typeof WAYS[number]} */ way) =>
    measureRate(ways[way].clients.slice(0, connections), seconds, ways[way].carryCalls);
  /** @type {Round[]} */
  const results = [];
  for (let number = 1; number <= rounds; number++) {
    const round = /** @type {Round} */ ({});
    for (const way of WAYS) round[way] = await measure(way);
    results.push(round);
    const rates = WAYS.map((way) => `${way} ${round[way].perSecond.toFixed(1)}`).join(', ');
    printProgress(`${name}, round ${number} of ${rounds}: ${rates} a second`);
  }
  return results;
}

/**
 * @param {readonly Round[]} rounds
 * @param {keyof Rate} measure
 * @returns {number[]} the median of each way
 */
export function medians(rounds, measure) {
  return WAYS.map((way) => median(rounds.map((round) => round[way][measure])));
}
