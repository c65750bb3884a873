import { spawnSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { accept } from '../../../src/inspect/accept.js';
import { verify } from '../../../src/inspect/verify.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { upSets } from '../../../src/migrate/up-sets.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { BILLING, NEXT_SHOP, twoFolders } from './sets.js';

type Folders = Awaited<ReturnType<typeof twoFolders>>;

const applyBoth = async ({ url }: TestDatabase): Promise<Folders> => {
  const folders = await twoFolders();
  await upSets({ url, directories: [folders.shop, folders.billing] });
  return folders;
};

/** The drift of both sets, object by object; each `status` must agree with its `verify`. */
async function driftOf({ url }: TestDatabase, { shop, billing }: Folders): Promise<unknown> {
  const objects = async (directory: string): Promise<readonly string[]> => {
    const { findings } = await verify({ url, directory, rules: false });
    const found = findings.map(({ object, finding }) => `${object}: ${finding}`);
    const { drift } = await status({ url, directory });
    expect(drift.state).toBe(found.length === 0 ? 'none' : 'drifted');
    return found;
  };
  return { shop: await objects(shop), billing: await objects(billing) };
}

describe('the drift of one set', () => {
  test('has nothing that the other set has made, whichever was applied last', async ({ database }) => {
    const folders = await applyBoth(database);
    expect(await driftOf(database, folders)).toEqual({ shop: [], billing: [] });
    await addFiles(folders.shop, NEXT_SHOP);
    expect(await up({ url: database.url, directory: folders.shop })).toMatchObject({
      current: 'V2',
      drift: [],
    });
    expect(await driftOf(database, folders)).toEqual({ shop: [], billing: [] });
    await addFiles(folders.billing, {
      'V2.up.sql': 'create index billing_orders_by_time on public.orders (placed_at);',
      'V2.down.sql': 'drop index public.billing_orders_by_time;',
    });
    expect(await up({ url: database.url, directory: folders.billing })).toMatchObject({
      current: 'V2',
      drift: [],
    });
    expect(await driftOf(database, folders)).toEqual({ shop: [], billing: [] });
  });

  const changes: readonly (readonly [name: string, sql: string, drift: unknown])[] = [
    [
      'of the default set has a table that was created in public by hand',
      'create table public.by_hand (id integer)',
      { shop: ['table by_hand: here, not in V1.orders'], billing: [] },
    ],
    [
      'of the default set has an index without the name of a set',
      'create index by_hand on public.orders (placed_at)',
      { shop: ['index by_hand on orders: here, not in V1.orders'], billing: [] },
    ],
    [
      'of the named set has a table that was created in its schema by hand',
      'create table billing.by_hand (id integer)',
      { shop: [], billing: ['table billing.by_hand: here, not in V1.invoices'] },
    ],
    [
      'of the named set has a schema with its name that was created by hand',
      'create schema billing_by_hand',
      { shop: [], billing: ['schema billing_by_hand: here, not in V1.invoices'] },
    ],
    [
      'of the named set has its index on a table of the other set, dropped by hand',
      'drop index public.billing_orders_by_customer',
      { shop: [], billing: ['index billing_orders_by_customer on orders: missing here, in V1.invoices'] },
    ],
    [
      'of the named set has its trigger on a table of the other set, disabled by hand',
      'alter table public.orders disable trigger billing_touch',
      { shop: [], billing: ['trigger billing_touch on orders: state disabled here, enabled in V1.invoices'] },
    ],
    [
      'of the named set has an extension in its schema',
      'create extension pg_trgm schema billing',
      { shop: [], billing: ['extension pg_trgm: here, not in V1.invoices'] },
    ],
  ];
  for (const [name, sql, drift] of changes) {
    test(name, async ({ database }) => {
      const folders = await applyBoth(database);
      await database.client.query(sql);
      expect(await driftOf(database, folders)).toEqual(drift);
    });
  }

  test('of the default set has the index of a set that does not exist', async ({ database }) => {
    const folders = await twoFolders();
    await up({ url: database.url, directory: folders.shop });
    await database.client.query('create index billing_by_hand on public.orders (placed_at)');
    const { drift } = await status({ url: database.url, directory: folders.shop });
    expect(drift.state).toBe('drifted');
  });

  test('of the default set has the index of a set whose history belongs to another role', async ({
    database,
  }) => {
    const folders = await applyBoth(database);
    const role = `${database.name}_stranger`;
    await database.client.query(`create role ${role}; alter schema billing_migrations owner to ${role}`);
    try {
      const { findings } = await verify({ url: database.url, directory: folders.shop, rules: false });
      expect(findings.map(({ object }) => object)).toEqual(
        expect.arrayContaining([
          'index billing_orders_by_customer on orders',
          'trigger billing_touch on orders',
        ]),
      );
    } finally {
      await database.client.query(`drop owned by ${role} cascade; drop role ${role}`);
    }
  });

  test('of a named set is accepted for that set alone', async ({ database }) => {
    const folders = await applyBoth(database);
    const { url } = database;
    await database.client.query(
      'drop index public.billing_orders_by_customer; create index by_hand on public.orders (placed_at)',
    );
    const { differences } = await accept({ url, directory: folders.billing, reason: 'not needed' });
    expect(differences.map(({ object }) => object)).toEqual(['index billing_orders_by_customer on orders']);
    expect(await driftOf(database, folders)).toEqual({
      shop: ['index by_hand on orders: here, not in V1.orders'],
      billing: [],
    });
  });

  test('of a named set is accepted object by object', async ({ database }) => {
    const folders = await applyBoth(database);
    const { url } = database;
    await database.client.query(
      'drop index public.billing_orders_by_customer; alter table public.orders disable trigger billing_touch',
    );
    const objects = ['index billing_orders_by_customer on orders'];
    await accept({ url, directory: folders.billing, reason: 'not needed', objects });
    expect(await driftOf(database, folders)).toEqual({
      shop: [],
      billing: ['trigger billing_touch on orders: state disabled here, enabled in V1.invoices'],
    });
  });
});

describe('a role that may only read both histories', () => {
  test('finds no drift', async ({ database }) => {
    const { shop, billing } = await applyBoth(database);
    const role = `${database.name}_reader`;
    await database.client.query(`create role ${role} login password 'secret';
      grant usage on schema voicesurvey_migrations, billing_migrations to ${role};
      grant select on voicesurvey_migrations.history, billing_migrations.history to ${role}`);
    const url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
    try {
      for (const directory of [shop, billing]) {
        expect((await status({ url, directory })).drift).toMatchObject({ state: 'none' });
      }
    } finally {
      await database.client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test('finds no drift of the default set if it may read only that history', async ({ database }) => {
    const { shop } = await applyBoth(database);
    const role = `${database.name}_reader`;
    await database.client.query(`create role ${role} login password 'secret';
      grant usage on schema voicesurvey_migrations to ${role};
      grant select on voicesurvey_migrations.history to ${role}`);
    const url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
    try {
      expect((await status({ url, directory: shop })).drift).toMatchObject({ state: 'none' });
    } finally {
      await database.client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });
});

describe('set.json', () => {
  const refused: readonly (readonly [name: string, text: string])[] = [
    ['that is no JSON', 'billing'],
    ['that names no set', '{}'],
    ['with an underscore in the name', '{ "set": "my_billing" }'],
    ['with a capital letter in the name', '{ "set": "Billing" }'],
    ['with the name of the default set', '{ "set": "voicesurvey" }'],
    ['with a name that PostgreSQL reserves', '{ "set": "pg" }'],
    ['with an unknown entry', '{ "set": "billing", "schema": "public" }'],
    ['with an after that is not a list', '{ "set": "billing", "after": "../shop" }'],
  ];
  for (const [name, text] of refused) {
    test(`is refused ${name}`, async ({ database }) => {
      const directory = await folderWith({ ...BILLING, 'set.json': text });
      await expect(up({ url: database.url, directory })).rejects.toMatchObject({
        code: 'bad_set',
        exitCode: 2,
      });
    });
  }

  test('that is a link to a file that does not exist is refused, and the folder is not taken for the default set', async ({
    database,
  }) => {
    const { 'set.json': _, ...migrations } = BILLING;
    const directory = await folderWith(migrations);
    await symlink('../shared/set.json', join(directory, 'set.json'));
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({ code: 'bad_set' });
  });

  test('that is a FIFO is refused, and no command waits for it', async ({ database }) => {
    const { 'set.json': _, ...migrations } = BILLING;
    const directory = await folderWith(migrations);
    spawnSync('mkfifo', [join(directory, 'set.json')]);
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'bad_set',
      message: expect.stringMatching(/set\.json is not a regular file\.$/),
    });
  });
});
