// @ts-check
// `npm run work`: makes a database of the size of a large installation, and leaves it on its server. See README.md.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { withEnvironment } from './environment/environment.js';
import { printProgress } from './report/progress.js';
import { fillWork } from './work/fill.js';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    contacts: { type: 'string', default: '1000000' },
    database: { type: 'string', default: 'bench_work' },
    to: { type: 'string' },
    clone: { type: 'string', default: join(benchFolder, '..') },
    url: { type: 'string' },
  },
});
const url = options.url ?? '';
if (url === '') {
  process.stderr.write(
    'Pass --url with the address of a server and a superuser: the database stays there.\n',
  );
  process.exit(2);
}

await withEnvironment({ ...options, url }, makeWork);

/**
 * @param {import('./environment/environment.js').Environment} environment
 * @returns {Promise<string>} the address of the database and the number of rows of each table
 */
async function makeWork({ packageFolder, server }) {
  const name = pg.escapeIdentifier(options.database);
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  await admin.end();
  const address = Object.assign(new URL(url), { pathname: options.database }).href;
  /** @type {typeof import('../src/index.js')} */
  const { migrationsDirectory, up } = await import(pathToFileURL(join(packageFolder, 'dist/index.js')).href);
  printProgress('migrations');
  await up({ url: address, to: options.to, directory: migrationsDirectory });
  const client = await server.connect(options.database);
  const counts = await fillWork(client, Number(options.contacts));
  await client.end();
  const lines = Object.entries(counts).map(
    ([table, rows]) => `${table.padEnd(24)}${String(rows).padStart(10)}`,
  );
  return `${address}\n\n${lines.join('\n')}\n`;
}
