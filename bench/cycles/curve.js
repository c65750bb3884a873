// @ts-check
import { lineChart } from '../report/line-chart.js';
import { roundNumbers } from '../report/ticks.js';
import { WAYS_OF_CURVE } from './databases.js';

/**
 * Draws the rates of the ways over the number of connections.
 *
 * @param {readonly { connections: number, rates: readonly number[] }[]} curve
 * @returns {string} SVG
 */
export function drawCurve(curve) {
  return lineChart({
    title: 'Full call cycles a second',
    x: { label: 'connections', ticks: curve.map(({ connections }) => connections), isLogarithmic: true },
    y: {
      label: 'cycles a second',
      ticks: roundNumbers(Math.max(...curve.flatMap(({ rates }) => rates))),
      isLogarithmic: false,
    },
    lines: /** @type {const} */ (['through the API', 'by hand', 'baseline']).map((name) => ({
      name,
      points: curve.map(({ connections, rates }) => [connections, rates[WAYS_OF_CURVE.indexOf(name)] ?? 0]),
    })),
  });
}
