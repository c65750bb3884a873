import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { check } from '../../src/inspect/check.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { describeFindings, fixture } from './check/findings.js';

const OVER_ROWS = 'With rows in the tables, but not with empty tables: ';
const NOT_RESTORED = 'down-restores V2.down.sql The down does not restore the previous schema: ';

/** The folders in faults/, each with the beginnings of its findings. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  'down-leaves-an-index': [`${NOT_RESTORED}index people_by_name on people: here, not in V1.`],
  'down-changes-a-default': [
    `${NOT_RESTORED}column people.name: default ''::text here, 'nobody'::text in V1.`,
  ],
  'down-leaves-a-function': [`${NOT_RESTORED}function grown_up(integer): here, not in V1.`],
  'down-leaves-a-type': [`${NOT_RESTORED}enum mood: here, not in V1.`],
  'down-leaves-a-comment': [`${NOT_RESTORED}column people.age: comment "In years." here, none in V1.`],
  'down-leaves-a-privilege': [`${NOT_RESTORED}table people: public may select here, not in V1.`],
  'down-drops-a-column-it-did-not-add': [`${NOT_RESTORED}column people.age: missing here, in V1.`],
  'down-leaves-an-enum-label': [`${NOT_RESTORED}enum mood: label so_so here, not in V1.`],
  'down-fails-over-rows': [`down-runs V2.down.sql:1:1 ${OVER_ROWS}The down fails: column "name" of`],
  'down-cannot-run-twice': [
    'down-runs-twice V2.down.sql:1:1 The down fails in a second run: index "people_by',
  ],
  'up-cannot-run-twice': [
    'up-runs-twice V2.up.sql:2:1 The up fails in a second run: relation "people_by_name"',
  ],
  'second-up-adds-a-constraint': [
    'up-runs-twice V2.up.sql A second run of the up by psql -f leaves a different schema than one run: constraint people_age_check1',
  ],
  'second-up-adds-rows': [
    'up-runs-twice V2.up.sql A second run of the up adds or deletes rows of table public.cities: 2 before, 4 after.',
  ],
  'second-run-changes-values': [
    `down-runs-twice V2.down.sql ${OVER_ROWS}A second run of the down changes values in table public.people.`,
    `up-runs-twice V2.up.sql ${OVER_ROWS}A second run of the up changes values in table public.people.`,
  ],
  'up-deletes-rows': [
    `up-keeps-rows V2.up.sql ${OVER_ROWS}The up deletes rows of table public.people: `,
    `up-runs-twice V2.up.sql ${OVER_ROWS}A second run of the up adds or deletes rows of table public.people: `,
  ],
  'up-needs-a-transaction': ['up-runs-by-psql V2.up.sql:1:1 Run by psql -f, the up fails: LOCK TABLE'],
  'up-needs-a-temporary-table': ['up-runs V2.up.sql:2:13 The up fails: relation "notes" does not exist'],
  'up-fails-after-its-down': ['up-repeats V2.up.sql:1:1 After up and down, the up fails: duplicate key'],
  'not-null-column-without-a-default': [`up-runs V2.up.sql:1:1 ${OVER_ROWS}The up fails: column "city" of`],
  'unique-index-over-duplicates': [
    `up-runs V2.up.sql:1:1 ${OVER_ROWS}The up fails: could not create unique index`,
  ],
  'check-violated-by-rows': [
    `up-runs V2.up.sql:2:1 ${OVER_ROWS}The up fails: check constraint "email_looks_like_one"`,
  ],
  'constraint-validated-over-invalid-rows': [
    `up-runs V3.up.sql:1:1 ${OVER_ROWS}The up fails: check constraint "age_is`,
  ],
  'foreign-key-over-orphans': [
    `up-runs V2.up.sql:2:1 ${OVER_ROWS}The up fails: insert or update on table "letters"`,
  ],
  'text-that-is-not-a-number': [
    `up-runs V2.up.sql:1:1 ${OVER_ROWS}The up fails: invalid input syntax for type integer: "…" (SQLSTATE 22P02).`,
  ],
  'invalid-statement': ['up-runs V2.up.sql:3:33 The up fails: type "wrong" does not exist (SQLSTATE 42704).'],
  'file-that-is-not-sql': ['syntax-error V2.up.sql:2:7 Syntax error at or near "tabel".'],
  'column-restored-at-the-end': [],
};

describe('check finds the fault in the folder', () => {
  test.for(Object.entries(FAULTS))('%s', async ([name, expected], { database }) => {
    const { findings } = await check({
      url: database.url,
      directory: fixture('faults', name),
      lints: false,
    });
    const described = describeFindings(findings);
    expect(described.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
  });
});

test('every folder in faults/ is checked', async () => {
  expect((await readdir(fixture('faults', ''))).sort()).toEqual(Object.keys(FAULTS).sort());
});

describe('check finds nothing in the folder', () => {
  test.for([
    'handles-existing-rows',
    'no-transaction',
    'wrapped-and-irreversible',
    'kinds-of-objects',
    'session-settings',
    'updated-at-trigger',
  ])('%s', async (name, { database }) => {
    const { findings, notes } = await check({
      url: database.url,
      directory: fixture('clean', name),
      lints: false,
    });
    expect(describeFindings(findings)).toEqual([]);
    expect(notes.map(({ rule }) => rule)).toEqual(name.includes('irreversible') ? ['not-reversible'] : []);
  });
});

describe('check', () => {
  const folder = (name: string): string => fileURLToPath(new URL(`lint/${name}`, import.meta.url));

  test('lints the files by default', async ({ database }) => {
    const options = { url: database.url, directory: folder('timestamp-without-zone') };
    expect((await check(options)).findings.map(({ rule }) => rule)).toContain('timestamp-without-zone');
    const { findings } = await check({ ...options, lints: false });
    expect(findings.map(({ rule }) => rule)).not.toContain('timestamp-without-zone');
  });

  test('lists a fault that the engine refuses only once', async ({ database }) => {
    const { findings, notes } = await check({ url: database.url, directory: folder('enum-value-in-use') });
    expect(findings.map(({ rule }) => rule).filter((rule) => rule === 'enum-value-in-use')).toHaveLength(1);
    expect(notes).toEqual([]);
  });

  test('finds nothing in clean files', async ({ database }) => {
    const { findings, notes } = await check({ url: database.url, directory: folder('clean') });
    expect([describeFindings(findings), describeFindings(notes)]).toEqual([[], []]);
  });
});

test('concurrent checks do not affect each other', async ({ database }) => {
  const directory = fixture('faults', 'down-leaves-an-index');
  const results = await Promise.all(
    [1, 2, 3].map(() => check({ url: database.url, directory, lints: false })),
  );
  for (const { findings } of results) expect(findings.map(({ rule }) => rule)).toEqual(['down-restores']);
});

test('check accepts an address whose database does not exist', async ({ database }) => {
  const url = `${database.url}?dbname=voicesurvey_test_nowhere`;
  const { findings, server } = await check({
    url,
    directory: fixture('clean', 'no-transaction'),
    lints: false,
  });
  expect([findings, server.address]).toEqual([[], expect.stringMatching(/\/voicesurvey_test_nowhere$/)]);
});

test('check refuses a folder without migrations', async ({ database }) => {
  const empty = await folderWith({ 'README.md': 'nothing' });
  await expect(check({ url: database.url, directory: empty })).rejects.toMatchObject({
    code: 'no_migrations',
  });
  const missing = join(empty, 'nowhere');
  await expect(check({ url: database.url, directory: missing })).rejects.toMatchObject({ code: 'no_folder' });
});
