// @ts-check
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {import('./contenders.js').Migration} Migration */

/**
 * What is to be done in a database.
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {readonly Migration[]} migrations
 * @property {boolean} isApplied whether all of it is applied already, so that nothing is to do
 * @property {string} makes a table that is there afterwards
 */

/** @param {string} clone */
async function product(clone) {
  const file = (/** @type {string} */ name) => readFile(join(clone, 'src/storage/sql', name), 'utf8');
  return [{ version: '0001', up: await file('V0001.up.sql'), down: await file('V0001.down.sql') }];
}

/** @returns {Migration[]} */
function small() {
  return Array.from({ length: 200 }, (_, index) => ({
    version: String(index + 1).padStart(4, '0'),
    up: `create table t${index + 1} (id uuid primary key default gen_random_uuid(), a text not null);\n`,
    down: `drop table t${index + 1};\n`,
  }));
}

/**
 * The three scenarios of the table.
 *
 * @param {string} clone
 * @returns {Promise<{ noOp: Scenario, fresh: Scenario, small: Scenario }>}
 */
export async function scenarios(clone) {
  const migrations = await product(clone);
  return {
    noOp: { name: 'no-op', migrations, isApplied: true, makes: 'public.contacts' },
    fresh: { name: 'fresh V0001', migrations, isApplied: false, makes: 'public.contacts' },
    small: { name: '200 small', migrations: small(), isApplied: false, makes: 'public.t200' },
  };
}

/**
 * A migration of 50 MB: rows, as a dump has them.
 *
 * @returns {Scenario}
 */
export function largeFile() {
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
    makes: 'public.notes',
  };
}
