// @ts-check
// `npm run live`: measures how long `up` makes the writers of a database in use wait. See README.md.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { withEnvironment } from './environment/environment.js';
import { fillV0001, ROW_FIXES } from './live/fill.js';
import { migrate, migrationRuns } from './live/migrate.js';
import { longestStatement, recordStatementTimes } from './live/statement-times.js';
import { startWriters } from './live/writers.js';
import { markdownTable } from './report/markdown-table.js';
import { printProgress } from './report/progress.js';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    contacts: { type: 'string', default: '1000000' },
    clone: { type: 'string', default: join(benchFolder, '..') },
    url: { type: 'string' },
  },
});
const DATABASE = 'bench_live';
/** How long the writers run without a migration, before `up` starts and after it has ended. */
const WITHOUT_MIGRATION_MS = 10_000;

/** @typedef {import('./live/statement-times.js').StatementTime} StatementTime */

await withEnvironment(options, measureWaits);

/**
 * @param {import('./environment/environment.js').Environment} environment
 * @returns {Promise<string>} the table, in Markdown
 */
async function measureWaits({ packageFolder, server }) {
  await server.createDatabase(DATABASE);
  const url = server.url(DATABASE);
  const entry = pathToFileURL(join(packageFolder, 'dist/index.js')).href;
  /** @type {typeof import('../src/index.js')} */
  const { migrationsDirectory, up } = await import(entry);
  await up({ url, directory: migrationsDirectory, to: 'V0001' });

  /** @type {StatementTime[]} */
  const times = [];
  /** @type {import('pg').Client[]} */
  const clients = [];
  const connect = async () => {
    const client = await server.connect(DATABASE);
    clients.push(client);
    return recordStatementTimes(client, times);
  };
  printProgress(`Filling the database with ${options.contacts} contacts`);
  const client = await connect();
  const campaign = await fillV0001(client, Number(options.contacts));
  times.length = 0;

  const writers = await startWriters(connect, campaign);
  await sleep(WITHOUT_MIGRATION_MS);
  const events = await migrate(entry, migrationsDirectory, url);
  for (const fix of ROW_FIXES) {
    if (events.at(-1)?.kind !== 'failed') break;
    await client.query(fix);
    events.push(...(await migrate(entry, migrationsDirectory, url)));
  }
  const end = Date.now();
  await sleep(WITHOUT_MIGRATION_MS);
  await writers.stop();
  await Promise.all(clients.map((each) => each.end()));

  const start = events[0]?.at ?? end;
  const rows = [
    tableRow(times, { name: 'before', start: start - WITHOUT_MIGRATION_MS, end: start }),
    ...migrationRuns(events).map((run) => tableRow(times, run)),
    tableRow(times, { name: 'after', start: end, end: end + WITHOUT_MIGRATION_MS }),
  ];
  const head = ['', 'attempts', 'duration', 'longest statement of a writer', 'which statement'];
  const last = events.at(-1);
  const failure = last?.kind === 'failed' ? `; up failed: ${last.message}` : '';
  const seconds = ((end - start) / 1000).toFixed(1);
  return `\nPostgreSQL ${server.version}, ${options.contacts} contacts, ${seconds} s from the first migration to the last${failure}

${markdownTable(head, rows)}
${JSON.stringify(writers.counts)}\n`;
}

/**
 * A row of the table: a migration or another period, and the longest statement that ran during it.
 *
 * @param {readonly StatementTime[]} times
 * @param {{ name: string, start: number, end: number, attempts?: number }} period in milliseconds since 1970
 * @returns {string[]}
 */
function tableRow(times, { name, start, end, attempts }) {
  const longest = longestStatement(times, start, end);
  return [
    name,
    attempts === undefined ? '' : String(attempts),
    `${end - start} ms`,
    longest === undefined ? '–' : `${longest.end - longest.start} ms`,
    longest?.text ?? '',
  ];
}
