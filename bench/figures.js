// @ts-check
// `npm run figures`: counts the buffers that the API reads in a database of `npm run work`. See README.md.
import { parseArgs } from 'node:util';
import pg from 'pg';
import { markdownTable } from './report/markdown-table.js';
import { FIGURES } from './work/figures.js';

const { values: options } = parseArgs({ options: { url: { type: 'string' } } });
if (options.url === undefined) {
  process.stderr.write('Pass --url with the address of a database that `npm run work` made.\n');
  process.exit(2);
}

const client = new pg.Client(options.url);
await client.connect();
const rows = [];
for (const { name, sql, atMost } of FIGURES) {
  const { buffers, returned } = await countBuffers(sql);
  rows.push([name, String(returned), String(buffers), atMost === undefined ? '' : String(atMost)]);
}
const { rows: sizes } = await client.query(
  `select pg_size_pretty(sum(pg_relation_size(indexrelid))) as size
   from pg_index join pg_class on pg_class.oid = indrelid where relnamespace = 'public'::regnamespace`,
);
await client.end();
process.stdout.write(
  `${markdownTable(['', 'rows', 'buffers', 'at most'], rows)}\nAll indexes of the eleven tables: ${sizes[0].size}\n`,
);

/**
 * Runs a query several times, each time in a transaction that is rolled back, and counts the buffers of the last run. The
 * runs before it plan the queries of the functions, and read what is not in memory yet.
 *
 * @param {string} sql
 * @returns {Promise<{ buffers: number, returned: number }>}
 */
async function countBuffers(sql) {
  let plan = { 'Shared Hit Blocks': 0, 'Shared Read Blocks': 0, 'Actual Rows': 0 };
  for (let run = 0; run < 8; run++) {
    await client.query('begin');
    const { rows: plans } = await client.query(`explain (analyze, buffers, timing off, format json) ${sql}`);
    plan = plans[0]['QUERY PLAN'][0].Plan;
    await client.query('rollback');
  }
  return { buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], returned: plan['Actual Rows'] };
}
