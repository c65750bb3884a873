import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { addProductRows, isProduct } from '../../src/seed/product-rows.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const NOTHING_MISSING = new Map();

describe("the product's rows to try migrations over", () => {
  test('are the seed and a thousand contacts at every stage, once', async ({ first }) => {
    expect(await addProductRows(first.client)).toEqual(NOTHING_MISSING);
    expect(await addProductRows(first.client)).toEqual(NOTHING_MISSING);
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

  test('can reach nobody', async ({ first }) => {
    await addProductRows(first.client);
    const strangers = await first.rows(
      `select from contacts
       where not phone_number ~ '^(\\+44770090\\d{4}|\\+120255501\\d\\d)$' or not email ~ '@example\\.com$'`,
    );
    expect(strangers).toEqual([]);
  });

  test('go into tables with all their rules, where the role may switch triggers off', async ({
    migrated,
  }) => {
    expect(await addProductRows(migrated.client)).toEqual(NOTHING_MISSING);
    expect(await migrated.value('select count(*)::integer from contacts')).toBe(1005);
    expect(await migrated.value('show session_replication_role')).toBe('origin');
  });

  test('are refused there for another role, with the rule as the reason, and none is left', async ({
    migrated,
  }) => {
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

  test('wait for the tables to be there', async ({ database }) => {
    expect(await addProductRows(database.client)).toEqual(NOTHING_MISSING);
  });
});

test("a folder is the product's by its first migration, wherever it lies", async () => {
  expect(await isProduct(migrationsDirectory)).toBe(true);
  const other = await folderWith({ 'V0001.up.sql': 'select;', 'V0001.down.sql': '' });
  expect(await isProduct(other)).toBe(false);
});
