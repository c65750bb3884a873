import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { takeSnapshot } from '../../../src/catalog/snapshot.js';
import { generateSchemaPage, readCatalog } from '../../../src/inspect/generate.js';
import { up } from '../../../src/migrate/up.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { NASTY_CATALOG, NASTY_SCHEMAS } from '../../support/nasty-catalog.js';
import { NASTY_MIGRATION } from '../../support/nasty-migration.js';

const examples = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');

async function productPage({ url }: TestDatabase): Promise<string> {
  const { html } = await generateSchemaPage(await readCatalog({ url, directory: migrationsDirectory }), {
    examples,
  });
  return html;
}

/** The ids of a page, and the fragments that its links lead to. */
function anchorsIn(html: string): { readonly ids: readonly string[]; readonly targets: readonly string[] } {
  const values = (pattern: RegExp): string[] => Array.from(html.matchAll(pattern), ([, value = '']) => value);
  return { ids: values(/\sid="([^"]*)"/g), targets: values(/href="#([^"]*)"/g) };
}

function expectSoundAnchors(html: string): void {
  const { ids, targets } = anchorsIn(html);
  expect(ids).toEqual([...new Set(ids)]);
  expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
}

describe('the page of the product', () => {
  test('is the same for the same schema, and each of its links leads to a place on it', async ({
    migrated,
  }) => {
    const html = await productPage(migrated);
    expect(await productPage(migrated)).toBe(html);
    expectSoundAnchors(html);
  });

  test('has every table, column, constraint, index, trigger, type and function', async ({ migrated }) => {
    const { ids } = anchorsIn(await productPage(migrated));
    const objects = await migrated.rows<{ id: string }>(
      `with relation as (
         select pg_class.oid, relkind, case nspname when 'public' then '' else nspname || '.' end || relname as name
         from pg_class join pg_namespace on pg_namespace.oid = relnamespace
         where nspname in ('public', 'voicesurvey', 'voicesurvey_rules') and relkind in ('r', 'p', 'v') and not relispartition
       )
       select 'table/' || name as id from relation
       union all
       select 'column/' || name || '/' || attname from relation join pg_attribute on attrelid = oid where attnum > 0
       union all
       select 'constraint/' || name || '/' || conname from relation join pg_constraint on conrelid = relation.oid
       where contype <> 'n' and contype <> 't'
       union all
       select 'trigger/' || name || '/' || tgname from relation join pg_trigger on tgrelid = relation.oid
       where not tgisinternal
       union all
       select 'index/' || name || '/' || relname from relation
       join pg_index on indrelid = relation.oid join pg_class as index on index.oid = indexrelid
       where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
       union all
       select 'type/' || typname from pg_type where typtype = 'e' and typnamespace = 'public'::regnamespace
       union all
       select 'function/' || nspname || '.' || proname || '('
         || replace(replace(oidvectortypes(proargtypes), ' ', '+'), 'public.', '') || ')'
       from pg_proc join pg_namespace on pg_namespace.oid = pronamespace where nspname in ('voicesurvey', 'voicesurvey_rules')`,
    );
    expect(objects.length).toBeGreaterThan(500);
    const plain = new Set(ids.map((id) => id.replaceAll('-5b-', '[').replaceAll('-5d-', ']')));
    expect(objects.map(({ id }) => id).filter((id) => !plain.has(id))).toEqual([]);
  });

  test('marks each column with personal data, and lists them', async ({ migrated }) => {
    const html = await productPage(migrated);
    const personal = await migrated.rows<{ id: string }>(
      `select 'column/' || attrelid::regclass || '/' || attname as id from pg_attribute
       where attnum > 0 and col_description(attrelid, attnum) like '%Personal data.'`,
    );
    const marked = Array.from(
      html.matchAll(/<tr id="([^"]*)"><th scope="row">(?:(?!<\/th>).)*personal data/g),
      ([, id]) => id,
    );
    expect(marked.sort()).toEqual(personal.map(({ id }) => id).sort());
    const list = /<section id="personal-data">.*?<\/section>/s.exec(html)?.[0] ?? '';
    expect(personal.filter(({ id }) => !list.includes(`href="#${id}"`))).toEqual([]);
  });

  test('has an example for each function of the API', async ({ migrated }) => {
    const html = await productPage(migrated);
    const without = Array.from(
      html.matchAll(/<section id="function\/(voicesurvey\.\w+)\(.*?<\/section>/gs),
      ([section, name]) => [name, section.includes('<figcaption>Example</figcaption>')],
    ).filter(([, hasExample]) => !hasExample);
    expect(without).toEqual([]);
    expect(html).toContain("<code>select voicesurvey.add_consumer('crm');</code>");
  });
});

test('the page of a folder with nasty names has one script, and each of its links leads to a place on it', async ({
  database: { url },
}) => {
  const directory = await folderWith({ 'V1.up.sql': NASTY_MIGRATION, 'V1.down.sql': '' });
  await up({ url, directory });
  const { html } = await generateSchemaPage(await readCatalog({ url, directory }));
  expect(html.match(/<\/?script/g)).toEqual(['<script', '</script']);
  expect(html).not.toContain('<img');
  expect(html).not.toContain('Example');
  expectSoundAnchors(html);
});

test('objects with similar names have separate anchors on the page', async ({ database: { client } }) => {
  await client.query(NASTY_CATALOG);
  const { html, hasPicture } = await generateSchemaPage((await takeSnapshot(client, NASTY_SCHEMAS)).snapshot);
  expect(hasPicture).toBe(true);
  expectSoundAnchors(html);
});

test('the page of an empty database says so, and has no picture', async ({ database: { client } }) => {
  const { html } = await generateSchemaPage((await takeSnapshot(client, ['public'])).snapshot);
  expect(html).toContain('It has no objects.');
  expect(html).not.toContain('<svg');
});

test('a reference to a table that is not on the page has no link', async ({ database: { client } }) => {
  await client.query(
    `create table public.customers (id integer primary key);
     create schema billing create table invoices (customer integer references public.customers);`,
  );
  const { html } = await generateSchemaPage((await takeSnapshot(client, ['billing'])).snapshot);
  expect(html).toContain('<code>integer</code> <span class="more">or null</span> → <code>customers</code>');
  expectSoundAnchors(html);
});
