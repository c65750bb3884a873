import { describe, expect } from 'vitest';
import { takeSnapshot } from '../../../src/catalog/snapshot.js';
import { generateTypes } from '../../../src/inspect/generate.js';
import { encodeCode } from '../../../src/text/encode.js';
import { compile } from '../../support/compile.js';
import { type TestDatabase, test } from '../../support/database.js';
import { NASTY_CATALOG, NASTY_SCHEMAS } from '../../support/nasty-catalog.js';
import { SLOW } from '../../support/timeouts.js';

async function typesOf({ client }: TestDatabase, sql: string, schemas = ['public']): Promise<string> {
  await client.query(sql);
  return generateTypes((await takeSnapshot(client, schemas)).snapshot);
}

const USE = `
import type * as rows from './rows.ts';
export const year = (row: rows.VisitsRow): number => row.at.getFullYear() + row.raw.byteLength + row.names.length;
export const which = (row: rows.VisitsRow): 'first' | 'second' => row.which;
export const label = (label: rows.EnumOfNastyLabels): string => label === 'it\\'s' || label === '##[error]x' ? label : '';
export const inferred: rows.UsesHiddenRow['hidden'] = 'a';
export const kinds: [rows.ABRow, rows.A$2d$b$Row, rows.$41$_$42$$Row, rows.A$20$b$Row] | null = null;
export const entries: [rows.AuditEntriesRow, rows.Audit$Entries$Row, rows.Audit$2e$entries$Row] | null = null;
export const nothing: rows.PeopleRow['the "chief"'] = null;
export const tokens: rows._2faTokensRow['1st'] = null;
export const call: rows.Iterator$Arguments = {};
export const hidden: rows.AllHiddenResult = { id: 1, hidden: null };
export const arguments_: rows.UnnamedArguments = { argument_2: 1, argument_2_: 2 };
`;

test('the types of a catalog with nasty names compile, with a type for each table, enum and function', {
  timeout: SLOW,
}, async ({ database }) => {
  const text = await typesOf(database, NASTY_CATALOG, NASTY_SCHEMAS);
  expect(await compile({ 'rows.ts': text, 'use.ts': USE })).toBe('');
  // Standard output does not change it.
  expect(encodeCode(text)).toBe(text);
  const names = [...text.matchAll(/^export (?:type|interface) (\S+)/gm)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
  const tables = await database.value(
    `select count(*)::integer from pg_class
     where relkind = 'r' and relnamespace::regnamespace::text <> all (array['pg_catalog', 'information_schema', 'voicesurvey_rules'])`,
  );
  expect(names.filter((name) => /Row$/.test(name ?? '')).length).toBe(tables);
});

describe('names of types', () => {
  test('are the usual ones, whatever objects with quoted names or in other schemas are added', async ({
    database,
  }) => {
    const before = await typesOf(
      database,
      `create table a_b (id integer); create type mood as enum ('sad'); create function f() returns integer return 1;
       create table "UserProfile" (id integer)`,
    );
    for (const name of ['ABRow', 'ABInsert', 'Mood', 'FArguments', 'UserProfileRow'])
      expect(before).toMatch(` ${name} `);
    const after = await typesOf(
      database,
      `create table "a-b" (id integer); create type "a_b_row" as enum ('x'); create schema a; create table a.b (id integer);
       create type "Mood" as enum ('x'); create function "F"() returns integer return 1`,
      ['public', 'a'],
    );
    for (const line of before.split('\n').filter((text) => text.startsWith('export')))
      expect(after).toContain(line);
    expect(after).toMatch(/interface A\$2d\$b\$Row /);
    expect(after).toMatch(/interface A\$B\$Row /);
    expect(after).toMatch(/type ABRow\$Enum /);
    expect(after).toMatch(/type \$4d\$ood\$Enum /);
  });

  test('are not those of built-in types, and never empty', async ({ database }) => {
    const text = await typesOf(
      database,
      `create type date as enum ('x'); create type event as enum ('x'); create function iterator() returns integer return 1;
       create view "!" as select 1 as one`,
    );
    const names = [...text.matchAll(/^export (?:type|interface) (\S+)/gm)].map(([, name]) => name);
    expect(names).toEqual([
      'Date$Enum',
      'Event$Enum',
      '$21$$Row',
      'Iterator$Arguments',
      'Iterator$Result',
      'RowsByTable',
      'InsertsByTable',
      'UpdatesByTable',
      'RuleName',
    ]);
  });
});

describe('a column of a domain that is not null', () => {
  const DOMAINS = `
    create domain known as text not null;
    create domain known_too as known;
    create domain counted as integer not null default 0;
    create table people (name known, other known_too, count counted, plain text);
    create view names as select name from people;
    create function greet(name known, plain text) returns known return name;
  `;

  test('has no null in rows and updates, and is needed in an insert unless the domain has a default', async ({
    database,
  }) => {
    const text = await typesOf(database, DOMAINS);
    const [, row, insert, update] = text.split(/export interface People\w+ \{\n/);
    const members = (body = ''): string[] =>
      (body.split('\n}')[0] ?? '').split('\n').map((line) => line.trim());
    expect(members(row)).toEqual([
      'readonly name: string;',
      'readonly other: string;',
      'readonly count: number;',
      'readonly plain: string | null;',
    ]);
    expect(members(insert)).toEqual([
      'readonly name: string;',
      'readonly other: string;',
      'readonly count?: number;',
      'readonly plain?: string | null;',
    ]);
    expect(members(update)[0]).toBe('readonly name?: string;');
    await expect(database.client.query('insert into people (count) values (1)')).rejects.toThrow(/null/);
    expect(await database.rows("insert into people (name, other) values ('a', 'b') returning *")).toEqual([
      { name: 'a', other: 'b', count: 0, plain: null },
    ]);
  });

  test('has no null element in an array of it, and an array of a plain type may have null elements', async ({
    database,
  }) => {
    const text = await typesOf(
      database,
      `${DOMAINS} create table lists (names known[] not null, plain text[] not null);`,
    );
    const insert = text.slice(text.indexOf('export interface ListsInsert'));
    expect(insert).toMatch(/readonly names: readonly \(string\)\[\];/);
    expect(insert).toMatch(/readonly plain: readonly \(string \| null\)\[\];/);
  });

  test('can be null in a view, and not as an argument', async ({ database }) => {
    const text = await typesOf(database, DOMAINS);
    expect(text).toContain('export interface NamesRow {\n  readonly name: string | null;\n}');
    expect(text).toContain(
      'export interface GreetArguments {\n  readonly name: string;\n  readonly plain: string | null;\n}',
    );
  });
});

test('the columns of a view are in the order of the view', async ({ database }) => {
  const text = await typesOf(
    database,
    `create view v as select 1 as zebra, 2 as apple, 3 as mango;
     create materialized view m as select 1 as zebra, 2 as apple`,
  );
  const [rows = ''] = text.split('export interface RowsByTable');
  const columns = [...rows.matchAll(/readonly (\w+):/g)].map(([, name]) => name);
  expect(columns).toEqual(['zebra', 'apple', 'zebra', 'apple', 'mango']);
});

test('a name with a dot or with parentheses is found like any other', async ({ database }) => {
  const text = await typesOf(
    database,
    `create type "a.b" as enum ('x');
     create domain "d(e)" as integer;
     create table t (one "a.b" not null, two "d(e)" not null);
     create function "f(x)"(one "a.b") returns setof t language sql as 'select * from t'`,
  );
  expect(text).toContain('readonly one: AB;\n  readonly two: number;');
  expect(text).toContain('export interface FXArguments {\n  readonly one: AB | null;\n}');
});
