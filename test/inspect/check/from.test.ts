import { describe, expect } from 'vitest';
import { type CheckProgress, check } from '../../../src/inspect/check.js';
import { measureLocks } from '../../../src/inspect/locks.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { describeFindings } from './findings.js';

const FILES = {
  'V1.up.sql': 'create table people (name text);',
  'V1.down.sql': 'drop table if exists people;',
  'V2.up.sql': 'create index by_name on people (name);',
  'V2.down.sql': 'select;',
  'V3.up.sql': 'alter table people add column if not exists city text not null;',
  'V3.down.sql': 'alter table people drop column if exists city;',
};

describe('check from a version', () => {
  test('checks only the newer migrations, over rows that were added at the version', async ({ database }) => {
    const directory = await folderWith(FILES);
    const progress: CheckProgress[] = [];
    const result = await check({
      url: database.url,
      directory,
      from: 'V2',
      lints: false,
      onProgress: (each) => progress.push(each),
    });
    expect(result).toMatchObject({ migrations: 3, checked: 1, durationMs: expect.any(Number) });
    expect(describeFindings(result.findings).map((line) => line.split(' ', 2).join(' '))).toEqual([
      'up-runs V3.up.sql:1:1',
    ]);
    expect(result.findings[0]?.message).toContain('With rows in the tables');
    expect(
      progress.map(({ over, migration, number, total }) => `${over} ${migration} ${number}/${total}`).sort(),
    ).toEqual(['empty tables V3 1/1', 'rows V3 1/1']);
  });

  test('lints only the newer migrations, with the definitions of all', async ({ database }) => {
    const directory = await folderWith({
      ...FILES,
      'V3.up.sql': 'create index if not exists by_name_again on people (name);',
      'V3.down.sql': 'drop index if exists by_name_again;',
    });
    const { findings } = await check({ url: database.url, directory, from: '2' });
    expect(findings.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual(['V3 index-on-live-table']);
  });

  test('finds that an older migration cannot be applied', async ({ database }) => {
    const directory = await folderWith({ ...FILES, 'V1.up.sql': 'create table people (name wrong);' });
    const { findings, notes } = await check({ url: database.url, directory, from: 'V2' });
    expect(findings.map(({ rule, migration, line }) => [rule, migration, line])).toEqual([
      ['up-runs', 'V1', 1],
    ]);
    expect(notes.map(({ rule, migration }) => `${migration} ${rule}`)).toEqual([
      'V2 not-tried',
      'V3 not-tried',
    ]);
  });

  test('checks nothing after the newest one, and refuses a version that the folder does not have', async ({
    database: { url },
  }) => {
    const directory = await folderWith(FILES);
    expect(await check({ url, directory, from: 'V3' })).toMatchObject({ checked: 0, findings: [] });
    await expect(check({ url, directory, from: 'V4' })).rejects.toMatchObject({ code: 'unknown_version' });
  });

  test('lists the locks of the newer migrations', async ({ database: { url } }) => {
    const { locks } = await measureLocks({ url, directory: await folderWith(FILES), from: 'V2' });
    expect(locks.map(({ migration, lock }) => `${migration} ${lock}`)).toEqual(['V3 access exclusive']);
  });
});

test('the remedy for a rename that cannot run twice does not advise to drop anything', async ({
  database,
}) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql': 'select 1;\nalter table people rename column name to full_name;',
    'V2.down.sql': 'alter table people\n  rename full_name to name;',
  });
  const { findings } = await check({ url: database.url, directory, lints: false });
  expect(findings.map(({ rule }) => rule)).toEqual(['down-runs-twice', 'up-runs-twice']);
  for (const { remedy } of findings) {
    expect(remedy).toMatch(
      /^Rename it only while it has the old name: do \$\$ begin if exists \(select from pg_attribute .*'people'.* then alter table people\s+rename/,
    );
  }
});
