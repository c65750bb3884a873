import type { CheckFinding } from '../../../src/inspect/check/finding.js';
import { test as base, type TestDatabase, withDatabase } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { lintFolder } from '../../support/lint.js';

/** `test` with an empty database that the tests of a file share. */
export const test = base.extend<{ shared: TestDatabase }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  shared: [async ({}, use) => withDatabase('template0', use), { scope: 'file' }],
});

/** Empties a database, and lints a folder in it. */
export async function lintInEmptied(
  database: TestDatabase,
  folder: string,
): Promise<readonly CheckFinding[]> {
  await database.client.query('drop schema if exists public, internal cascade');
  await database.client.query('create schema public; discard temp');
  return lintFolder(database, folder);
}

/** Lints a folder, and describes each finding as `V0002:1:1 rule`. */
export async function describeFindings(database: TestDatabase, folder: string): Promise<string[]> {
  const findings = await lintInEmptied(database, folder);
  return findings.map(({ migration, line, column, rule }) => `${migration}:${line}:${column} ${rule}`);
}

/** Lints up files V1, V2, …, and returns only the findings of some rules. */
export async function lintFiles(
  database: TestDatabase,
  rules: RegExp,
  ...ups: readonly string[]
): Promise<string[]> {
  const files = ups.flatMap((up, index) => [
    [`V${index + 1}.up.sql`, up],
    [`V${index + 1}.down.sql`, 'select 1'],
  ]);
  const all = await describeFindings(database, await folderWith(Object.fromEntries(files)));
  return all.filter((line) => rules.test(line));
}

/** A table with a key and two columns. */
export const TABLE = 'create table if not exists a (id uuid constraint k primary key, b text, c uuid);';

/** A table with an index, another one, and a materialized view. */
export const LIVE = `create table a (id uuid constraint k primary key, b varchar(10), n integer, t timestamp, c text);
create table big as select 1 as n;
create index a_by_c on a (c);
create materialized view m as select n from big;
`;
