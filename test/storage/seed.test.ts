import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { seedFile } from '../../src/seed/storage.js';
import { type TestDatabase, test } from '../support/database.js';

const seedSql = await readFile(seedFile, 'utf8');

/** Every row of every table with its place on disk: it differs as soon as a row was written again. */
async function allRows(database: TestDatabase): Promise<string[]> {
  const tables = await database.rows<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  const union = tables.map(
    ({ name }) => `select '${name} ' || xmin || ctid || t::text as row from ${name} t`,
  );
  const rows = await database.rows<{ row: string }>(union.join(' union all '));
  return rows.map(({ row }) => row).sort();
}

test('the seed data applies: eighteen rows, the kinds that REQ-001 names', async ({ migrated }) => {
  await migrated.client.query(seedSql);
  const [counts] = await migrated.rows(
    `select (select count(*)::int from users) as users, (select array_agg(role::text order by role) from users) as roles,
       (select count(*)::int from email_templates) as templates, (select count(*)::int from provider_configs) as configs,
       (select count(*)::int from campaigns where status = 'draft' and name = 'Customer Satisfaction Survey Q1 2025') as campaigns,
       (select count(*)::int from contacts) as contacts, (select count(*)::int from contacts where state = 'excluded') as excluded,
       (select array_agg(source::text order by source) from exclusion_list_entries) as sources`,
  );
  expect(counts).toEqual({
    users: 3,
    roles: ['admin', 'campaign_manager', 'viewer'],
    templates: 5,
    configs: 1,
    campaigns: 1,
    contacts: 5,
    excluded: 1,
    sources: ['import', 'api', 'manual'],
  });
  expect(await allRows(migrated)).toHaveLength(18);
});

test('the campaign is owned by the manager and its three templates are of the right kind and language', async ({
  migrated,
}) => {
  await migrated.client.query(seedSql);
  const rows = await migrated.rows(
    `select u.email, c.language::text, array_agg(t.type::text || ' ' || t.locale::text order by t.type) as templates
     from campaigns c join users u on u.id = created_by_user_id
     join email_templates t on t.id in (email_completed_template_id, email_refused_template_id, email_not_reached_template_id)
     group by 1, 2`,
  );
  expect(rows).toEqual([
    {
      email: 'manager@voicesurvey.local',
      language: 'en',
      templates: ['completed en', 'refused en', 'not_reached en'],
    },
  ]);
});

test('running the seed twice changes no row, not even an updated_at', async ({ migrated }) => {
  await migrated.client.query(seedSql);
  const before = await allRows(migrated);
  await migrated.client.query(seedSql);
  expect(await allRows(migrated)).toEqual(before);
});

test('rows that somebody edited stay as they are', async ({ migrated }) => {
  await migrated.client.query(seedSql);
  await migrated.client.query(
    "update campaigns set name = 'Ours'; delete from contacts where state = 'excluded'",
  );
  await migrated.client.query(seedSql);
  expect(await migrated.value('select name from campaigns')).toBe('Ours');
  expect(await migrated.value('select count(*) from contacts')).toBe('5');
});
