import { expect } from 'vitest';
import { takeSnapshot } from '../../../src/catalog/snapshot.js';
import { findRuleViolations } from '../../../src/inspect/rules/schema-rules.js';
import { test } from '../../support/database.js';

const KEY = 'id uuid primary key default gen_random_uuid()';
const TOUCH = `create function touch() returns trigger language plpgsql as 'begin new.updated_at := now(); return new; end'`;
const TRIGGER = 'create trigger touched before update on things for each row execute function touch()';

const CASES: readonly (readonly [sql: string, violations: readonly string[]])[] = [
  [`create table things (${KEY})`, []],
  ['create table things (name text)', ['table things: it has no primary key']],
  [
    'create table things (id bigint primary key)',
    ['table things: it has a primary key that is not a single uuid'],
  ],
  [
    'create table things (id uuid, other uuid, primary key (id, other))',
    ['table things: it has a primary key that is not a single uuid'],
  ],
  [
    'create table things ("The Key" uuid primary key)',
    ['column things.The Key: the key has no default, so the server does not generate it'],
  ],
  [
    `create table things (${KEY}, parent uuid constraint has_a_parent references things)`,
    ['constraint has_a_parent on things: no index begins with parent'],
  ],
  [
    `create table things (${KEY}, parent uuid constraint has_a_parent references things); create index on things (parent, id)`,
    [],
  ],
  [
    `create table things (${KEY}, "My Parent" uuid constraint has_a_parent references things); create index on things ("My Parent")`,
    [],
  ],
  [`create table things (${KEY}, parent uuid unique constraint has_a_parent references things)`, []],
  [
    `create table things (${KEY}, parent uuid constraint has_a_parent references things); create index on things (id, parent)`,
    ['constraint has_a_parent on things: no index begins with parent'],
  ],
  [
    `create table things (${KEY}, parent uuid constraint has_a_parent references things); create index on things (parent) where id is null`,
    ['constraint has_a_parent on things: no index begins with parent'],
  ],
  [
    `create table things (${KEY}, state text constraint known check (state in ('open', 'closed')))`,
    ['constraint known on things: a fixed list of words in a text column; state should be an enum'],
  ],
  [`create table things (${KEY}, name text check (name <> ''))`, []],
  [
    `create table things (${KEY}, at timestamp, other timestamp(3))`,
    [
      'column things.at: a timestamp without a time zone',
      'column things.other: a timestamp without a time zone',
    ],
  ],
  [`create table things (${KEY}, at timestamptz, hour time)`, []],
  [
    `create table things (${KEY}, updated_at timestamptz)`,
    ['table things: no enabled trigger sets updated_at before an update'],
  ],
  [`create table things (${KEY}, updated_at timestamptz); ${TOUCH}; ${TRIGGER}`, []],
  [
    `create table things (${KEY}, updated_at timestamptz); ${TOUCH}; ${TRIGGER}; alter table things disable trigger touched`,
    ['table things: no enabled trigger sets updated_at before an update'],
  ],
  [
    `create table things (${KEY}, updated_at timestamptz); ${TOUCH.replace('new.updated_at := now();', '')}; ${TRIGGER}`,
    ['table things: no enabled trigger sets updated_at before an update'],
  ],
];

test.for(CASES)('%s violates %j', async ([sql, violations], { database }) => {
  await database.client.query(sql);
  const { snapshot } = await takeSnapshot(database.client, ['public']);
  expect(findRuleViolations(snapshot).map(({ object, finding }) => `${object}: ${finding}`)).toEqual(
    violations,
  );
});

test("the product's schema violates no rule", async ({ migrated }) => {
  const { snapshot } = await takeSnapshot(migrated.client, ['public']);
  expect(findRuleViolations(snapshot)).toEqual([]);
});
