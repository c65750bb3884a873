// @ts-check
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { printProgress } from '../report/progress.js';

/**
 * An event of a run of `up`. Beside the library's events there are `begun` (the process starts), `done` and `failed`.
 *
 * @typedef {{ at: number, kind: string, name?: string, message?: string }} TimedEvent at: in milliseconds since 1970
 */

/**
 * A run of one migration, retries included.
 *
 * @typedef {object} MigrationRun
 * @property {string} name
 * @property {number} start in milliseconds since 1970
 * @property {number} end
 * @property {number} attempts
 */

const program = fileURLToPath(new URL('./up-with-events.js', import.meta.url));

/**
 * Runs `up` in a separate process.
 *
 * @param {string} entry the library's module
 * @param {string} directory the folder of migrations
 * @param {string} url the address of the database
 * @returns {Promise<TimedEvent[]>} the events; the last one is `done` or `failed`
 */
export async function migrate(entry, directory, url) {
  const child = spawn(process.execPath, [program, entry, directory, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {TimedEvent[]} */
  const events = [{ at: Date.now(), kind: 'begun' }];
  for await (const line of createInterface({ input: child.stdout })) {
    events.push(JSON.parse(line));
    printProgress(line.slice(0, 200));
  }
  return events;
}

/**
 * The runs of all migrations. A migration that stops at rows that break a rule has one run for each stop.
 *
 * @param {readonly TimedEvent[]} events
 * @returns {MigrationRun[]}
 */
export function migrationRuns(events) {
  const isEnd = (/** @type {TimedEvent} */ { kind }) => kind === 'finished' || kind === 'failed';
  return events.flatMap((end, index) => {
    if (!isEnd(end)) return [];
    const before = events.slice(events.slice(0, index).findLastIndex(isEnd) + 1, index);
    const { name = '', at: start } = before.find(({ kind }) => kind === 'started') ?? end;
    const attempts = 1 + before.filter(({ kind }) => kind === 'retrying').length;
    return [{ name: end.kind === 'failed' ? `${name}, stopped` : name, start, end: end.at, attempts }];
  });
}
