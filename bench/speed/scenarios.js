// @ts-check
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {import('./tools.js').Migration} Migration */

/**
 * The work that a tool does in a database.
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {readonly Migration[]} migrations
 * @property {boolean} isApplied whether all migrations are applied already, so that nothing is pending
 * @property {string} table a table that exists when the work is done
 */

/**
 * The product's first migration.
 *
 * @param {string} clone
 * @returns {Promise<Migration[]>}
 */
async function readV0001(clone) {
  const read = (/** @type {string} */ name) => readFile(join(clone, 'src/storage/sql', name), 'utf8');
  return [{ version: '0001', up: await read('V0001.up.sql'), down: await read('V0001.down.sql') }];
}

/** @returns {Migration[]} */
function smallMigrations() {
  return Array.from({ length: 200 }, (_, index) => ({
    version: String(index + 1).padStart(4, '0'),
    up: `create table t${index + 1} (id uuid primary key default gen_random_uuid(), a text not null);\n`,
    down: `drop table t${index + 1};\n`,
  }));
}

/**
 * The scenarios that are timed.
 *
 * @param {string} clone the folder that has V0001
 * @returns {Promise<{ noOp: Scenario, fresh: Scenario, small: Scenario }>}
 */
export async function timedScenarios(clone) {
  const migrations = await readV0001(clone);
  return {
    noOp: { name: 'no-op', migrations, isApplied: true, table: 'public.contacts' },
    fresh: { name: 'fresh V0001', migrations, isApplied: false, table: 'public.contacts' },
    small: {
      name: '200 small migrations',
      migrations: smallMigrations(),
      isApplied: false,
      table: 'public.t200',
    },
  };
}

/**
 * A migration of 50 MB: inserts, as in a dump. Only its memory is measured.
 *
 * @returns {Scenario}
 */
export function largeFileScenario() {
  const row = `('${'x'.repeat(88)}'),\n`;
  const insert = `insert into notes (text) values\n${row.repeat(1000).slice(0, -2)};\n`;
  const inserts = Math.ceil((50 * 1024 * 1024) / insert.length);
  return {
    name: 'a file of 50 MB',
    migrations: [
      {
        version: '0001',
        up: `create table notes (text text not null);\n${insert.repeat(inserts)}`,
        down: 'drop table notes;\n',
      },
    ],
    isApplied: false,
    table: 'public.notes',
  };
}
