import { describe, expect } from 'vitest';
import { check } from '../../../src/inspect/check.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { describeFindings, fixture } from './findings.js';

describe('check notes', () => {
  test('a column that a down restores at the end of its table', async ({ database }) => {
    const directory = fixture('faults', 'column-restored-at-the-end');
    const { notes } = await check({ url: database.url, directory, lints: false });
    expect(describeFindings(notes)).toEqual([
      'column-order V2.down.sql table people: columns in another order: id, name, age, email here, id, name, email, age in V1.',
    ]);
  });

  test('rows that a down deletes from a table that remains', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': 'create table if not exists people (age integer);',
      'V1.down.sql': 'drop table if exists people;',
      'V2.up.sql': 'select;',
      'V2.down.sql': 'delete from people where age is null;',
    });
    const { findings, notes } = await check({ url: database.url, directory, lints: false });
    expect(describeFindings(notes)).toEqual([
      expect.stringMatching(
        /^down-deletes-rows V2\.down\.sql The down deletes rows of table public\.people: /,
      ),
    ]);
    expect(findings).toEqual([]);
  });

  test('a table to which no synthetic row could be added', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': "create table if not exists codes (code text not null check (code ~ '^[A-Z]{8}$'));",
      'V1.down.sql': 'drop table if exists codes;',
    });
    const { notes } = await check({ url: database.url, directory, lints: false });
    expect(describeFindings(notes)).toEqual([
      expect.stringMatching(
        /^table-stayed-empty V1\.up\.sql The checks ran without rows in public\.codes, .* violates check constraint/,
      ),
    ]);
  });

  test('the migrations after one that cannot be applied', async ({ database }) => {
    const directory = fixture('faults', 'invalid-statement');
    const { notes } = await check({ url: database.url, directory, lints: false });
    expect(describeFindings(notes)).toEqual(['not-tried V3.up.sql Not run, because V2 cannot be applied.']);
  });
});
