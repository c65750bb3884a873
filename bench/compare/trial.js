// @ts-check
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from './process.js';

/** @typedef {import('./tools.js').Tool} Tool */
/** @typedef {import('../speed/tools.js').Migration} Migration */

/**
 * One tool with a new folder and a new database, in which a question is tried.
 *
 * @typedef {object} Trial
 * @property {Tool} tool
 * @property {string} folder
 * @property {string} url
 * @property {import('../environment/server.js').Server} server
 * @property {import('pg').Client} client a session of the database
 * @property {(...migrations: Migration[]) => Promise<void>} write
 * @property {() => Promise<import('./process.js').Result>} up
 * @property {(sql: string) => Promise<any>} value the first column of the first row
 */

/**
 * A question, and how its answer is found. The answer is a cell of the table.
 *
 * @typedef {object} Question
 * @property {string} title
 * @property {(trial: Trial) => Promise<string>} answer
 */

/**
 * Answers a question for a tool.
 *
 * @param {Question} question
 * @param {Tool} tool
 * @param {import('../environment/environment.js').Environment} environment
 * @param {string} name of the database and the folder
 */
export async function answer(question, tool, { folder: parent, server }, name) {
  const folder = join(parent, name);
  await mkdir(folder);
  await server.createDatabase(name);
  const url = server.url(name);
  const client = await server.connect(name);
  client.on('error', () => {});
  try {
    return await question.answer({
      tool,
      folder,
      url,
      server,
      client,
      write: (...migrations) => tool.writeMigrations(folder, migrations),
      up: () => run(tool.up(folder, url)),
      value: async (sql) => Object.values((await client.query(sql)).rows[0] ?? {})[0],
    });
  } finally {
    await client.end();
  }
}

/**
 * A migration of which only the up matters.
 *
 * @param {number} version
 * @param {string} up
 * @param {string} [down]
 * @returns {Migration}
 */
export function migration(version, up, down = 'select 1;') {
  return { version: `${version}`.padStart(4, '0'), up: `${up}\n`, down: `${down}\n` };
}

/**
 * Waits until a condition holds.
 *
 * @param {() => Promise<unknown>} condition
 * @param {number} [ms] the longest wait
 * @returns {Promise<boolean>} whether it holds
 */
export async function until(condition, ms = 20_000) {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (await condition()) return true;
    await pause(50);
  }
  return false;
}

/** A condition: another session of the database executes this. @param {string} pattern of `like` */
export const executes = (pattern) =>
  `select count(*)::integer from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query ilike '${pattern}'`;

/**
 * How often the one row of a migration was written.
 *
 * @param {number} rows
 */
export function applied(rows) {
  if (rows === 0) return 'not applied';
  return rows === 1 ? 'applied once' : `applied ${rows} times`;
}

/**
 * The message of the first error of an output, in quotes that {@link withoutReasons} finds.
 *
 * @param {string} output
 */
export function reason(output) {
  const [, message = output] = /^(?:.*\b)?(?:\w*error|failed): ?(.+)$/im.exec(output) ?? [];
  return `“${message.trim().split('\n')[0]?.slice(0, 110)}”`;
}

/** @param {string} cell */
export function withoutReasons(cell) {
  return cell.replaceAll(/ “[^”]*”/g, '');
}
