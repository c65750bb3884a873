import { join } from 'node:path';
import { expect } from 'vitest';
import { exportCampaign, importExclusions, seed, seedContacts } from '../../src/index.js';
import { rehearse } from '../../src/rehearse/rehearse.js';
import { productObjects } from '../../src/seed/product-objects.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const CODE = `returns table (line_number integer, verdict text, reason text, suggestion text, contact_id uuid)
  language plpgsql as $$ begin raise 'the code of another role runs'; end $$`;

test('seed, import, export and rehearse --here of a superuser run no code of a role that is not trusted', async ({
  database,
}) => {
  const { url, client, name } = database;
  const role = `${name}_stranger`;
  await client.query(`create role ${role}; grant create on database ${name} to ${role};
    grant create on schema public to ${role}; set role ${role};
    create schema voicesurvey;
    create function voicesurvey.import_exclusions(jsonb) ${CODE};
    create function voicesurvey.contacts_page(uuid, text, integer) ${CODE};
    create function public.spy() returns boolean language plpgsql as $$ begin raise 'the code of another role runs'; end $$;
    create view public.users as select true as id where public.spy();
    create view public.campaigns as select 'x' as description where public.spy();
    reset role`);
  const file = join(await folderWith({ 'list.csv': 'phone_number\n+393331234567\n' }), 'list.csv');
  const campaign = '018f3b6e-8c1a-7000-8000-000000000000';
  const refuses = (use: () => Promise<unknown>) =>
    expect(use()).rejects.toMatchObject({ code: 'schema_foreign', message: expect.stringContaining(role) });
  try {
    await refuses(() => seed({ url }));
    await refuses(() => seedContacts({ url, contacts: 1 }));
    await refuses(() => importExclusions({ url, file }));
    await refuses(() => exportCampaign({ url, campaign, to: async () => {} }));
    await refuses(() => rehearse({ url, here: true, contacts: 1 }));
    await client.query(`alter database ${name} owner to ${role}`);
    await expect(importExclusions({ url, file })).rejects.not.toMatchObject({ code: 'schema_foreign' });
  } finally {
    await client.query(
      `alter database ${name} owner to current_user; drop owned by ${role} cascade; drop role ${role}`,
    );
  }
});

test('the objects that are checked are all tables and schemas of the product', async ({ migrated }) => {
  const tables = await migrated.rows(
    "select 'public.' || tablename as name from pg_tables where schemaname = 'public'",
  );
  expect(tables.map(({ name }) => name).sort()).toEqual([...productObjects.tables].sort());
  const schemas = await migrated.rows(
    "select nspname as name from pg_namespace where nspname ~ '^voicesurvey'",
  );
  expect(schemas.map(({ name }) => name).sort()).toEqual(
    [...productObjects.schemas, 'voicesurvey_migrations'].sort(),
  );
});
