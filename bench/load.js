// @ts-check
// `npm run load`: loads 1,000,000 contacts through the API: rate, waits, growth of the disk, and drift. See README.md.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { measureRate } from './cycles/rate.js';
import { formatRate } from './cycles/tables.js';
import { withEnvironment } from './environment/environment.js';
import { diskUse, growthRows } from './load/disk.js';
import { minuteOf, vacuumsOf } from './load/minute.js';
import { sampleWaits, waitCells } from './load/waits.js';
import { markdownTable } from './report/markdown-table.js';
import { printProgress } from './report/progress.js';
import { fillWaiting } from './work/waiting.js';
import { callsThroughApi } from './workload/api-cycle.js';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    contacts: { type: 'string', default: '1000000' },
    'no-settings': { type: 'boolean', default: false },
    clone: { type: 'string', default: join(benchFolder, '..') },
    url: { type: 'string' },
  },
});

const DATABASE = 'bench_load';
const SIZE = { contacts: Number(options.contacts), campaigns: 20 };
/** The numbers of connections that are compared, each for so many seconds. */
const CONNECTIONS = [1, 2, 4, 8, 16, 32];
const SECONDS = 15;
/** The number of connections of the long run. */
const LONG_RUN = 8;

/** The tables whose rows are short-lived, and their autovacuum settings. */
const QUEUES = ['voicesurvey.email_queue', 'voicesurvey.event_deliveries', 'voicesurvey.hang_ups'];
const SETTINGS = ['autovacuum_vacuum_scale_factor', 'autovacuum_vacuum_threshold'];

await withEnvironment(options, async ({ packageFolder, server }) => {
  /** @type {typeof import('../src/index.js')} */
  const { migrationsDirectory, up } = await import(pathToFileURL(join(packageFolder, 'dist/index.js')).href);
  printProgress(`${SIZE.contacts.toLocaleString('en')} contacts in ${SIZE.campaigns} campaigns`);
  await server.createDatabase(DATABASE, { 'voicesurvey.time_zone': 'Europe/Rome' });
  await up({ url: server.url(DATABASE), directory: migrationsDirectory });
  const observer = await server.connect(DATABASE);
  await fillWaiting(observer, SIZE);
  for (const table of options['no-settings'] ? QUEUES : []) {
    await observer.query(`alter table ${table} reset (${SETTINGS})`);
  }
  const sessions = await Promise.all(
    Array.from({ length: Math.max(...CONNECTIONS) }, () => server.connect(DATABASE)),
  );
  await measureRate(sessions, 1, callsThroughApi);

  const rates = [];
  for (const connections of CONNECTIONS) {
    const waits = sampleWaits(observer);
    const rate = await measureRate(sessions.slice(0, connections), SECONDS, callsThroughApi);
    rates.push([
      String(connections),
      formatRate(rate.perSecond),
      rate.cpuMs.toFixed(1),
      ...waitCells(await waits.end()),
    ]);
    printProgress(`connections: ${connections}, ${formatRate(rate.perSecond)} a second`);
  }

  const diskBefore = await diskUse(observer);
  const minutes = [];
  let cycles = 0;
  for (let number = 1; number <= Number(options.minutes); number++) {
    const rate = await measureRate(sessions.slice(0, LONG_RUN), 60, callsThroughApi);
    cycles += rate.perSecond * 60;
    minutes.push([
      String(number),
      formatRate(rate.perSecond),
      rate.cpuMs.toFixed(1),
      ...(await minuteOf(observer)),
    ]);
    printProgress(`minute ${number}: ${formatRate(rate.perSecond)} a second`);
  }
  const growth = growthRows(diskBefore, await diskUse(observer), cycles);
  const vacuums = await vacuumsOf(observer);
  for (const client of [observer, ...sessions]) await client.end();

  return `\nPostgreSQL ${server.version}, ${cpus().length} × ${cpus()[0]?.model}

${markdownTable(['connections', 'cycles a second', 'server CPU, ms a cycle', 'CPU', 'commit to disk', 'notify', 'row lock', 'client', 'other'], rates)}
${markdownTable(['minute', 'cycles a second', 'server CPU, ms a cycle', 'buffers of a claim', 'dead contacts', 'dead attempts', 'dead rows of the e-mail queue'], minutes)}
${markdownTable(['table', 'autovacuum runs', 'dead rows', 'size in MB'], vacuums)}
${markdownTable(['growth', `of ${Math.round(cycles).toLocaleString('en')} calls`, 'of 1,000,000 calls'], growth)}`;
});
