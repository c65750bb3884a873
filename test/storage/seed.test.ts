import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { seedFile } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';

const seedSql = await readFile(seedFile, 'utf8');

/** Every row with its transaction id and its place on disk, which change when the row is written again. */
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

test('the seed inserts the eighteen rows that REQ-001 asks for', async ({ migrated }) => {
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

test("the seed's campaign belongs to the manager and has three templates of the right type and language", async ({
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

test('a second run of the seed changes no row, not even an updated_at', async ({ migrated }) => {
  await migrated.client.query(seedSql);
  const before = await allRows(migrated);
  await migrated.client.query(seedSql);
  expect(await allRows(migrated)).toEqual(before);
});

test('a second run of the seed keeps edited rows and inserts deleted ones', async ({ migrated }) => {
  await migrated.client.query(seedSql);
  await migrated.client.query(
    "update campaigns set name = 'Ours'; delete from contacts where state = 'excluded'",
  );
  await migrated.client.query(seedSql);
  expect(await migrated.value('select name from campaigns')).toBe('Ours');
  expect(await migrated.value('select count(*) from contacts')).toBe('5');
});

describe('a second run of the seed changes nothing', () => {
  const open =
    "update campaigns set allowed_call_start_local = '00:00', allowed_call_end_local = '23:59:59.999999'";
  const start = "update campaigns set status = 'running'";
  const callAll = `begin;
    update contacts set state = 'in_progress', attempts_count = 1, last_attempt_at = now() where state = 'pending';
    insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, answered_at)
      select id, campaign_id, 1, id::text, now() from contacts where state = 'in_progress';
    commit;`;
  const refuseAll = `begin;
    update call_attempts set ended_at = now(), outcome = 'refused';
    update contacts set state = 'refused', last_outcome = 'refused' where state = 'in_progress';
    commit;`;

  test.for([
    ['after its campaign was scheduled', "update campaigns set status = 'scheduled'"],
    ['after its campaign was started', start],
    ['while its contacts are in calls', `${open}; ${start}; ${callAll}`],
    [
      'while its contacts are in calls and their numbers were excluded',
      `${open}; ${start}; ${callAll}
      insert into exclusion_list_entries (phone_number) select phone_number from contacts on conflict do nothing;`,
    ],
    ['after all of its contacts refused', `${open}; ${start}; ${callAll} ${refuseAll}`],
    ['after its campaign was paused', `${start}; update campaigns set status = 'paused'`],
    ['after its campaign was completed', `${start}; update campaigns set status = 'completed'`],
    ['after its campaign was cancelled', "update campaigns set status = 'cancelled'"],
    ['but the template that was deleted', "delete from email_templates where id::text like '%5'"],
  ])('%s', async ([, sql = ''], { migrated }) => {
    await migrated.client.query(seedSql);
    await migrated.client.query(sql);
    const before = (await allRows(migrated)).filter((row) => !row.startsWith('email_templates'));
    await migrated.client.query(seedSql);
    expect((await allRows(migrated)).filter((row) => !row.startsWith('email_templates'))).toEqual(before);
    expect(await migrated.value('select count(*) from email_templates')).toBe('5');
  });
});
