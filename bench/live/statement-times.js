// @ts-check

/**
 * When a statement of a session ran.
 *
 * @typedef {object} StatementTime
 * @property {string} text its name if it has one, else its first 60 characters
 * @property {number} start in milliseconds since 1970
 * @property {number} end
 */

/**
 * Makes a client record when each of its statements ran.
 *
 * @param {import('pg').Client} client
 * @param {StatementTime[]} times the list to add to
 * @returns {import('pg').Client} the same client
 */
export function recordStatementTimes(client, times) {
  const query = client.query.bind(client);
  /** @param {any} config @param {any} [values] */
  const timedQuery = async (config, values) => {
    const start = Date.now();
    try {
      return await query(config, values);
    } finally {
      const text = String(config.name ?? config.text ?? config)
        .replaceAll(/\s+/g, ' ')
        .slice(0, 60);
      times.push({ text, start, end: Date.now() });
    }
  };
  return Object.assign(client, {
    query: /** @type {typeof client.query} */ (/** @type {unknown} */ (timedQuery)),
  });
}

/**
 * The longest statement that ran, in part at least, within a period.
 *
 * @param {readonly StatementTime[]} times
 * @param {number} start in milliseconds since 1970
 * @param {number} end
 * @returns {StatementTime | undefined} undefined if no statement ran
 */
export function longestStatement(times, start, end) {
  const [longest] = times
    .filter((time) => time.end > start && time.start < end)
    .sort((a, b) => b.end - b.start - (a.end - a.start));
  return longest;
}
