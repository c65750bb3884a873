import { describe, expect } from 'vitest';
import { down } from '../../../src/migrate/down.js';
import { readFolder } from '../../../src/migrate/files/read-folder.js';
import { refuseTakenName } from '../../../src/migrate/history/refuse-taken-name.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { upSets } from '../../../src/migrate/up-sets.js';
import { type TestDatabase, test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { BILLING, NEXT_SHOP, SHOP, twoFolders } from './sets.js';

const histories = async ({ rows }: TestDatabase): Promise<unknown> => ({
  shop: (await rows('select name from voicesurvey_migrations.history order by id')).map(({ name }) => name),
  billing: (await rows('select name from billing_migrations.history order by id')).map(({ name }) => name),
});

describe('two sets of migrations in one database', () => {
  test('have a history each, although their versions are the same', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    await up({ url: database.url, directory: shop });
    const result = await up({ url: database.url, directory: billing });
    expect(result).toMatchObject({ set: 'billing', current: 'V1', snapshotMissing: null });
    expect(await histories(database)).toEqual({ shop: ['V1.orders'], billing: ['V1.invoices'] });
    expect(await status({ url: database.url, directory: billing })).toMatchObject({
      set: 'billing',
      upToDate: true,
      otherFolder: null,
    });
  });

  test('have separate locks: up of one set does not wait for a run of the other', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    await up({ url: database.url, directory: shop });
    const holder = await session(database.url);
    try {
      await holder.query('begin');
      await holder.query('select pg_advisory_xact_lock(581541466810820071)');
      await expect(
        up({ url: database.url, directory: await nextRelease(shop), lockWaitMs: 0 }),
      ).rejects.toMatchObject({ code: 'lock_wait_over' });
      expect(await up({ url: database.url, directory: billing, lockWaitMs: 0 })).toMatchObject({
        current: 'V1',
      });
    } finally {
      await holder.end();
    }
  });

  test('can be applied concurrently, by several processes each', async ({ database }) => {
    const { shop } = await twoFolders();
    await up({ url: database.url, directory: shop });
    const next = await folderWith(NEXT_SHOP);
    const { billing } = await twoFolders();
    const runs = [next, billing, next, billing, next, billing];
    const results = await Promise.all(runs.map((directory) => up({ url: database.url, directory })));
    expect(results.map(({ current }) => current)).toEqual(['V2', 'V1', 'V2', 'V1', 'V2', 'V1']);
    expect(await histories(database)).toEqual({ shop: ['V1.orders', 'V2.notes'], billing: ['V1.invoices'] });
    for (const directory of [next, billing]) {
      expect((await status({ url: database.url, directory })).drift).toMatchObject({ state: 'none' });
    }
  });

  test('can be rolled back independently', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    await upSets({ url: database.url, directories: [shop, billing] });
    await down({ url: database.url, directory: billing });
    expect(await histories(database)).toEqual({ shop: ['V1.orders'], billing: [] });
    expect((await status({ url: database.url, directory: shop })).drift).toMatchObject({ state: 'none' });
    await up({ url: database.url, directory: billing });
    expect(await histories(database)).toEqual({ shop: ['V1.orders'], billing: ['V1.invoices'] });
  });

  test('are refused if the name of one is the beginning of an index of the other', async ({ database }) => {
    const { shop, billing } = await twoFolders({
      ...SHOP,
      'V1.orders.up.sql': `${SHOP['V1.orders.up.sql']} create index billing_day on public.orders (placed_at);`,
    });
    await up({ url: database.url, directory: shop });
    await expect(up({ url: database.url, directory: billing })).rejects.toMatchObject({
      code: 'set_name_taken',
      message:
        'The name of the set billing is the beginning of index public.billing_day, which was there before the set.',
    });
    expect(await database.value("select to_regnamespace('billing_migrations')")).toBeNull();
  });

  test('are not refused for the objects of a run of the same set that was faster', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    await upSets({ url: database.url, directories: [shop, billing] });
    const { set } = await readFolder(billing);
    await expect(refuseTakenName(database.client, set)).resolves.toBeUndefined();
  });

  test('show the history of their set in the SQL of a dry run', async ({ database }) => {
    const { billing } = await twoFolders();
    const { sql } = await up({ url: database.url, directory: billing, dryRun: true, verbose: true });
    expect(sql).toContain('insert into billing_migrations.history');
    expect(sql).not.toContain('voicesurvey_migrations.history');
  });

  test('are not applied if another role has made the schema of the history', async ({ database }) => {
    const { billing } = await twoFolders();
    const role = `${database.name}_stranger`;
    await database.client.query(
      `create role ${role}; create schema billing_migrations authorization ${role}`,
    );
    try {
      await expect(up({ url: database.url, directory: billing })).rejects.toMatchObject({
        code: 'history_foreign',
        message: expect.stringContaining('billing_migrations.history'),
      });
    } finally {
      await database.client.query(`drop owned by ${role} cascade; drop role ${role}`);
    }
  });
});

async function nextRelease(shop: string): Promise<string> {
  const { 'V2.notes.up.sql': upSql, 'V2.notes.down.sql': downSql } = NEXT_SHOP;
  await addFiles(shop, { 'V2.notes.up.sql': upSql, 'V2.notes.down.sql': downSql });
  return shop;
}

describe('upSets', () => {
  test('applies the folders in their order', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    const results = await upSets({ url: database.url, directories: [shop, billing] });
    expect(results.map(({ set, applied }) => [set, applied.length])).toEqual([
      [null, 1],
      ['billing', 1],
    ]);
  });

  test('reports each set before its migrations', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    const events: string[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'set-started') events.push(event.set ?? 'the default set');
      if (event.kind === 'finished') events.push(event.name);
    };
    await upSets({ url: database.url, directories: [shop, billing], onEvent });
    expect(events).toEqual(['the default set', 'V1.orders', 'billing', 'V1.invoices']);
  });

  test('does not start a folder after one that fails', async ({ database }) => {
    const { shop, billing } = await twoFolders({ ...SHOP, 'V1.orders.up.sql': 'select 1 / 0;' });
    await expect(upSets({ url: database.url, directories: [shop, billing] })).rejects.toMatchObject({
      code: 'migration_failed',
    });
    expect(await database.value("select to_regnamespace('billing_migrations')")).toBeNull();
  });

  test('changes nothing if a later folder cannot be read', async ({ database }) => {
    const { shop } = await twoFolders();
    await expect(upSets({ url: database.url, directories: [shop, '/nowhere'] })).rejects.toMatchObject({
      code: 'no_folder',
    });
    expect(await database.value("select to_regclass('public.orders')")).toBeNull();
  });

  test('refuses two folders of one set', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    const other = await folderWith(SHOP);
    await expect(upSets({ url: database.url, directories: [shop, billing, other] })).rejects.toMatchObject({
      code: 'set_twice',
      message: `${shop} and ${other} both belong to the default set.`,
    });
  });

  test('refuses options without a folder', async () => {
    await expect(upSets({ url: 'postgresql://localhost/none', directories: [] })).rejects.toMatchObject({
      code: 'bad_argument',
    });
  });
});

describe('a file of a named set', () => {
  const refused: readonly (readonly [name: string, sql: string])[] = [
    ['creates a table in public', 'create table public.invoices (id integer);'],
    ['creates a table without a schema', 'create table invoices (id integer);'],
    ['creates a schema with another name', 'create schema shipping;'],
    ['adds a column to a table of another set', 'alter table public.orders add column invoiced boolean;'],
    [
      'creates an index with another name on a table of another set',
      'create index by_customer on public.orders (customer);',
    ],
    [
      'creates a trigger with another name on a table of another set',
      'create trigger touch before update on public.orders for each row execute function public.touch();',
    ],
    ['drops a table of another set', 'drop table public.orders;'],
    ['drops a function of another set', 'drop function public.touch();'],
    ['drops an index with another name', 'drop index public.orders_by_time;'],
    ['drops a trigger with another name', 'drop trigger touch on public.orders;'],
    ['drops the schema of another set', 'drop schema public;'],
    ['renames a column of another set', 'alter table public.orders rename column customer to client;'],
    ['gives its index another name', 'alter index public.billing_orders_by_customer rename to by_customer;'],
    ['takes a table of another set into its schema', 'alter table public.orders set schema billing;'],
    ['adds a label to an enum of another set', "alter type public.state add value 'lost';"],
    ['alters a function of another set', 'alter function public.touch() stable;'],
    ['comments a table of another set', "comment on table public.orders is 'sold';"],
    ['comments a column of another set', "comment on column public.orders.customer is 'who pays';"],
    ['comments a trigger of another set', "comment on trigger touch on public.orders is 'not ours';"],
    ['grants PUBLIC a privilege on a table of another set', 'grant select on public.orders to public;'],
    [
      'revokes the privileges on functions of another set',
      'revoke all on all functions in schema public from public;',
    ],
    [
      'lets a role create objects in the schema of another set',
      'grant create on schema public to pg_monitor;',
    ],
    [
      'changes default privileges in the schema of another set',
      'alter default privileges in schema public grant select on tables to public;',
    ],
    ['creates an extension in public', 'create extension btree_gist schema public;'],
    ['creates an extension without a schema', 'create extension btree_gist;'],
    [
      'makes a function of another set depend on an extension',
      'alter function public.touch() depends on extension plpgsql;',
    ],
    ['drops the history of the default set', 'drop schema voicesurvey_migrations cascade;'],
    ['drops its own history', 'drop table billing_migrations.history;'],
  ];
  for (const [name, sql] of refused) {
    test(`is refused before any SQL runs if it ${name}`, async ({ database }) => {
      const billing = await folderWith({ ...BILLING, 'V2.up.sql': sql, 'V2.down.sql': 'select 1;' });
      await expect(up({ url: database.url, directory: billing })).rejects.toMatchObject({
        code: sql.includes('migrations') ? 'changes_history' : 'outside_set',
        location: { line: 1 },
      });
      expect(await database.value("select to_regnamespace('billing_migrations')")).toBeNull();
    });
  }

  const accepted: readonly (readonly [name: string, sql: string])[] = [
    [
      'creates objects in schemas with its name',
      'create schema billing_api; create function billing_api.one() returns integer return 1;',
    ],
    [
      'creates objects without a schema after it has set the search path',
      'set search_path = billing; create table lines (id integer);',
    ],
    [
      'alters its index on a table of another set',
      'alter index public.billing_orders_by_customer set (fillfactor = 90);',
    ],
    [
      'renames and drops its own objects',
      `alter index public.billing_orders_by_customer rename to billing_by_customer;
       alter table billing.invoices rename column order_id to of_order;
       drop trigger billing_touch on public.orders; drop index public.billing_by_customer; drop view billing.open_orders;`,
    ],
    ['creates a temporary table', 'create temporary table work (id integer);'],
    [
      'comments its own objects, also on tables of another set',
      `comment on table billing.invoices is 'owed'; comment on column billing.invoices.id is 'the key';
       comment on index public.billing_orders_by_customer is 'for invoices';
       comment on trigger billing_touch on public.orders is 'for invoices'; comment on schema billing is 'invoices';
       create domain billing.amount as numeric constraint positive check (value > 0);
       comment on constraint positive on domain billing.amount is 'owed';`,
    ],
    ['lets a role read a table of another set', 'grant select on public.orders to pg_monitor;'],
    [
      'creates and drops an operator class in its schema',
      `create operator class billing.integers for type integer using btree as operator 1 <, function 1 btint4cmp(integer, integer);
       comment on operator class billing.integers using btree is 'numbers'; drop operator class billing.integers using btree;`,
    ],
  ];
  for (const [name, sql] of accepted) {
    test(`is applied if it ${name}`, async ({ database }) => {
      const { shop, billing } = await twoFolders(SHOP, {
        ...BILLING,
        'V2.up.sql': sql,
        'V2.down.sql': 'select 1;',
      });
      await upSets({ url: database.url, directories: [shop, billing] });
      for (const directory of [shop, billing]) {
        expect((await status({ url: database.url, directory })).drift).toMatchObject({ state: 'none' });
      }
    });
  }
});
