import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { TRUSTED_BY_SESSION } from '../../src/catalog/trusted-roles.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { test } from '../support/database.js';

const read = (name: string): Promise<string> => readFile(join(migrationsDirectory, `${name}.up.sql`), 'utf8');

const TRAP =
  "create function public.trap() returns trigger language plpgsql as 'begin return new; end'; grant execute on function public.trap() to public;";

describe('the query of the trusted roles', () => {
  /** The query without comments, line breaks, and the schema of the system's names. */
  const normalize = (sql: string): string =>
    (/with recursive trusted [\s\S]*?as granted \(role\)\s*\)/.exec(sql)?.[0] ?? '')
      .replaceAll(/--.*/g, '')
      .replaceAll('pg_catalog.', '')
      .replaceAll(/\s+/g, ' ');

  test.for(['V0001', 'V0002.well_formed_values'])('is the same in %s and in the engine', async (file) => {
    expect(normalize(TRUSTED_BY_SESSION)).not.toBe('');
    expect(normalize(await read(file))).toBe(normalize(TRUSTED_BY_SESSION));
  });
});

describe('a file that is sent without the engine adopts nothing of another role:', () => {
  test.for([
    [
      'V0001',
      'a table',
      'create table public.users (id uuid constraint users_have_unique_ids primary key)',
      'table public.users',
    ],
    [
      'V0001',
      'a type',
      "create type public.user_role as enum ('admin', 'campaign_manager', 'viewer')",
      'type public.user_role',
    ],
    [
      'V0001',
      'an overload of a function',
      "create function public.set_updated_at(integer) returns integer language sql as 'select 1'",
      'function public.set_updated_at(integer)',
    ],
    ['V0002.well_formed_values', 'a schema', 'create schema voicesurvey_rules', 'schema voicesurvey_rules'],
    ['V0002.well_formed_values', 'the schema of the API', 'create schema voicesurvey', 'schema voicesurvey'],
  ] as const)('%s, %s', async ([file, , sql, object], { database, first }) => {
    const { client, name } = { V0001: database, 'V0002.well_formed_values': first }[file];
    const role = `${name}_stranger`;
    await client.query(
      `create role ${role}; grant create on database ${name} to ${role}; grant create on schema public to ${role}`,
    );
    try {
      await client.query(`set role ${role}; ${sql}; reset role`);
      await expect(client.query(await read(file))).rejects.toMatchObject({
        code: '55000',
        message: expect.stringContaining(`${object} belongs to ${role}`),
      });
    } finally {
      await client.query(`rollback; reset all; reset role; drop owned by ${role} cascade; drop role ${role}`);
    }
  });

  test('V0001, a trigger on a table of this role', async ({ first: { client, name } }) => {
    const role = `${name}_stranger`;
    await client.query(
      `create role ${role}; grant create on schema public to ${role}; grant trigger on contacts to ${role}`,
    );
    try {
      await client.query(`set role ${role}; ${TRAP}
create trigger trap before insert on public.contacts for each row execute function public.trap(); reset role`);
      await expect(client.query(await read('V0001'))).rejects.toMatchObject({
        message: expect.stringContaining(`trigger trap on table public.contacts belongs to ${role}`),
      });
    } finally {
      await client.query(`rollback; reset all; reset role; drop owned by ${role} cascade; drop role ${role}`);
    }
  });
});
