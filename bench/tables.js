// @ts-check

/**
 * What is known of a contender in a scenario; a time that was not measured is undefined.
 *
 * @typedef {object} Cell
 * @property {number} [roundTrips]
 * @property {number} [peakMb]
 * @property {number} [exitCode]
 * @property {{ ratio: number, ms: number, otherMs: number } | undefined} [at0]
 * @property {{ ratio: number, ms: number, otherMs: number } | undefined} [at20]
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {Record<string, Cell>} cells by scenario
 */

/**
 * Round trips and times.
 *
 * @param {readonly Row[]} rows the floor first
 * @param {readonly string[]} scenarios
 * @param {number} latencyMs
 */
export function speedTable(rows, scenarios, latencyMs) {
  const [floor, ...others] = rows;
  const time = (/** @type {Cell['at0']} */ measured) =>
    measured === undefined ? '–' : `${measured.ratio.toFixed(2)} (${measured.ms.toFixed(0)} ms)`;
  return table(
    ['', ...scenarios.flatMap((name) => [`${name}: round trips`, 'time at 0 ms', `time at ${latencyMs} ms`])],
    [
      [
        floor?.name ?? '',
        ...scenarios.flatMap((name) => [String(floor?.cells[name]?.roundTrips), ...floorTimes(others, name)]),
      ],
      ...others.map((row) => [
        row.name,
        ...scenarios.flatMap((name) => {
          const { roundTrips, at0, at20 } = row.cells[name] ?? {};
          return [String(roundTrips ?? '–'), time(at0), time(at20)];
        }),
      ]),
    ],
  );
}

/**
 * The floor's time beside the first contender that was measured, one of those that are measured most.
 *
 * @param {readonly Row[]} others
 * @param {string} scenario
 */
function floorTimes(others, scenario) {
  const { at0, at20 } = others.find(({ cells }) => cells[scenario]?.at0 !== undefined)?.cells[scenario] ?? {};
  return [at0, at20].map((measured) =>
    measured === undefined ? '–' : `1 (${measured.otherMs.toFixed(0)} ms)`,
  );
}

/**
 * Peak memory.
 *
 * @param {readonly Row[]} rows
 * @param {readonly string[]} scenarios
 */
export function memoryTable(rows, scenarios) {
  return table(
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

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} body
 */
export function table(head, body) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map((_, index) => (index === 0 ? '---' : '---:'))) + body.map(line).join('');
}
