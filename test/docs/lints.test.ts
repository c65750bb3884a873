import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { lintFolder } from '../support/lint.js';

const page = await readFile(new URL('../../docs/lints.md', import.meta.url), 'utf8');

/** A section about one rule, with its bad and its good SQL. */
const SECTION =
  /^## (?<rule>[a-z-]+)\n.*?^Bad:\n\n```sql\n(?<bad>.*?)^```$.*?^Good.*?```sql\n(?<good>.*?)^```$/gms;
const sections = [...page.matchAll(SECTION)].map(({ groups = {} }) => ({
  rule: groups.rule ?? '',
  bad: groups.bad ?? '',
  good: groups.good ?? '',
}));

const ORDERS = `create table public.orders (
  id uuid constraint one_order_per_id primary key,
  number text,
  placed_at timestamptz
);
comment on table public.orders is 'Orders.';
comment on column public.orders.id is 'Key.';
comment on column public.orders.number is 'Number.';
comment on column public.orders.placed_at is 'Time.';
create schema shop;
create table shop.sales (
  id uuid,
  sold_on date,
  constraint one_sale_per_id primary key (id, sold_on)
) partition by range (sold_on);
comment on table shop.sales is 'Sales.';
comment on column shop.sales.id is 'Key.';
comment on column shop.sales.sold_on is 'Day.';
create table shop.sales_2026 (
  id uuid,
  sold_on date not null,
  constraint one_sale_of_2026_per_id primary key (id, sold_on)
);
comment on table shop.sales_2026 is 'Sales of 2026.';
comment on column shop.sales_2026.id is 'Key.';
comment on column shop.sales_2026.sold_on is 'Day.';`;

/** The rules that an up file breaks after the one that creates the tables of the examples. */
async function brokenRules(database: TestDatabase, up: string): Promise<string[]> {
  const folder = await folderWith({
    'V1.up.sql': ORDERS,
    'V1.down.sql': 'select 1;',
    'V2.up.sql': up,
    'V2.down.sql': 'select 1;',
  });
  return (await lintFolder(database, folder)).map(({ rule }) => rule);
}

test('docs/lints.md has a section with bad and good SQL for every lint rule', () => {
  const inTable = [...page.matchAll(/^\| \[`([a-z-]+)`\]\(#\1\)/gm)].map(([, rule]) => rule);
  expect(sections.map(({ rule }) => rule)).toEqual(inTable);
  expect(inTable).toHaveLength(14);
});

test.for(sections)('the bad SQL of docs/lints.md breaks $rule and the good SQL breaks no rule', async ({
  rule,
  bad,
  good,
}, { database, migrated }) => {
  expect(await brokenRules(database, bad)).toEqual([rule]);
  expect(await brokenRules(migrated, good)).toEqual([]);
});
