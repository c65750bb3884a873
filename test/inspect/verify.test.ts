import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { baseline } from '../../src/inspect/baseline.js';
import { generateTypes, readCatalog } from '../../src/inspect/generate.js';
import type { VerifyFinding } from '../../src/inspect/verify/finding.js';
import { findingOfTimeZone } from '../../src/inspect/verify/findings.js';
import { readUnknownTimeZone } from '../../src/inspect/verify/time-zone.js';
import { type VerifyOptions, verify } from '../../src/inspect/verify.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const lines = (findings: readonly VerifyFinding[]): string[] =>
  findings.map(({ kind, object, finding }) => `${kind} ${object}: ${finding}`);

async function verifyLines({ url }: TestDatabase, options: Partial<VerifyOptions> = {}): Promise<string[]> {
  return lines((await verify({ url, directory: migrationsDirectory, ...options })).findings);
}

describe('verify', () => {
  test('finds nothing in a migrated database, and writes nothing', async ({ migrated }) => {
    const before = await migrated.value('select max(id) from voicesurvey_migrations.history');
    const result = await verify({ url: migrated.url, directory: migrationsDirectory });
    expect(result).toMatchObject({ findings: [], drift: { state: 'none', reason: null } });
    expect(await migrated.value('select max(id) from voicesurvey_migrations.history')).toBe(before);
  });

  test('is not ended by the timeouts for transactions that the role or the database sets', async ({
    database,
  }) => {
    const options = encodeURIComponent('-c idle_in_transaction_session_timeout=5');
    const directory = await folderWith({
      'V1.up.sql':
        'create table t (id integer); alter table t add constraint t_id_check check (id > 0) not valid;',
      'V1.down.sql': 'drop table t;',
    });
    await up({ url: database.url, directory });
    const { findings } = await verify({ url: `${database.url}?options=${options}`, directory, rules: false });
    expect(lines(findings)).toEqual([
      'constraint constraint t_id_check on t: not validated; 0 rows violate it',
    ]);
  });

  test('lists drift object by object', async ({ migrated }) => {
    await migrated.client.query(
      'alter table contacts alter email set not null; drop index contacts_by_phone_number',
    );
    const label = await migrated.value(
      'select name from voicesurvey_migrations.history order by id desc limit 1',
    );
    expect(await verifyLines(migrated)).toEqual([
      `drift column contacts.email: null allowed in ${label}, not here`,
      `drift index contacts_by_phone_number on contacts: missing here, in ${label}`,
    ]);
  });

  test('lists a child table in another schema, whose rows no rule of its parent checks', async ({
    migrated,
  }) => {
    await migrated.client.query(
      'create schema other; create table other.more_calls () inherits (call_attempts); create table other.more () inherits (other.more_calls)',
    );
    expect(await verifyLines(migrated)).toEqual([
      expect.stringMatching(/^drift table call_attempts: child table other\.more_calls here, not in /),
    ]);
  });

  test('finds an invalid index', async ({ migrated }) => {
    await migrated.client.query(
      "update pg_index set indisvalid = false where indexrelid = 'campaigns_by_name'::regclass",
    );
    expect(await verifyLines(migrated)).toContain(
      'index index campaigns_by_name on campaigns: invalid, because its build failed; no query uses it',
    );
  });

  test('reports a time zone of the database that is an abbreviation, an offset or unknown', async ({
    migrated,
  }) => {
    const { client, name } = migrated;
    const set = (zone: string): Promise<unknown> =>
      client.query(`alter database "${name}" set "voiceSurvey.Time_Zone" = '${zone}'`);
    await set('CET');
    expect(await verifyLines(migrated)).toEqual([
      'rule setting voicesurvey.time_zone: CET is neither UTC nor an Area/Location name of pg_timezone_names, so no call starts',
    ]);
    expect(await verifyLines(migrated, { rules: false })).toEqual([]);
    for (const zone of ['UTC+2', 'Nowhere/Land', 'EST5EDT', 'right/Europe/Rome', 'posix/EST', '']) {
      await set(zone);
      expect(await readUnknownTimeZone(client)).toBe(zone);
    }
    expect(findingOfTimeZone('').finding).toMatch(/^an empty text is neither UTC /);
    for (const zone of ['UTC', 'Europe/Rome', 'europe/rome', 'US/Eastern', 'Etc/GMT-14']) {
      await set(zone);
      expect(await readUnknownTimeZone(client)).toBeNull();
    }
  });

  test('finds migrations that are pending, changed or missing', async ({ database }) => {
    const files = {
      'V1.up.sql': 'create table one (id uuid primary key default gen_random_uuid());',
      'V1.down.sql': 'drop table one;',
      'V2.up.sql': 'select 2;',
      'V2.down.sql': '',
    };
    await up({ url: database.url, directory: await folderWith(files) });
    const directory = await folderWith({
      'V1.up.sql': `${files['V1.up.sql']} select 1;`,
      'V1.down.sql': files['V1.down.sql'],
      'V3.up.sql': 'select 3;',
      'V3.down.sql': '',
    });
    expect(await verifyLines(database, { directory })).toEqual([
      'migration migration V1: the file differs from what was applied',
      'migration migration V2: applied, and this release has no file for it',
      'migration migration V3: not applied yet',
    ]);
  });

  test('reports why drift is unknown in a database without migrations', async ({ database }) => {
    const result = await verify({ url: database.url, directory: migrationsDirectory });
    expect(result.drift).toMatchObject({
      state: 'unknown',
      since: null,
      cause: 'not_applied',
      reason: 'nothing is applied',
    });
    expect(result.comparedWith).toBe('nothing');
    expect(lines(result.findings)).toContain('migration migration V0001: not applied yet');
  });
});

describe('verify of a catalog without a comparable snapshot', () => {
  const files = {
    'V1.up.sql':
      'create table one (id integer primary key); create schema ours; create table ours.two (id integer);',
    'V1.down.sql': 'drop schema ours cascade; drop table one;',
    'V2.up.sql': 'create view three as select id from one;',
    'V2.down.sql': 'drop view three;',
  };
  const setHistory = ({ client }: TestDatabase, change: string): Promise<unknown> =>
    client.query(`update voicesurvey_migrations.history set ${change} where version = 2`);

  test.for([
    [
      'no snapshot',
      'snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null',
      'no_snapshot',
    ],
    ['a damaged snapshot', "snapshot = '{\"x'", 'damaged_snapshot'],
    ['a snapshot of another format', 'snapshot_format = 0', 'other_format'],
    ['a snapshot of another major version of the server', 'snapshot_server_major = 14', 'other_server'],
  ] as const)('reports, with %s, that drift is unknown and what differs from the migrations', async ([
    ,
    change,
    cause,
  ], { database }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    await setHistory(database, change);
    const unchanged = await verify({ url: database.url, directory, rules: false });
    expect(unchanged).toMatchObject({ drift: { state: 'unknown', cause }, comparedWith: 'migrations' });
    expect(lines(unchanged.findings)).toEqual([
      `unknown the catalog: not comparable: ${unchanged.drift.reason}; compared with what the migrations make in a throw-away database: no difference`,
    ]);
    await database.client.query('drop table ours.two; alter view three set (security_barrier)');
    const damaged = await verify({ url: database.url, directory, rules: false });
    expect(damaged.findings.map(({ kind, object }) => `${kind} ${object}`)).toEqual([
      'unknown the catalog',
      'drift table ours.two',
      'drift view three',
    ]);
  });

  test('reports why nothing can be compared, and does not fail', async ({ database }) => {
    const directory = await folderWith(files);
    await up({ url: database.url, directory });
    await setHistory(database, 'snapshot_format = 0');
    const role = `voicesurvey_test_reader_${randomBytes(4).toString('hex')}`;
    await database.client.query(
      `create role ${role} login password 'secret'; grant usage on schema voicesurvey_migrations to ${role};
       grant select on voicesurvey_migrations.history to ${role}`,
    );
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    try {
      const result = await verify({ url: url.href, directory, rules: false });
      expect(result.comparedWith).toBe('nothing');
      expect(lines(result.findings)).toEqual([
        expect.stringMatching(
          /^unknown the catalog: not comparable: .*; the migrations could not be run for a comparison either: This role may not create a throw-away database/,
        ),
      ]);
    } finally {
      await database.client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });
});

describe('verify counts the rows that violate a constraint that is not validated:', () => {
  const TABLES = `
    create table parents (a integer, b text, unique (a, b));
    create table children (a integer, b text, "an amount" integer);
    insert into parents values (1, 'x');
    insert into children values (1, 'x', 1), (1, 'y', -1), (2, 'x', null), (null, 'z', -5);
  `;

  test.for([
    ['check ("an amount" > 0)', 2],
    ['foreign key (a, b) references parents (a, b)', 2],
    ['foreign key (a, b) references parents (a, b) match full', 3],
  ] as const)('%s', async ([constraint, rows], { database }) => {
    await database.client.query(
      `${TABLES} alter table children add constraint the_rule ${constraint} not valid`,
    );
    const { findings } = await verify({ url: database.url, directory: migrationsDirectory, rules: false });
    expect(findings.filter(({ kind }) => kind === 'constraint')).toEqual([
      {
        kind: 'constraint',
        object: 'constraint the_rule on children',
        finding: `not validated; ${rows} rows violate it`,
        rows,
        ids: [],
      },
    ]);
  });

  test('a check of a domain, in tables, materialized views and domains over it', async ({ database }) => {
    await database.client.query(`
      create schema ours;
      create domain amount as numeric(6, 2);
      create domain price as amount;
      create domain unused as text;
      create table sales (sum amount, "a price" price, other numeric) partition by list (other);
      create table sales_1 partition of sales for values in (1);
      create table ours.more (sum amount);
      create table children () inherits (ours.more);
      insert into sales values (-1, -2, 1), (1, null, 1);
      insert into ours.more values (-3); insert into children values (-4);
      create materialized view sums as select sum from sales;
      alter domain amount add constraint amount_is_positive check (value > 0) not valid;
      alter domain unused add constraint unused_is_short check (length(value) < 3) not valid;`);
    expect(await verifyLines(database, { rules: false })).toEqual(
      expect.arrayContaining([
        'constraint constraint amount_is_positive on amount: not validated; 5 rows violate it',
        'constraint constraint unused_is_short on unused: not validated; 0 rows violate it',
      ]),
    );
  });

  test('counts the nulls in a column with not null, if the server stores that as a constraint', async ({
    database,
    skip,
  }) => {
    skip(
      Number(await database.value("select current_setting('server_version_num')")) < 180000,
      'PostgreSQL 18',
    );
    await database.client.query(
      `${TABLES} alter table children add constraint the_rule not null a not valid`,
    );
    expect(await verifyLines(database, { rules: false })).toContain(
      'constraint constraint the_rule on children: not validated; 1 row violates it',
    );
  });

  test('reports that it could not count the rows in time, or with the privileges of the role', async ({
    database,
  }) => {
    await database.client.query(
      `${TABLES}
       create function slow(integer) returns boolean language sql as 'select pg_sleep(5) is null';
       alter table children add constraint the_rule check (slow("an amount")) not valid`,
    );
    expect(await verifyLines(database, { rules: false, statementTimeoutMs: 2000 })).toContain(
      'constraint constraint the_rule on children: not validated; its rows could not be counted: it took too long',
    );
    const role = `voicesurvey_test_reader_${randomBytes(4).toString('hex')}`;
    await database.client.query(`create role ${role} login password 'secret'`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    try {
      const { findings } = await verify({ url: url.href, directory: migrationsDirectory, rules: false });
      expect(lines(findings)).toContain(
        'constraint constraint the_rule on children: not validated; its rows could not be counted: this role may not read the whole table',
      );
    } finally {
      await database.client.query(`drop role ${role}`);
    }
  });

  test('shows no value of a row, even if the count fails', async ({ database }) => {
    await database.client.query(
      `create table children (secret text);
       alter table children add constraint the_rule check (secret::integer > 0) not valid;`,
    );
    await database.client.query(
      "set session_replication_role = replica; alter table children drop constraint the_rule; insert into children values ('geheim'); alter table children add constraint the_rule check (secret::integer > 0) not valid",
    );
    const { findings } = await verify({ url: database.url, directory: migrationsDirectory, rules: false });
    expect(JSON.stringify(findings)).toContain('SQLSTATE 22P02');
    expect(JSON.stringify(findings)).not.toContain('geheim');
  });
});

test('verify gives up on a table that another session has locked', async ({ migrated }) => {
  await migrated.client.query('create view names as select name from users');
  const other = new pg.Client({ connectionString: migrated.url });
  await other.connect();
  await other.query('begin; lock table users in access exclusive mode');
  await expect(verifyLines(migrated)).rejects.toMatchObject({ code: 'catalog_busy' });
  await other.end();
});

test('verify names objects outside of public with their schema', async ({ database }) => {
  const directory = await folderWith({
    'V1.up.sql': 'create schema ours; create table ours.things (id integer, other integer);',
    'V1.down.sql': 'drop schema ours cascade;',
  });
  await up({ url: database.url, directory });
  await database.client.query('alter table ours.things add constraint positive check (id > 0) not valid');
  expect(await verifyLines(database, { directory, rules: false })).toEqual([
    'drift constraint positive on ours.things: here, not in V1',
    'constraint constraint positive on ours.things: not validated; 0 rows violate it',
  ]);
});

describe('a search path with another schema first', () => {
  const people = {
    'V1.up.sql': 'create table people (id uuid primary key, name text);',
    'V1.down.sql': 'drop table people;',
  };

  test.for([
    ['of the database', (name: string) => `alter database "${name}" set search_path = app, public`, ''],
    ['of the address', () => 'select', '?options=-csearch_path%3Dapp'],
  ] as const)('%s: status, verify and the types read that schema', async ([, setting, parameters], {
    database,
  }) => {
    await database.client.query(`create schema app; ${setting(database.name)}`);
    const url = `${database.url}${parameters}`;
    const directory = await folderWith(people);
    await up({ url, directory });
    expect(generateTypes(await readCatalog({ url, directory }))).toContain('name: string | null');
    expect((await verify({ url, directory, rules: false, replay: true })).findings).toEqual([]);
    await database.client.query('alter table app.people drop column name');
    const { findings, drift } = await verify({ url, directory, rules: false });
    expect(lines(findings)).toEqual(['drift column app.people.name: missing here, in V1']);
    expect((await status({ url, directory })).drift).toEqual(drift);
  });

  test('objects of others in that schema are no drift if the files name another schema', async ({
    database,
  }) => {
    await database.client.query(
      `create schema app; create table app.of_a_service (); alter database "${database.name}" set search_path = app, public`,
    );
    const directory = await folderWith({
      'V1.up.sql': 'create table public.people (id integer);',
      'V1.down.sql': 'drop table public.people;',
      'V2.up.sql': 'set search_path = public; create table notes (id integer); create temporary table t ();',
      'V2.down.sql': 'drop table public.notes;',
    });
    await up({ url: database.url, directory });
    await database.client.query('create table app.another ()');
    const { findings } = await verify({ url: database.url, directory, rules: false, replay: true });
    expect(findings).toEqual([]);
  });

  test('a baseline compares the objects of that schema', async ({ database }) => {
    await database.client.query(`create schema app; alter database "${database.name}" set search_path = app, public;
      create table app.people (id uuid primary key)`);
    await expect(
      baseline({ url: database.url, directory: await folderWith(people), version: 'V1' }),
    ).rejects.toMatchObject({ differences: [{ object: 'column app.people.name' }] });
  });
});

describe('verify with replay', () => {
  test('compares the database with what the files make now', async ({ database }) => {
    const { url } = database;
    const files = {
      'V1.up.sql': 'create table one (id integer);',
      'V1.down.sql': 'drop table one;',
      'V2.up.sql': 'create table two (id integer);',
      'V2.down.sql': 'drop table two;',
    };
    const directory = await folderWith(files);
    await up({ url, directory, to: 'V1' });
    await database.client.query('alter table one add by_hand text');
    await up({ url, directory });
    expect((await verify({ url, directory, rules: false })).findings).toEqual([]);
    const replayed = await verify({ url, directory, rules: false, replay: true });
    expect(replayed.comparedWith).toBe('migrations');
    expect(lines(replayed.findings)).toEqual(['drift column one.by_hand: here, not in V2']);
    await database.client.query('drop table two');
    const both = await verify({ url, directory, rules: false, replay: true });
    expect(both.findings.map(({ object }) => object)).toEqual(['table two', 'column one.by_hand']);
  });

  test('reports that the files cannot be run', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    await up({ url, directory });
    const other = await folderWith({ 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    const { findings } = await verify({ url, directory: other, rules: false, replay: true });
    expect(lines(findings)).toContain(
      'unknown the catalog: not compared with what the files make: V1 is missing',
    );
  });
});
