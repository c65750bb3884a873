import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addFiles, folderWith } from '../../support/folder.js';

/** The migrations of a default set: a table that other sets refer to. */
export const SHOP = {
  'V1.orders.up.sql': `create table public.orders (id integer primary key, customer text not null, placed_at timestamptz);
create function public.touch() returns trigger language plpgsql as 'begin return new; end';`,
  'V1.orders.down.sql': 'drop function public.touch; drop table public.orders;',
} as const;

/** The next release of the default set. */
export const NEXT_SHOP = {
  ...SHOP,
  'V2.notes.up.sql': 'alter table public.orders add column note text;',
  'V2.notes.down.sql': 'alter table public.orders drop column note;',
} as const;

/** The migrations of a named set that refers to the table: a table, a view, an index and a trigger. */
export const BILLING = {
  'set.json': '{ "set": "billing" }',
  'V1.invoices.up.sql': `create schema billing;
create table billing.invoices (id integer primary key, order_id integer references public.orders);
create index invoices_of_an_order on billing.invoices (order_id);
create view billing.open_orders as select id from public.orders where placed_at is null;
create index billing_orders_by_customer on public.orders (customer);
create trigger billing_touch before update on public.orders for each row execute function public.touch();`,
  'V1.invoices.down.sql': `drop trigger billing_touch on public.orders;
drop index public.billing_orders_by_customer;
drop schema billing cascade;`,
} as const;

/** Makes a folder for each set, side by side, so that `after` can name the other. */
export async function twoFolders(
  shop: Readonly<Record<string, string>> = SHOP,
  billing: Readonly<Record<string, string>> = BILLING,
): Promise<{ readonly shop: string; readonly billing: string }> {
  const folder = await folderWith();
  const folders = { shop: join(folder, 'shop'), billing: join(folder, 'billing') };
  await Promise.all([mkdir(folders.shop), mkdir(folders.billing)]);
  await Promise.all([addFiles(folders.shop, shop), addFiles(folders.billing, billing)]);
  return folders;
}
