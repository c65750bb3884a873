import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { down, up } from '../../src/index.js';
import { readSourceFile } from '../../src/migrate/files/source.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { parseStatements } from '../../src/sql/statements.js';
import { type TestDatabase, test } from '../support/database.js';

/** Functions of pg_catalog, as somebody would replace them; some match an argument better than its own do. */
const FUNCTIONS = [
  'now() returns timestamptz',
  'clock_timestamp() returns timestamptz',
  'gen_random_uuid() returns uuid',
  'isfinite(timestamptz) returns boolean',
  'jsonb_typeof(jsonb) returns text',
  'lower(text) returns text',
  'format(text, text) returns text',
  'format(text, uuid) returns text',
  'unnest(text[]) returns setof text',
  'set_config(text, text, boolean) returns text',
];
const OPERATORS = ['uuid', 'text', 'timestamptz', 'time', 'integer'].flatMap((type) =>
  ['=', '<>', '<', '<=', '>', '>='].map((operator) => ({ type, operator })),
);

/**
 * Makes a schema whose objects fail when they are called, and puts it on the search_path of every new session.
 *
 * @param path the search_path
 */
async function plantSchema({ client, name }: TestDatabase, path: string): Promise<void> {
  const body = "language plpgsql as $$ begin raise exception 'hostile'; end $$";
  const functions = FUNCTIONS.map((each) => `create function hostile.${each} ${body};`);
  const operators = OPERATORS.map(
    ({ type, operator }, i) =>
      `create function hostile.f${i}(${type}, ${type}) returns boolean ${body};
       create operator hostile.${operator} (function = hostile.f${i}, leftarg = ${type}, rightarg = ${type});`,
  );
  await client.query(`create schema hostile; ${[...functions, ...operators].join(' ')}`);
  await client.query(`alter database "${name}" set search_path = ${path}`);
}

/** The objects outside of the hostile schema that depend on one inside. */
async function dependents({ rows }: TestDatabase): Promise<unknown[]> {
  return rows(
    `select distinct pg_describe_object(classid, objid, objsubid) as object
     from pg_depend, pg_identify_object(refclassid, refobjid, refobjsubid) as used,
       pg_identify_object(classid, objid, objsubid) as dependent
     where deptype = 'n' and used.schema = 'hostile' and dependent.schema is distinct from 'hostile'`,
  );
}

/** Runs a file statement by statement in a session of its own, as `psql -f` does. */
async function runAsPsql(url: string, file: string): Promise<void> {
  const session = new pg.Client(url);
  await session.connect();
  try {
    for (const { sql } of await parseStatements(await readSourceFile(file))) await session.query(sql);
  } finally {
    await session.end();
  }
}

test('up and down use no function or operator of a schema on the search_path', async ({ database }) => {
  await plantSchema(database, 'hostile, public');
  const options = { url: database.url, directory: migrationsDirectory };
  await up(options);
  expect(await dependents(database)).toEqual([]);
  await down({ ...options, to: 'V0001' });
  expect(await dependents(database)).toEqual([]);
});

test('files run by psql use no function or operator of a schema that comes before pg_catalog', async ({
  database,
}) => {
  await plantSchema(database, 'hostile, pg_catalog, public');
  const files = (await readdir(migrationsDirectory)).sort();
  const ups = files.filter((file) => file.endsWith('.up.sql'));
  const downs = files.filter((file) => file.endsWith('.down.sql')).reverse();
  for (const file of [...ups, ...ups]) await runAsPsql(database.url, join(migrationsDirectory, file));
  expect(await dependents(database)).toEqual([]);
  for (const file of downs) await runAsPsql(database.url, join(migrationsDirectory, file));
  expect(
    await database.value("select count(*) from pg_class where relnamespace = 'public'::regnamespace"),
  ).toBe('0');
});
