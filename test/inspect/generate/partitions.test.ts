import { expect } from 'vitest';
import { type Snapshot, takeSnapshot } from '../../../src/catalog/snapshot.js';
import { generateDiagram } from '../../../src/inspect/generate/diagram.js';
import { generateDictionary } from '../../../src/inspect/generate/dictionary.js';
import { generateTypes } from '../../../src/inspect/generate/row-types.js';
import { type TestDatabase, test } from '../../support/database.js';

const PARTITIONED = `create table calls (id integer, day integer, primary key (id, day)) partition by range (day);
create table calls_1 partition of calls for values from (1) to (2);
create table calls_2 partition of calls for values from (2) to (3) partition by list (id);
create table calls_2_1 partition of calls_2 for values in (1);
create schema archive;
create table archive.calls_0 partition of calls for values from (0) to (1);
create table parent (id integer);
create table child (more text) inherits (parent);
create function latest() returns setof calls_2_1 language sql as 'select * from calls_2_1';`;

async function snapshotOf({ client }: TestDatabase, ...schemas: readonly string[]): Promise<Snapshot> {
  await client.query(PARTITIONED);
  return (await takeSnapshot(client, schemas)).snapshot;
}

test('types has an interface of a partitioned table, and none of its partitions', async ({ database }) => {
  const text = generateTypes(await snapshotOf(database, 'public', 'archive'));
  const rows = [...text.matchAll(/^export interface (\w+Row) /gm)].map(([, name]) => name);
  expect(rows).toEqual(['CallsRow', 'ChildRow', 'ParentRow']);
  expect(text).toContain('export type LatestResult = CallsRow;');
});

test('types has an interface of a partition if its table is in a schema that is not read', async ({
  database,
}) => {
  const text = generateTypes(await snapshotOf(database, 'archive'));
  expect(text).toContain('export interface ArchiveCalls0Row ');
});

test('docs describes a partitioned table with its key, and no partition', async ({ database }) => {
  const snapshot = await snapshotOf(database, 'public', 'archive');
  const text = generateDictionary(snapshot);
  expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
    'calls',
    'child',
    'parent',
    'Functions',
  ]);
  expect(text).toContain('\nPartitioned by `RANGE (day)`.\n');
  expect(text).not.toMatch(/calls_\d/);
  expect(generateDiagram(snapshot)).not.toMatch(/calls_\d/);
});
