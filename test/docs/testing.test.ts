import { expect } from 'vitest';
import { withIds } from '../storage/rules/names.js';
import { test } from '../support/database.js';
import { callsOfDocuments, campaignOfDocuments } from '../support/documents.js';
import { blocksOf } from '../support/page.js';

const sqlOf = (heading: string): string =>
  withIds(blocksOf('testing.md', heading).find(({ language }) => language === 'sql')?.code ?? '', {
    has: () => true,
  });

test('the deferred rule that docs/testing.md breaks is refused by set constraints, not by the statement', async ({
  migrated: { client },
}) => {
  await client.query(campaignOfDocuments);
  const statements = sqlOf('Rules that are checked at commit').split(/(?<=;)\n\n/);
  expect(statements).toHaveLength(3);
  for (const statement of statements.slice(0, -1)) await client.query(statement);
  await expect(client.query(statements.at(-1) ?? '')).rejects.toMatchObject({
    constraint: 'attempts_count_follows_the_attempts',
  });
  await client.query('rollback');
});

test('the SQL of docs/testing.md empties every table but those of the rules and the audit log', async ({
  migrated: { client, rows, value },
}) => {
  await client.query(campaignOfDocuments);
  await client.query(callsOfDocuments);
  await client.query(
    `select voicesurvey.add_consumer('crm'); select voicesurvey.exclude_number('+4920000001');
     select voicesurvey.set_calling_time(id, null, null) from campaigns;
     update call_attempts set provider_call_id = call_id;`,
  );
  await client.query(sqlOf('Empty the tables'));
  const tables = await rows<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relkind = 'r' and relnamespace in ('public'::regnamespace, 'voicesurvey'::regnamespace)
       and relname <> 'audit_log'`,
  );
  expect(tables.length).toBeGreaterThan(15);
  const filled = [];
  for (const { name } of tables) if (await value(`select exists (select from ${name})`)) filled.push(name);
  expect(filled).toEqual([]);
});
