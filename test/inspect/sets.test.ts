import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { DifferencesError } from '../../src/inspect/baseline/differences-error.js';
import { baseline } from '../../src/inspect/baseline.js';
import { check } from '../../src/inspect/check.js';
import { generateDocumentation, generateTypes, readCatalog } from '../../src/inspect/generate.js';
import { measureLocks } from '../../src/inspect/locks.js';
import { repair } from '../../src/inspect/repair.js';
import { verify } from '../../src/inspect/verify.js';
import { down } from '../../src/migrate/down.js';
import { newMigration } from '../../src/migrate/new.js';
import { redo } from '../../src/migrate/redo.js';
import { restore } from '../../src/migrate/restore.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { upSets } from '../../src/migrate/up-sets.js';
import { BILLING, SHOP, twoFolders } from '../migrate/sets/sets.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

/** A set that can be run in a throw-away database: it names the folder of the tables to which it refers. */
const AFTER_SHOP = { ...BILLING, 'set.json': '{ "set": "billing", "after": ["../shop"] }' };

describe('a set that refers to the tables of another set', () => {
  test('is checked after that set in a throw-away database', async ({ database }) => {
    const { billing } = await twoFolders(SHOP, {
      ...AFTER_SHOP,
      'V1.invoices.up.sql': BILLING['V1.invoices.up.sql']
        .replaceAll(/create (schema|table|index)/g, 'create $1 if not exists')
        .replaceAll(/create (view|trigger)/g, 'create or replace $1'),
      'V1.invoices.down.sql': BILLING['V1.invoices.down.sql']
        .replaceAll(/drop (index|schema)/g, 'drop $1 if exists')
        .replace('drop trigger', 'drop trigger if exists'),
    });
    const { findings } = await check({ url: database.url, directory: billing, lints: false });
    expect(findings).toEqual([]);
  });

  test('has its locks measured after that set', async ({ database }) => {
    const { billing } = await twoFolders(SHOP, AFTER_SHOP);
    const { locks } = await measureLocks({ url: database.url, directory: billing });
    expect(locks.map(({ table }) => table)).toContain('public.orders');
  });

  test('is compared with what its files make', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders(SHOP, AFTER_SHOP);
    await upSets({ url, directories: [shop, billing] });
    expect(await verify({ url, directory: billing, replay: true })).toMatchObject({
      comparedWith: 'migrations',
      findings: [],
    });
    await database.client.query('drop index public.billing_orders_by_customer');
    await database.client.query("update billing_migrations.history set fingerprint = repeat('0', 64)");
    const { findings } = await verify({ url, directory: billing });
    expect(findings.map(({ object }) => object)).toEqual([
      'the catalog',
      'index billing_orders_by_customer on orders',
    ]);
  });

  test('adopts a database that has its objects', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders(SHOP, AFTER_SHOP);
    await up({ url, directory: shop });
    await database.client.query(BILLING['V1.invoices.up.sql']);
    expect(await baseline({ url, directory: billing, version: 'V1' })).toMatchObject({
      current: 'V1',
      differences: [],
    });
    for (const directory of [shop, billing]) {
      expect((await status({ url, directory })).drift).toMatchObject({ state: 'none' });
    }
  });

  test('records a repair in its own history', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders(SHOP, AFTER_SHOP);
    await upSets({ url, directories: [shop, billing] });
    await addFiles(billing, { 'V1.invoices.up.sql': `-- invoices\n${BILLING['V1.invoices.up.sql']}` });
    expect(await repair({ url, directory: billing, version: 'V1', reason: 'a comment' })).toMatchObject({
      differences: [],
      notCompared: null,
    });
    expect(await database.value('select origin from billing_migrations.history')).toBe('repaired');
    expect(await database.value('select origin from voicesurvey_migrations.history')).toBe('applied');
  });

  test('is rolled back and applied again', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders(SHOP, AFTER_SHOP);
    await upSets({ url, directories: [shop, billing] });
    expect(await redo({ url, directory: billing })).toMatchObject({ redone: 'V1', current: 'V1' });
  });
});

describe('a named set', () => {
  test('gets its next migration in its folder', async () => {
    const directory = await folderWith(BILLING);
    const { version, up: path } = await newMigration({ directory, name: 'add lines' });
    expect(version).toBe('V2');
    expect(await readFile(path, 'utf8')).toContain('V2: add lines');
  });

  test('is documented without the tables of other sets', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders();
    await upSets({ url, directories: [shop, billing] });
    const { schemas, objects } = await readCatalog({ url, directory: billing });
    expect(schemas).toEqual(['billing']);
    expect(Object.keys(objects)).toContain('table billing.invoices');
    expect(objects['table public.orders']?.itself).toBeUndefined();
  });

  test('has an empty documentation in a database without it', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    await up({ url: database.url, directory: shop });
    const catalog = await readCatalog({ url: database.url, directory: billing });
    expect(catalog.objects).toEqual({});
    expect((await generateDocumentation(catalog)).markdown).toContain('# The schema');
    expect(generateTypes(catalog)).toContain('type RuleName = never');
  });

  test('is not adopted from a database without its objects', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders(SHOP, AFTER_SHOP);
    await up({ url, directory: shop });
    await expect(baseline({ url, directory: billing, version: 'V1' })).rejects.toThrow(DifferencesError);
  });

  test('restores data only if its own history has the migrations of the backup', async ({ database }) => {
    const { url } = database;
    const { shop, billing } = await twoFolders();
    await upSets({ url, directories: [shop, billing] });
    await database.client.query('insert into billing.invoices values (1)');
    const backupFolder = join(billing, 'backup');
    const { losses } = await down({ url, directory: billing, lose: ['billing.invoices'], backupFolder });
    const folder = join(losses[0]?.file ?? '', '..');
    await expect(restore({ url, folder })).rejects.toMatchObject({ code: 'restore_refused' });
    await up({ url, directory: billing });
    await restore({ url, folder });
    expect(await database.value('select count(*)::integer from billing.invoices')).toBe(1);
  });

  test('is not verified against the rules of the product', async ({ migrated }) => {
    const billing = await folderWith({
      'set.json': BILLING['set.json'],
      'V1.up.sql':
        'create schema billing; create table billing.invoices (contact_id uuid references public.contacts);',
      'V1.down.sql': 'drop schema billing cascade;',
    });
    await up({ url: migrated.url, directory: billing });
    expect(await verify({ url: migrated.url, directory: billing, data: true })).toMatchObject({
      findings: [],
    });
  });
});
