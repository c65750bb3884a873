import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { up } from '../../src/index.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';

/** Functions of the rules, and whether a role without privileges of its own may call them. */
async function callable({ rows }: TestDatabase): Promise<string[]> {
  const found = await rows<{ name: string }>(
    `select proname as name from pg_proc
     where pronamespace = 'voicesurvey_rules'::regnamespace and prorettype <> 'trigger'::regtype
       and exists (
         select from aclexplode(coalesce(proacl, acldefault('f', proowner)))
         where grantee = 0 and privilege_type = 'EXECUTE'
       )
     order by 1`,
  );
  return found.map(({ name }) => name);
}

describe('on a server whose default privileges give nothing to PUBLIC', () => {
  test('a service writes a whole history', async ({ database }) => {
    await harden(database);
    await up({ url: database.url, directory: migrationsDirectory });
    await database.client.query(
      `begin;
       create role new_service;
       grant usage on schema public to new_service;
       grant select, insert, update, delete on all tables in schema public to new_service;
       set local role new_service;`,
    );
    await database.client.query(withIds(history, rowsOfHistory));
    await database.client.query('set constraints all immediate');
    expect(await database.value('select count(*) > 10 from call_attempts')).toBe(true);
    await database.client.query('rollback');
  });

  test('PUBLIC may call the same functions as on any other server', async ({ database, migrated }) => {
    await harden(database);
    await up({ url: database.url, directory: migrationsDirectory });
    expect(await callable(database)).toEqual(await callable(migrated));
  });
});

test('PUBLIC may call only the functions that CHECKs and defaults call', async ({ migrated }) => {
  expect(await callable(migrated)).toEqual([
    'is_email_address',
    'is_not_blank',
    'is_phone_number',
    'time_ordered_id',
  ]);
});

test('PUBLIC may call no trigger function of the rules', async ({ migrated }) => {
  const open = await migrated.rows(
    `select proname from pg_proc
     where pronamespace = 'voicesurvey_rules'::regnamespace and prorettype = 'trigger'::regtype
       and exists (
         select from aclexplode(coalesce(proacl, acldefault('f', proowner)))
         where grantee = 0 and privilege_type = 'EXECUTE'
       )`,
  );
  expect(open).toEqual([]);
});

test('default privileges give other roles neither TRIGGER on the tables nor rights on the schema of the rules', async ({
  database,
}) => {
  const { client, rows, url } = database;
  const [generous, delegating] = ['generous', 'delegating'].map(
    (name) => `voicesurvey_test_${name}_${randomBytes(4).toString('hex')}`,
  );
  await client.query(`create role ${generous}; create role ${delegating};
    alter default privileges grant all on tables to ${generous}, public;
    alter default privileges grant all on schemas to ${generous};
    alter default privileges grant all on tables to ${delegating} with grant option;
    alter default privileges grant all on schemas to ${delegating} with grant option;`);
  try {
    await up({ url, directory: migrationsDirectory });
    const others = await rows(
      `select nspname || '.' || relname as object, privilege_type
       from pg_class
       join pg_namespace on pg_namespace.oid = relnamespace
       cross join lateral aclexplode(relacl)
       where nspname = 'public' and grantee <> relowner and privilege_type = 'TRIGGER'
       union all
       select nspname, privilege_type
       from pg_namespace
       cross join lateral aclexplode(nspacl)
       where grantee <> nspowner
         and (nspname = 'voicesurvey_rules' or nspname = 'voicesurvey' and privilege_type = 'CREATE')`,
    );
    expect(others).toEqual([]);
    const reading = await rows(
      `select has_table_privilege('${generous}', 'public.contacts', 'select') as reads,
         has_schema_privilege('${generous}', 'voicesurvey', 'usage') as uses`,
    );
    expect(reading).toEqual([{ reads: true, uses: true }]);
  } finally {
    await client.query(`alter default privileges revoke all on tables from public;
      drop owned by ${generous}, ${delegating} cascade; drop role ${generous}, ${delegating}`);
  }
});

async function harden({ client }: TestDatabase): Promise<void> {
  await client.query(
    `alter default privileges revoke execute on functions from public;
     alter default privileges revoke usage on types from public;`,
  );
}
