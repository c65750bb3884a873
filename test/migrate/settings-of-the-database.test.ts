import { describe, expect } from 'vitest';
import { verify } from '../../src/inspect/verify.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { findBlocker } from '../../src/postgres/blocker.js';
import { test } from '../support/database.js';
import { session } from '../support/databases.js';
import { folderWith } from '../support/folder.js';

test.for([
  ["datestyle = 'German'"],
  ["datestyle = 'SQL, DMY'"],
  ["datestyle = 'Postgres, MDY'"],
  ["datestyle = 'ISO, DMY'"],
  ["intervalstyle = 'iso_8601'"],
  ["bytea_output = 'escape'"],
  ['extra_float_digits = -15'],
  ["timezone = 'Asia/Kathmandu'"],
  ["lc_messages = 'C'"],
] as const)('times are right and no drift is found in a database with %s', async ([setting], {
  database,
}) => {
  const { url, name } = database;
  const directory = await folderWith({
    'V1.up.sql': `create table t (a date default '2026-02-03', b interval default '1 day 02:03', c bytea default '\\x00ff',
      d double precision default 0.1, e timestamptz default '2026-02-03 04:05+00');`,
    'V1.down.sql': 'drop table t;',
  });
  await up({ url, directory });
  const [before] = (await status({ url, directory })).migrations;
  await database.client.query(`alter database ${name} set ${setting}`);
  const [after] = (await status({ url, directory })).migrations;
  expect(after?.appliedAt?.getTime()).toBe(before?.appliedAt?.getTime());
  expect(Math.abs(Date.now() - (after?.appliedAt?.getTime() ?? 0))).toBeLessThan(3_600_000);
  expect((await verify({ url, directory })).drift).toMatchObject({ state: 'none' });
  const other = await session(url);
  await other.query('begin; select 1');
  const { rows } = await other.query('select pg_backend_pid() as pid');
  const reader = await session(url);
  const blocker = await findBlocker(reader, `select ${rows[0].pid} as pid, null as virtualtransaction`);
  expect(Math.abs(Date.now() - (blocker?.since?.getTime() ?? 0))).toBeLessThan(3_600_000);
  await Promise.all([other.end(), reader.end()]);
});

test('a file reads dates in the order that the database sets', async ({ database }) => {
  const { url, name } = database;
  await database.client.query(`alter database ${name} set datestyle = 'German'`);
  const directory = await folderWith({
    'V1.up.sql': "create table t as select date '03.02.2026' as d;",
    'V1.down.sql': 'drop table t;',
  });
  await up({ url, directory });
  expect(await database.value("select to_char(d, 'YYYY-MM-DD') from t")).toBe('2026-02-03');
});

test('verify finds no difference if up ran in a database with quote_all_identifiers = on', async ({
  database,
}) => {
  const { url, name } = database;
  const settings = 'set search_path = pg_catalog, pg_temp';
  const directory = await folderWith({
    'V1.up.sql': `create function one() returns integer language sql ${settings} return 1;`,
    'V1.down.sql': 'drop function one();',
    'V2.up.sql': `-- migrate: no-transaction\ncreate function two() returns integer language sql ${settings} return 2;`,
    'V2.down.sql': 'drop function two();',
  });
  await database.client.query(`alter database ${name} set quote_all_identifiers = on`);
  await up({ url, directory });
  await database.client.query(`alter database ${name} reset quote_all_identifiers`);
  expect((await verify({ url, directory, replay: true })).findings).toEqual([]);
});

describe('a missing privilege of the role that a setting makes the session act as', () => {
  test.for(['database', 'role'] as const)('is explained with the setting of the %s', async (where, {
    database,
  }) => {
    const { client, name } = database;
    const [acting, login] = [`${name}_acting`, `${name}_Login`];
    const url = new URL(database.url);
    Object.assign(url, { username: login, password: 'secret' });
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': 'select 1;' });
    await client.query(
      `create role ${acting}; create role "${login}" login password 'secret' in role ${acting}`,
    );
    try {
      const reset = `alter ${where} "${where === 'database' ? name : login}" reset role;`;
      await client.query(reset.replace(' reset role', ` set role = ${acting}`));
      const expected = {
        code: 'may_not_create',
        remedy: expect.stringMatching(
          `This session logged in as ${login} and acts as ${acting}, since the .* sets the role. If it should not, run: ${reset}$`,
        ),
      };
      await expect(up({ url: url.href, directory })).rejects.toMatchObject(expected);
    } finally {
      await client.query(`alter database ${name} reset role; drop role "${login}"; drop role ${acting}`);
    }
  });

  test('is not mentioned if the session acts as the role that logged in', async ({ database }) => {
    const { client, name } = database;
    const url = new URL(database.url);
    Object.assign(url, { username: `${name}_login`, password: 'secret' });
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': 'select 1;' });
    await client.query(`create role ${name}_login login password 'secret'`);
    try {
      await expect(up({ url: url.href, directory })).rejects.toMatchObject({
        code: 'may_not_create',
        remedy: expect.not.stringContaining('acts as'),
      });
    } finally {
      await client.query(`drop role ${name}_login`);
    }
  });
});

test('the remedy for an error that ended the session names exit_on_error', async ({ database }) => {
  const { url, name, client } = database;
  await client.query(`alter database ${name} set exit_on_error = on`);
  const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': 'select 1;' });
  await expect(up({ url, directory })).rejects.toMatchObject({
    code: 'connection_lost',
    remedy: expect.stringContaining('so exit_on_error is on'),
  });
});
