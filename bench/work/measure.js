// @ts-check
import pg from 'pg';
import { median } from '../report/statistics.js';
import { FIGURES, PARAMETERS } from './figures.js';

/**
 * What was measured in a database of `npm run work`.
 *
 * @typedef {object} Measured
 * @property {string} version of the server
 * @property {boolean} isOriginal whether it has the original schema, V0001
 * @property {number} contacts
 * @property {Map<string, Buffers>} figures by name
 * @property {Map<string, number>} indexes the sizes of the indexes of the eleven tables, in bytes, by name
 * @property {Statistics[]} statistics of each campaign that is measured; none of the original schema
 */

/** @typedef {{ buffers: number, returned: number }} Buffers buffers that a query read, and rows that it returned */

/** @typedef {{ contacts: number, calls: number, buffers: number, milliseconds: number }} Statistics of a campaign */

/** PostgreSQL plans the queries of a function for their parameters five times, before it can reuse a plan. */
const RUNS = 8;

/**
 * @param {string} url a database of `npm run work`
 * @returns {Promise<Measured>}
 */
export async function measureDatabase(url) {
  const client = new pg.Client(url);
  await client.connect();
  const { rows: about } = await client.query(
    `select split_part(current_setting('server_version'), ' ', 1) as version,
       to_regnamespace('voicesurvey') is null as "isOriginal",
       (select count(*)::integer from contacts) as contacts`,
  );
  const { version, isOriginal, contacts } = about[0];
  const { rows: parameters } = await client.query(PARAMETERS);
  /** @type {Map<string, Buffers>} */
  const figures = new Map();
  for (const { name, ours, original, isVacuumed } of FIGURES) {
    const sql = isOriginal ? original : ours;
    if (sql === undefined) continue;
    if (isVacuumed) await client.query('vacuum contacts, call_attempts');
    const known = sql.replace(/(?<!:):(call|seen)\b/g, (_, parameter) => parameters[0][parameter]);
    figures.set(name, await countBuffers(client, known, isOriginal ? 2 : RUNS));
  }
  const { rows: sizes } = await client.query(
    `select index.relname as name, pg_relation_size(indexrelid)::float8 as bytes
     from pg_index
     join pg_class as index on index.oid = indexrelid
     join pg_class as indexed on indexed.oid = indrelid
     where indexed.relnamespace = 'public'::regnamespace
     order by bytes desc, name`,
  );
  const indexes = new Map(sizes.map(({ name, bytes }) => [name, bytes]));
  const statistics = isOriginal
    ? []
    : [await measureStatistics(client, 2), await measureStatistics(client, 1)];
  await client.end();
  return { version, isOriginal, contacts, figures, indexes, statistics };
}

/**
 * Runs a query several times, each time in a transaction that is rolled back, and counts the buffers of the last run. The
 * runs before it plan the queries of the functions, and read what is not in memory yet.
 *
 * @param {pg.Client} client
 * @param {string} sql
 * @param {number} runs
 * @returns {Promise<Buffers>}
 */
async function countBuffers(client, sql, runs) {
  let plan = { 'Shared Hit Blocks': 0, 'Shared Read Blocks': 0, 'Actual Rows': 0 };
  for (let run = 0; run < runs; run++) {
    await client.query('begin');
    const { rows } = await client.query(`explain (analyze, buffers, timing off, format json) ${sql}`);
    plan = rows[0]['QUERY PLAN'][0].Plan;
    await client.query('rollback');
  }
  return { buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], returned: plan['Actual Rows'] };
}

/**
 * @param {pg.Client} client
 * @param {number} campaign its number
 * @returns {Promise<Statistics>}
 */
async function measureStatistics(client, campaign) {
  const sql = `select * from voicesurvey.campaign_statistics('00000000-0000-4000-8000-00000000000${campaign}')`;
  const { buffers } = await countBuffers(client, sql, RUNS);
  const times = [];
  let counts = { contacts: 0, calls: 0 };
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    counts = (await client.query(sql)).rows[0];
    times.push(performance.now() - start);
  }
  return { contacts: counts.contacts, calls: counts.calls, buffers, milliseconds: median(times) };
}
