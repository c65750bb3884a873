import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { up } from '../../../src/migrate/up.js';
import { upSets } from '../../../src/migrate/up-sets.js';
import { test } from '../../support/database.js';
import { BILLING, SHOP, twoFolders } from './sets.js';

/** A set with nothing but an object that depends on the other set. */
const withOnly = (sql: string): Readonly<Record<string, string>> => ({
  'set.json': BILLING['set.json'],
  'V1.up.sql': `create schema billing; ${sql}`,
  'V1.down.sql': 'drop schema billing cascade;',
});

describe('down of a set', () => {
  const broken: readonly (readonly [name: string, sql: string, downSql: string, message: string])[] = [
    [
      'drops an index of the other set with its table',
      'create index billing_orders_by_customer on public.orders (customer);',
      SHOP['V1.orders.down.sql'],
      'V1.orders would drop index billing_orders_by_customer of the set billing.',
    ],
    [
      'drops a foreign key of the other set by cascade',
      'create table billing.invoices (order_id integer constraint of_an_order references public.orders);',
      'drop function public.touch; drop table public.orders cascade;',
      'V1.orders would drop constraint of_an_order on table billing.invoices of the set billing.',
    ],
    [
      'drops a trigger of the other set by cascade',
      'create trigger billing_touch before update on public.orders for each row execute function public.touch();',
      'drop function public.touch cascade; drop table public.orders;',
      'V1.orders would drop trigger billing_touch on table orders of the set billing.',
    ],
  ];
  for (const [name, sql, downSql, message] of broken) {
    test(`is refused if it ${name}`, async ({ database }) => {
      const { url } = database;
      const { shop, billing } = await twoFolders({ ...SHOP, 'V1.orders.down.sql': downSql }, withOnly(sql));
      await upSets({ url, directories: [shop, billing] });
      await expect(down({ url, directory: shop, lose: ['orders'] })).rejects.toMatchObject({
        code: 'other_set_broken',
        message,
        remedy: expect.stringContaining('roll that set back'),
      });
      expect(await database.value("select to_regclass('public.orders')")).toBe('orders');
    });
  }

  test('is refused without cascade if a foreign key of the other set depends on it, which the error names', async ({
    database,
  }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders();
    await upSets({ url, directories: [shop, billing] });
    await expect(down({ url, directory: shop, lose: ['orders'] })).rejects.toMatchObject({
      code: 'migration_failed',
      remedy: expect.stringContaining('of the set billing'),
    });
  });

  test('is refused before anything is rolled back if a later file would break the other set', async ({
    database,
  }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders(
      {
        ...SHOP,
        'V2.up.sql': 'create table public.returns (id integer);',
        'V2.down.sql': 'drop table public.returns;',
      },
      withOnly('create index billing_orders_by_customer on public.orders (customer);'),
    );
    await upSets({ url, directories: [shop, billing] });
    await expect(down({ url, directory: shop, to: '0', lose: ['orders', 'returns'] })).rejects.toMatchObject({
      code: 'would_stop_part_way',
      message: expect.stringContaining('index billing_orders_by_customer of the set billing'),
    });
    expect(await database.value("select to_regclass('public.returns')")).toBe('returns');
  });

  test('is refused before anything is rolled back also if a file without a transaction comes before', async ({
    database,
  }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders({
      ...SHOP,
      'V2.up.sql':
        '-- migrate: no-transaction\ncreate index concurrently orders_by_time on public.orders (placed_at);',
      'V2.down.sql': '-- migrate: no-transaction\ndrop index concurrently public.orders_by_time;',
    });
    await upSets({ url, directories: [shop, billing] });
    await expect(down({ url, directory: shop, to: '0', lose: ['orders'] })).rejects.toMatchObject({
      code: 'would_stop_part_way',
      message: expect.stringContaining('among them objects of the set billing (SQLSTATE 2BP01)'),
    });
    expect(await database.value("select to_regclass('public.orders_by_time')")).toBe('orders_by_time');
  });

  test('names the other set also if another role owns it', async ({ database }) => {
    const { url, client } = database;
    const { shop, billing } = await twoFolders(
      SHOP,
      withOnly('create table billing.invoices (order_id integer references public.orders);'),
    );
    await up({ url, directory: shop });
    const role = `${database.name}_billing`;
    await client.query(`create role ${role} login password 'secret';
      grant create on database ${database.name} to ${role}; grant references on public.orders to ${role}`);
    try {
      const address = Object.assign(new URL(url), { username: role, password: 'secret' });
      await up({ url: address.href, directory: billing });
      await expect(down({ url, directory: shop, lose: ['orders'] })).rejects.toMatchObject({
        message: expect.stringContaining('among them objects of the set billing'),
      });
    } finally {
      await client.query(`drop owned by ${role} cascade; drop role ${role}`);
    }
  });

  test('succeeds after the other set is rolled back', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders();
    await upSets({ url, directories: [shop, billing] });
    await down({ url, directory: billing });
    expect(await down({ url, directory: shop, lose: ['orders'] })).toMatchObject({ current: null });
  });

  test('leaves a table of the other set alone, and so does up', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders(SHOP, withOnly('create table billing.notes (id integer);'));
    await upSets({ url, directories: [shop, billing] });
    await down({ url, directory: shop });
    await up({ url, directory: shop });
    expect(await database.value("select to_regclass('billing.notes')")).toBe('billing.notes');
  });
});
