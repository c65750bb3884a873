// @ts-check
// How long `up` makes the writers of a database in use wait. See README.md.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { fillMillion, MENDINGS } from './million.js';
import { table } from './tables.js';
import { atWorkplace } from './workplace.js';
import { startWriters, watch } from './writers.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    contacts: { type: 'string', default: '1000000' },
    clone: { type: 'string', default: join(here, '..') },
    url: { type: 'string' },
  },
});
const DATABASE = 'bench_live';
/** How long the writers are watched before `up` begins and after it has ended. */
const ALONE_MS = 10_000;

/** @typedef {import('./writers.js').Statement} Statement */
/** @typedef {{ at: number, kind: string, name?: string, durationMs?: number, message?: string }} Told */

await atWorkplace(options, bench);

/**
 * @param {import('./workplace.js').Workplace} workplace
 * @returns {Promise<string>} the table, in Markdown
 */
async function bench({ ours, server }) {
  const { host, port, user, password } = server;
  await server.createDatabase(DATABASE);
  const url = new URL(`postgresql://${host}:${port}/${DATABASE}?sslmode=disable`);
  Object.assign(url, { username: user, password });
  const entry = pathToFileURL(join(ours, 'dist/index.js')).href;
  /** @type {typeof import('../src/index.js')} */
  const { migrationsDirectory, up } = await import(entry);
  await up({ url: url.href, directory: migrationsDirectory, to: 'V0001' });

  /** @type {Statement[]} */
  const statements = [];
  /** @type {pg.Client[]} */
  const clients = [];
  const open = async () => {
    const client = new pg.Client({ host, port, user, password, database: DATABASE });
    await client.connect();
    clients.push(client);
    return watch(client, statements);
  };
  say(`filling ${options.contacts} contacts`);
  const client = await open();
  const product = await fillMillion(client, Number(options.contacts));
  statements.length = 0;

  const writers = await startWriters(open, product);
  await sleep(ALONE_MS);
  const told = await migrate(entry, migrationsDirectory, url.href);
  for (const mending of MENDINGS) {
    if (told.at(-1)?.kind !== 'failed') break;
    await client.query(mending);
    told.push(...(await migrate(entry, migrationsDirectory, url.href)));
  }
  const end = Date.now();
  await sleep(ALONE_MS);
  await writers.stop();
  await Promise.all(clients.map((client) => client.end()));

  const last = told.at(-1);
  const begin = told[0]?.at ?? end;
  const rows = [
    rowOf('before', statements, begin - ALONE_MS, begin, []),
    ...migrationsOf(told).map(({ name, from, until, tries }) =>
      rowOf(name, statements, from, until, [tries]),
    ),
    rowOf('after', statements, end, end + ALONE_MS, []),
  ];
  const head = ['', 'tries', 'took', 'longest statement of a writer', 'which'];
  return `\nPostgreSQL ${server.version}, ${options.contacts} contacts, ${((end - begin) / 1000).toFixed(1)} s from the first migration to the last${last?.kind === 'failed' ? `, and failed: ${last.message}` : ''}

${table(head, rows)}
${JSON.stringify(writers.tally)}\n`;
}

/**
 * @param {string} entry
 * @param {string} directory
 * @param {string} url
 * @returns {Promise<Told[]>}
 */
async function migrate(entry, directory, url) {
  const child = spawn(process.execPath, [join(here, 'up-and-tell.js'), entry, directory, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {Told[]} */
  const told = [{ at: Date.now(), kind: 'begun' }];
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    told.push(event);
    say(line.slice(0, 200));
  }
  return told;
}

/**
 * Each migration from its start to its end, also where it stopped at rows that break a rule.
 *
 * @param {readonly Told[]} told
 */
function migrationsOf(told) {
  const isEnd = (/** @type {Told} */ { kind }) => kind === 'finished' || kind === 'failed';
  return told.flatMap((end, index) => {
    if (!isEnd(end)) return [];
    const before = told.slice(told.slice(0, index).findLastIndex(isEnd) + 1, index);
    const { name = '', at: from } = before.find(({ kind }) => kind === 'started') ?? end;
    const tries = 1 + before.filter(({ kind }) => kind === 'retrying').length;
    return [{ name: end.kind === 'failed' ? `${name}, stopped` : name, from, until: end.at, tries }];
  });
}

/**
 * @param {string} name
 * @param {readonly Statement[]} statements
 * @param {number} from
 * @param {number} until
 * @param {number[]} tries
 */
function rowOf(name, statements, from, until, [tries]) {
  const [longest] = statements
    .filter((statement) => statement.until > from && statement.from < until)
    .sort((a, b) => b.until - b.from - (a.until - a.from));
  return [
    name,
    tries === undefined ? '' : String(tries),
    `${until - from} ms`,
    longest === undefined ? '–' : `${longest.until - longest.from} ms`,
    longest?.text ?? '',
  ];
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}
