import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { addProductRows, isProductFolder } from '../../src/seed/product-rows.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const NONE_REFUSED = new Map();

describe("the product's rows for check", () => {
  test('are the seed and a thousand contacts in every state, added once', async ({ first }) => {
    expect(await addProductRows(first.client)).toEqual(NONE_REFUSED);
    expect(await addProductRows(first.client)).toEqual(NONE_REFUSED);
    expect(
      await first.rows('select state, count(*)::integer from contacts group by state order by state'),
    ).toEqual([
      { state: 'pending', count: 504 },
      { state: 'in_progress', count: 5 },
      { state: 'completed', count: 100 },
      { state: 'refused', count: 100 },
      { state: 'not_reached', count: 100 },
      { state: 'excluded', count: 196 },
    ]);
    for (const table of [
      'users',
      'exclusion_list_entries',
      'call_attempts',
      'survey_responses',
      'events',
      'email_notifications',
      'transcript_snippets',
    ]) {
      expect([table, Number(await first.value(`select count(*) from ${table}`)) > 0]).toEqual([table, true]);
    }
  });

  test('have only telephone numbers and addresses that are reserved for examples', async ({ first }) => {
    await addProductRows(first.client);
    const reachable = await first.rows(
      `select from contacts
       where not phone_number ~ '^(\\+44770090\\d{4}|\\+120255501\\d\\d)$' or not email ~ '@example\\.com$'`,
    );
    expect(reachable).toEqual([]);
  });

  test('are added to tables with all rules if the role may disable triggers', async ({ migrated }) => {
    expect(await addProductRows(migrated.client)).toEqual(NONE_REFUSED);
    expect(await migrated.value('select count(*)::integer from contacts')).toBe(1005);
    expect(await migrated.value('show session_replication_role')).toBe('origin');
  });

  test('are all refused for another role, with the violated rule as the reason', async ({ migrated }) => {
    const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
    await migrated.client.query(
      `create role ${role} login password 'secret';
       grant usage on schema public to ${role}; grant all on all tables in schema public to ${role}`,
    );
    const url = new URL(migrated.url);
    url.username = role;
    url.password = 'secret';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const missing = await addProductRows(client);
    await client.end();
    await migrated.client.query(`drop owned by ${role}; drop role ${role}`);
    expect([...missing]).toEqual([['public.contacts', expect.stringMatching(/begins/)]]);
    expect(await migrated.value('select count(*)::integer from contacts')).toBe(0);
  });

  test('are not added to a database without the tables', async ({ database }) => {
    expect(await addProductRows(database.client)).toEqual(NONE_REFUSED);
  });
});

test("a folder is recognized as the product's by its first migration", async () => {
  expect(await isProductFolder(migrationsDirectory)).toBe(true);
  const other = await folderWith({ 'V0001.up.sql': 'select;', 'V0001.down.sql': '' });
  expect(await isProductFolder(other)).toBe(false);
});
