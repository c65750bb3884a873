import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { describe, expect, inject, onTestFinished } from 'vitest';
import { check } from '../../src/inspect/check.js';
import type { CheckFinding } from '../../src/inspect/finding.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { addProductRows } from '../../src/seed/product-rows.js';
import { type TestDatabase, test } from '../support/database.js';
import { runOnce } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';

const folderOf = (kind: 'faults' | 'clean', name: string): string =>
  fileURLToPath(new URL(`check/${kind}/${name}`, import.meta.url));

const lines = (findings: readonly CheckFinding[]): string[] =>
  findings.map(({ rule, file, line, column, message }) => {
    const place = [basename(file), line, column].filter((part) => part !== null).join(':');
    return `${rule} ${place} ${message}`;
  });

const OVER_ROWS = 'Over rows, not over empty tables: ';
const NOT_RESTORED = 'down-restores V2.down.sql The down does not bring back what was there before: ';

/** What is planted in a folder of test data, and what is to be found there: the beginning of each finding. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  'down-forgets-an-index': [`${NOT_RESTORED}index people_by_name on people: here, not in V1.`],
  'down-changes-a-default': [
    `${NOT_RESTORED}column people.name: default ''::text here, 'nobody'::text in V1.`,
  ],
  'down-forgets-a-function': [`${NOT_RESTORED}function grown_up(integer): here, not in V1.`],
  'down-forgets-a-type': [`${NOT_RESTORED}enum mood: here, not in V1.`],
  'down-forgets-a-comment': [`${NOT_RESTORED}column people.age: comment In years. here, none in V1.`],
  'down-forgets-a-privilege': [`${NOT_RESTORED}table people: public may select here, not in V1.`],
  'down-drops-a-column-it-did-not-add': [`${NOT_RESTORED}column people.age: missing here, in V1.`],
  'down-leaves-an-enum-label': [`${NOT_RESTORED}enum mood: label so_so here, not in V1.`],
  'down-fails-over-rows': [`down-runs V2.down.sql:1:1 ${OVER_ROWS}The down fails: column "name" of`],
  'down-cannot-run-twice': [
    'down-runs-twice V2.down.sql:1:1 The down cannot be run a second time: index "people_by',
  ],
  'up-cannot-run-twice': [
    'up-runs-twice V2.up.sql:2:1 The up cannot be run a second time: relation "people_by_name"',
  ],
  'up-makes-another-constraint-when-run-twice': [
    'up-runs-twice V2.up.sql Run twice in a row by psql -f, the up leaves another schema than run once: constraint people_age_check1',
  ],
  'up-adds-its-rows-twice': [
    'up-runs-twice V2.up.sql A second run of the up adds or deletes rows of table public.cities: 2 before, 4 after.',
  ],
  'up-changes-values-twice': [
    `down-runs-twice V2.down.sql ${OVER_ROWS}A second run of the down changes values in table public.people.`,
    `up-runs-twice V2.up.sql ${OVER_ROWS}A second run of the up changes values in table public.people.`,
  ],
  'up-deletes-rows': [
    `up-keeps-rows V2.up.sql ${OVER_ROWS}The up deletes rows of table public.people: `,
    `up-runs-twice V2.up.sql ${OVER_ROWS}A second run of the up adds or deletes rows of table public.people: `,
  ],
  'up-needs-the-transaction-of-the-engine': [
    'up-runs-by-psql V2.up.sql:1:1 Run by psql -f, the up fails: LOCK TABLE',
  ],
  'up-needs-a-leftover-of-an-earlier-file': [
    'up-runs V2.up.sql:2:13 The up fails: relation "notes" does not exist',
  ],
  'up-finds-what-its-down-left': ['up-repeats V2.up.sql:1:1 After up and down, the up fails: duplicate key'],
  'not-null-column-without-a-default': [`up-runs V2.up.sql:1:1 ${OVER_ROWS}The up fails: column "city" of`],
  'unique-index-over-duplicates': [
    `up-runs V2.up.sql:1:1 ${OVER_ROWS}The up fails: could not create unique index`,
  ],
  'check-that-rows-break': [
    `up-runs V2.up.sql:2:1 ${OVER_ROWS}The up fails: check constraint "email_looks_like_one"`,
  ],
  'constraint-validated-over-bad-rows': [
    `up-runs V3.up.sql:1:1 ${OVER_ROWS}The up fails: check constraint "age_is`,
  ],
  'foreign-key-over-orphans': [
    `up-runs V2.up.sql:2:1 ${OVER_ROWS}The up fails: insert or update on table "letters"`,
  ],
  'text-that-is-no-number': [
    `up-runs V2.up.sql:1:1 ${OVER_ROWS}The up fails: invalid input syntax for type integer: "…" (SQLSTATE 22P02).`,
  ],
  'statement-that-is-wrong': [
    'up-runs V2.up.sql:3:33 The up fails: type "wrong" does not exist (SQLSTATE 42704).',
  ],
  'file-that-is-no-sql': ['syntax-error V2.up.sql:2:7 Syntax error at or near "tabel".'],
  'column-comes-back-at-the-end': [],
};

describe('a fault that is planted in a folder is found, with its place', () => {
  test.for(Object.entries(FAULTS))('%s', async ([name, expected], { database }) => {
    const { findings } = await check({
      url: database.url,
      directory: folderOf('faults', name),
      lints: false,
    });
    const found = lines(findings);
    expect(found.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
  });

  test('and there is no folder that nobody looks at', async () => {
    expect((await readdir(folderOf('faults', ''))).sort()).toEqual(Object.keys(FAULTS).sort());
  });
});

describe('a folder without a fault stays silent', () => {
  test.for([
    'rows-are-thought-of',
    'without-a-transaction',
    'wrapped-and-irreversible',
    'kinds-of-objects',
    'settings-that-a-session-keeps',
    'stamps-what-it-touches',
  ])('%s', async (name, { database }) => {
    const { findings, notes } = await check({
      url: database.url,
      directory: folderOf('clean', name),
      lints: false,
    });
    expect(lines(findings)).toEqual([]);
    expect(notes.map(({ rule }) => rule)).toEqual(name.includes('irreversible') ? ['not-reversible'] : []);
  });

  test("and so do the product's own migrations, over the seed and a thousand contacts", {
    timeout: SLOW,
  }, async ({ database }) => {
    const result = await check({ url: database.url, directory: migrationsDirectory, rows: addProductRows });
    expect([lines(result.findings), lines(result.notes)]).toEqual([[], []]);
    expect(result.migrations).toBe((await readdir(migrationsDirectory)).length / 2);
  });
});

describe('the lints', () => {
  const folder = (name: string): string => fileURLToPath(new URL(`lint/${name}`, import.meta.url));

  test('are a part of it, unless they are left out', async ({ database }) => {
    const options = { url: database.url, directory: folder('a-timestamp-without-a-zone') };
    expect((await check(options)).findings.map(({ rule }) => rule)).toContain('timestamp-without-zone');
    const { findings } = await check({ ...options, lints: false });
    expect(findings.map(({ rule }) => rule)).not.toContain('timestamp-without-zone');
  });

  test('do not tell again what the engine would refuse', async ({ database }) => {
    const { findings, notes } = await check({ url: database.url, directory: folder('an-enum-value-in-use') });
    expect(findings.map(({ rule }) => rule).filter((rule) => rule === 'enum-value-in-use')).toHaveLength(1);
    expect(notes).toEqual([]);
  });

  test('find nothing, and neither do the proofs, where nothing is wrong', async ({ database }) => {
    const { findings, notes } = await check({ url: database.url, directory: folder('nothing-wrong') });
    expect([lines(findings), lines(notes)]).toEqual([[], []]);
  });
});

describe('what is no fault is a note', () => {
  test('a column that comes back at the end of its table', async ({ database }) => {
    const directory = folderOf('faults', 'column-comes-back-at-the-end');
    const { notes } = await check({ url: database.url, directory, lints: false });
    expect(lines(notes)).toEqual([
      'column-order V2.down.sql table people: columns in another order: id, name, age, email here, id, name, email, age in V1.',
    ]);
  });

  test('rows that a down deletes from a table that stays', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': 'create table if not exists people (age integer);',
      'V1.down.sql': 'drop table if exists people;',
      'V2.up.sql': 'select;',
      'V2.down.sql': 'delete from people where age is null;',
    });
    const { findings, notes } = await check({ url: database.url, directory, lints: false });
    expect(lines(notes)).toEqual([
      expect.stringMatching(
        /^down-deletes-rows V2\.down\.sql The down deletes rows of table public\.people: /,
      ),
    ]);
    expect(findings).toEqual([]);
  });

  test('a table that no row could be made up for', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': "create table if not exists codes (code text not null check (code ~ '^[A-Z]{8}$'));",
      'V1.down.sql': 'drop table if exists codes;',
    });
    const { notes } = await check({ url: database.url, directory, lints: false });
    expect(lines(notes)).toEqual([
      expect.stringMatching(
        /^table-stayed-empty V1\.up\.sql Nothing is proved over rows of public\.codes, .* violates check constraint/,
      ),
    ]);
  });

  test('what comes behind a migration that cannot be applied', async ({ database }) => {
    const directory = folderOf('faults', 'statement-that-is-wrong');
    const { notes } = await check({ url: database.url, directory, lints: false });
    expect(lines(notes)).toEqual(['not-tried V3.up.sql Not tried, since V2 cannot be applied.']);
  });
});

describe('one fault does not hide another', () => {
  const V1 = {
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
  };

  test('of the same migration', async ({ database }) => {
    const directory = await folderWith({
      ...V1,
      'V2.up.sql': 'alter table people add age integer not null;\ncreate index by_age on people (age);',
      'V2.down.sql': 'drop index by_age;',
    });
    const { findings } = await check({ url: database.url, directory, lints: false });
    expect(findings.map(({ rule }) => rule)).toEqual([
      'down-restores',
      'down-runs-twice',
      'up-runs-twice',
      'up-runs',
    ]);
  });

  test('of a later one', async ({ database }) => {
    const directory = await folderWith({
      ...V1,
      'V2.up.sql': 'create index if not exists by_name on people (name);',
      'V2.down.sql': 'select;',
      'V3.up.sql': "alter table people add column if not exists city text not null check (city <> '');",
      'V3.down.sql': 'alter table people drop column if exists city;',
      'V4.up.sql': 'create view names as select name from people;',
      'V4.down.sql': 'drop view if exists names;',
    });
    const { findings } = await check({ url: database.url, directory, lints: false });
    expect(findings.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual([
      'V2 down-restores',
      'V3 up-runs',
      'V4 up-runs-twice',
    ]);
  });
});

test('a second run that fails half-way does not get in the way of a later migration', async ({
  database,
}) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql':
      'alter table people add column if not exists town text;\nalter table people rename column town to city;',
    'V2.down.sql': 'alter table people drop column if exists city;',
    'V3.up.sql': 'create or replace view names as select name from people;',
    'V3.down.sql': 'drop view if exists names;',
  });
  const { findings } = await check({ url: database.url, directory, lints: false });
  expect(findings.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual(['V2 up-runs-twice']);
});

test('neither does one that has changed values before it fails', async ({ database }) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table if not exists people (age integer not null);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql': 'update people set age = age + 1;\nalter table people add column town text;',
    'V2.down.sql': 'update people set age = 0;\nalter table people drop column if exists town;',
    'V3.up.sql':
      "do $$ begin if exists (select from people where age > 1) then raise 'twice'; end if; end $$;",
    'V3.down.sql': '',
  });
  const rows = async (client: pg.Client): Promise<ReadonlyMap<string, string>> => {
    await client.query('insert into people select 0 where not exists (select from people)').catch(() => {});
    return new Map();
  };
  const { findings } = await check({ url: database.url, directory, lints: false, rows });
  expect(findings.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual(['V2 up-runs-twice']);
});

describe('nothing stays behind', () => {
  const SLOW = {
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql': 'select pg_sleep(600);',
    'V2.down.sql': 'select;',
  };

  /** The address of a role that has no database yet, and how many it has. */
  async function creator({
    client,
    rows,
    url,
  }: TestDatabase): Promise<{ url: string; databases(): Promise<number> }> {
    const role = `voicesurvey_test_creator_${randomBytes(4).toString('hex')}`;
    await client.query(`create role ${role} login createdb password 'secret'`);
    onTestFinished(() => runOnce(inject('serverUrl'), `drop role ${role}`).then(() => undefined));
    const address = new URL(url);
    address.username = role;
    address.password = 'secret';
    const databases = async (): Promise<number> =>
      (await rows('select from pg_database where pg_get_userbyid(datdba) = $1', [role])).length;
    return { url: address.href, databases };
  }

  test('of a check that is ended in the middle of a statement', async ({ database }) => {
    const { url, databases } = await creator(database);
    const directory = await folderWith(SLOW);
    const controller = new AbortController();
    const seen: number[] = [];
    const checking = check({
      url,
      directory,
      signal: controller.signal,
      onProgress: async ({ migration }) => {
        if (migration !== 'V2') return;
        seen.push(await databases());
        controller.abort();
      },
    });
    await expect(checking).rejects.toMatchObject({ code: 'interrupted' });
    expect(seen[0]).toBeGreaterThan(0);
    expect(await databases()).toBe(0);
  });

  test('of a check that never began', async ({ database }) => {
    const { url, databases } = await creator(database);
    const checking = check({ url, directory: await folderWith(SLOW), signal: AbortSignal.abort() });
    await expect(checking).rejects.toMatchObject({ code: 'interrupted' });
    expect(await databases()).toBe(0);
  });

  test('of one that came to its end', async ({ database }) => {
    const { url, databases } = await creator(database);
    const { findings } = await check({
      url,
      directory: folderOf('faults', 'down-forgets-an-index'),
      lints: false,
    });
    expect([findings.length, await databases()]).toEqual([1, 0]);
  });

  test('where one half of the proofs breaks off, and the other does not go on', async ({ database }) => {
    const { url, databases } = await creator(database);
    const rows = (): Promise<never> => Promise.reject(new Error('no rows today'));
    await expect(check({ url, directory: await folderWith(SLOW), rows })).rejects.toThrow('no rows today');
    expect(await databases()).toBe(0);
  });
});

test('two checks at once do not disturb each other', async ({ database }) => {
  const directory = folderOf('faults', 'down-forgets-an-index');
  const results = await Promise.all(
    [1, 2, 3].map(() => check({ url: database.url, directory, lints: false })),
  );
  for (const { findings } of results) expect(findings.map(({ rule }) => rule)).toEqual(['down-restores']);
});

test('a role, which all databases of a server have in common, is not in the way of itself', async ({
  database,
}) => {
  const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
  const directory = await folderWith({
    'V1.up.sql': `do $$
begin
  if not exists (select from pg_roles where rolname = '${role}') then
    create role ${role};
  end if;
end $$;
create table if not exists people (name text);
grant select on people to ${role};`,
    'V1.down.sql': `drop table if exists people;\ndrop role if exists ${role};`,
  });
  onTestFinished(() => runOnce(inject('serverUrl'), `drop role if exists ${role}`).then(() => undefined));
  expect(lines((await check({ url: database.url, directory, lints: false })).findings)).toEqual([]);
});

test('a role that stays on the server is told, unless it was there before', async ({ database }) => {
  const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
  const directory = await folderWith({
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql': `select 1;
do $$
begin
  create role "${role} of ours";
exception
  when duplicate_object then null;
end $$;`,
    'V2.down.sql': '',
  });
  const checked = () => check({ url: database.url, directory, lints: false });
  onTestFinished(() => runOnce(inject('serverUrl'), `drop role "${role} of ours"`).then(() => undefined));
  expect(await checked()).toMatchObject({
    findings: [],
    notes: [
      {
        rule: 'stays-on-the-server',
        migration: 'V2',
        file: join(directory, 'V2.up.sql'),
        line: 2,
        message: `The role "${role} of ours" was not on the server before, and is there now.`,
        remedy: expect.stringContaining(`drop role "${role} of ours";`),
      },
    ],
  });
  expect((await checked()).notes).toEqual([]);
});

test('the database of the address need not be there', async ({ database }) => {
  const url = `${database.url}?dbname=voicesurvey_test_nowhere`;
  const { findings, server } = await check({
    url,
    directory: folderOf('clean', 'without-a-transaction'),
    lints: false,
  });
  expect([findings, server.address]).toEqual([[], expect.stringMatching(/\/voicesurvey_test_nowhere$/)]);
});

test('a folder that is none of migrations is an error that says so', async ({ database }) => {
  const empty = await folderWith({ 'README.md': 'nothing' });
  await expect(check({ url: database.url, directory: empty })).rejects.toMatchObject({
    code: 'no_migrations',
  });
  const missing = join(empty, 'nowhere');
  await expect(check({ url: database.url, directory: missing })).rejects.toMatchObject({ code: 'no_folder' });
});
