// @ts-check
import { markdownTable } from '../report/markdown-table.js';

/** @typedef {import('./runner.js').TimeComparison} TimeComparison */

/**
 * The results of a tool in a scenario. A time that was not measured is undefined.
 *
 * @typedef {object} Cell
 * @property {number} [roundTrips]
 * @property {number} [peakMb]
 * @property {number} [exitCode]
 * @property {TimeComparison | undefined} [withoutLatency]
 * @property {TimeComparison | undefined} [withLatency]
 */

/**
 * The results of a tool.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {Record<string, Cell>} cells by scenario
 */

/**
 * Makes the table of round trips and times.
 *
 * @param {readonly Row[]} rows the baseline first
 * @param {readonly string[]} scenarios
 * @param {number} latencyMs
 * @returns {string} Markdown
 */
export function speedTable(rows, scenarios, latencyMs) {
  const [baseline, ...others] = rows;
  const time = (/** @type {TimeComparison | undefined} */ comparison) =>
    comparison === undefined ? '–' : `${comparison.ratio.toFixed(2)} (${comparison.ms.toFixed(0)} ms)`;
  return markdownTable(
    ['', ...scenarios.flatMap((name) => [`${name}: round trips`, 'time at 0 ms', `time at ${latencyMs} ms`])],
    [
      [
        baseline?.name ?? '',
        ...scenarios.flatMap((name) => [
          String(baseline?.cells[name]?.roundTrips),
          ...baselineTimes(others, name),
        ]),
      ],
      ...others.map((row) => [
        row.name,
        ...scenarios.flatMap((name) => {
          const { roundTrips, withoutLatency, withLatency } = row.cells[name] ?? {};
          return [String(roundTrips ?? '–'), time(withoutLatency), time(withLatency)];
        }),
      ]),
    ],
  );
}

/**
 * The baseline's times, from its comparison with the first tool that was timed. That tool is one of those with most
 * rounds.
 *
 * @param {readonly Row[]} others
 * @param {string} scenario
 * @returns {string[]} without and with latency
 */
function baselineTimes(others, scenario) {
  const timed = others.find(({ cells }) => cells[scenario]?.withoutLatency !== undefined);
  const { withoutLatency, withLatency } = timed?.cells[scenario] ?? {};
  return [withoutLatency, withLatency].map((comparison) =>
    comparison === undefined ? '–' : `1 (${comparison.baselineMs.toFixed(0)} ms)`,
  );
}

/**
 * Makes the table of peak memory.
 *
 * @param {readonly Row[]} rows
 * @param {readonly string[]} scenarios
 * @returns {string} Markdown
 */
export function memoryTable(rows, scenarios) {
  return markdownTable(
    ['peak memory, MB', ...scenarios],
    rows.map(({ name, cells }) => [
      name,
      ...scenarios.map((scenario) => {
        const { peakMb, exitCode } = cells[scenario] ?? {};
        if (peakMb === undefined) return '–';
        return `${peakMb.toFixed(0)}${exitCode === 0 ? '' : ' (refused)'}`;
      }),
    ]),
  );
}
