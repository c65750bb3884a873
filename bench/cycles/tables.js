// @ts-check
import { formatRatio } from '../report/statistics.js';
import { medians } from './rounds.js';

/** The hours of a calling day, by default from 9:00 to 20:00, and how long a call takes with its pauses. */
const CALLING_DAY_SECONDS = 11 * 3600;
const CALL_SECONDS = 180;

/** @param {import('./databases.js').Setup} setup */
export function nameOf({ contacts, campaigns, connections }) {
  const count = contacts.toLocaleString('en');
  return `${connections} connections, ${campaigns === 1 ? `one campaign of ${count} contacts` : `${count} contacts in ${campaigns} campaigns`}`;
}

/** @param {number} rate */
export function formatRate(rate) {
  return rate.toFixed(rate < 100 ? 1 : 0);
}

/**
 * @param {string} name
 * @param {readonly import('./rounds.js').Round[]} rounds
 * @param {{ byHand: number, baseline: number }} limits
 * @returns {string[]}
 */
export function rateRow(name, rounds, limits) {
  const ratios = (/** @type {import('./databases.js').WayName} */ way) =>
    formatRatio(rounds.map((round) => round['through the API'].perSecond / round[way].perSecond));
  const rates = medians(rounds, 'perSecond').map(formatRate);
  return [
    name,
    ...rates,
    `${ratios('by hand')}, at least ${limits.byHand}`,
    `${ratios('baseline')}, at least ${limits.baseline}`,
    ratios('baseline by statement'),
  ];
}

/**
 * @param {string} name
 * @param {readonly number[]} values of each way
 * @returns {string[]} a row without ratios
 */
export function plainRow(name, values) {
  return [name, ...values.map((value) => value.toFixed(1)), '', '', ''];
}

/**
 * What the rates mean in a day.
 *
 * @param {readonly number[]} rates of each way
 * @returns {string[][]}
 */
export function dayRows(rates) {
  const millions = rates.map((rate) => `${((rate * CALLING_DAY_SECONDS) / 1e6).toFixed(1)} million`);
  const openCalls = rates.map((rate) => Math.round(rate * CALL_SECONDS).toLocaleString('en'));
  return [
    ['cycles a second', ...rates.map(formatRate)],
    ['× 39,600 s: calls in a day from 9:00 to 20:00', ...millions],
    ['× 180 s: open calls, at 3 minutes a call', ...openCalls],
  ];
}
