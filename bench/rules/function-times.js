// @ts-check

/**
 * Measures how long each function of the triggers runs, without the functions that it calls.
 *
 * @param {import('./database.js').RulesDatabase} database its first session is of a superuser
 * @param {(database: import('./database.js').RulesDatabase) => Promise<void>} work in that session
 * @param {{ rounds: number, units: number }} amount how often the work is done, and how many calls it has
 * @returns {Promise<string[][]>} the rows of a table: the function, its runs per call, its microseconds per call
 */
export async function measureFunctions(database, work, { rounds, units }) {
  const { client } = database;
  await work(database);
  await client.query("set track_functions = 'all'");
  for (let round = 0; round < rounds; round++) await work(database);
  await client.query("set track_functions = 'none'; select pg_stat_force_next_flush()");
  const { rows } = await client.query(
    `select funcname, calls::float8, self_time * 1000 as microseconds
    from pg_stat_user_functions
    order by self_time desc`,
  );
  const perCall = (/** @type {number} */ total) => total / rounds / units;
  return rows.map(({ funcname, calls, microseconds }) => [
    `\`${funcname}\``,
    perCall(calls).toFixed(1),
    perCall(microseconds).toFixed(1),
  ]);
}
