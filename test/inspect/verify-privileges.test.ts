import type pg from 'pg';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import { listSchemasOfMigrations } from '../../src/catalog/schemas.js';
import { parseSnapshot, SNAPSHOT_SETTINGS, snapshotQuery } from '../../src/catalog/snapshot.js';
import { findingOfReplicationRole } from '../../src/inspect/verify/findings.js';
import { readForeignRights } from '../../src/inspect/verify/foreign-rights.js';
import { executeRightsIn, publicRightsIn } from '../../src/inspect/verify/grants-in-files.js';
import { readBlockingPublications } from '../../src/inspect/verify/publications.js';
import { readReplicationRoles } from '../../src/inspect/verify/replication-role.js';
import { findRights } from '../../src/inspect/verify/rights.js';
import { verify } from '../../src/inspect/verify.js';
import { readFolder } from '../../src/migrate/files/read-folder.js';
import { status } from '../../src/migrate/status.js';
import { migrationsDirectory as directory } from '../../src/seed/paths.js';
import { test } from '../support/database.js';

async function findings(url: string): Promise<readonly string[]> {
  const result = await verify({ url, directory });
  return result.findings.flatMap(({ kind, object, finding }) =>
    kind === 'privilege' || kind === 'setting' ? [`${kind}: ${object}: ${finding}`] : [],
  );
}

/** The same findings of what the open transaction of a connection has changed. */
async function findingsIn(client: pg.Client): Promise<readonly string[]> {
  const { migrations } = await readFolder(directory);
  await client.query(SNAPSHOT_SETTINGS);
  const { rows } = await client.query(snapshotQuery('$1', '$2', DEFAULT_SET), [
    await listSchemasOfMigrations(migrations, 'public'),
    '[]',
  ]);
  const { snapshot } = parseSnapshot(rows[0].snapshot);
  const sql = migrations.map(({ up }) => up.source.text).join('\n');
  return [
    ...(await findRights(client, DEFAULT_SET, snapshot, sql)).map(
      ({ object, finding }) => `privilege: ${object}: ${finding}`,
    ),
    ...(await readReplicationRoles(client))
      .map(findingOfReplicationRole)
      .map(({ object, finding }) => `setting: ${object}: ${finding}`),
  ];
}

describe('verify reports', () => {
  test.for([
    ['grant create on schema public to public', 'privilege: schema public: public may create objects in it'],
    ['grant create on schema public to :role', 'privilege: schema public: :role may create objects in it'],
    [
      'grant create on schema voicesurvey_rules to :role',
      'privilege: schema voicesurvey_rules: :role may create',
    ],
    ['grant all on schema voicesurvey to :role', 'privilege: schema voicesurvey: :role may create'],
    [
      'alter table contacts owner to :role',
      'privilege: role :role: owns table contacts, while the history belongs to ',
    ],
    [
      'grant usage, create on schema voicesurvey_rules to :role; alter function voicesurvey_rules.reject_change() owner to :role; revoke create on schema voicesurvey_rules from :role',
      'privilege: role :role: owns function voicesurvey_rules.reject_change',
    ],
    [
      'grant usage, create on schema voicesurvey_migrations to :role; alter table voicesurvey_migrations.history owner to :role; revoke create on schema voicesurvey_migrations from :role',
      'privilege: table voicesurvey_migrations.history: belongs to :role, while its schema belongs to ',
    ],
    ['alter schema voicesurvey_rules owner to :role', 'privilege: role :role: owns schema voicesurvey_rules'],
    ['alter type contact_state owner to :role', 'privilege: role :role: owns enum contact_state'],
    [
      'grant create on database :database to :role',
      'privilege: privileges of :role: may create schemas in the database, such as one with the name of the role ',
    ],
    [
      `do $$ begin execute format('create schema %I authorization %I', current_user, ':role'); end $$`,
      ': belongs to :role, and the search path of the role ',
    ],
    [
      'grant trigger on contacts to :role',
      'privilege: privileges of :role: may create triggers on table contacts',
    ],
    [
      'grant all on all tables in schema public to :role',
      'privilege: privileges of :role: may create triggers on 11 objects',
    ],
    [
      'grant execute on all functions in schema voicesurvey_rules to public',
      'privilege: privileges of public: may call ',
    ],
    [
      'grant execute on function voicesurvey_rules.check_transcript() to :role',
      'privilege: privileges of :role: may call function voicesurvey_rules.check_transcript',
    ],
    [
      'grant insert on voicesurvey_migrations.history to :role',
      'privilege: table voicesurvey_migrations.history: :role may insert, and so',
    ],
    [
      'grant create on schema voicesurvey_migrations to :role',
      'privilege: schema voicesurvey_migrations: :role may create',
    ],
    [
      'alter database :database set session_replication_role = replica',
      'setting: setting session_replication_role: replica for the database',
    ],
    [
      'alter role :role in database :database set session_replication_role = replica',
      'setting: setting session_replication_role: replica for role :role in this database',
    ],
    [
      'grant update (down_sql) on voicesurvey_migrations.history to :role',
      'privilege: table voicesurvey_migrations.history: :role may update, and so',
    ],
    [
      'alter database :database owner to :role',
      'privilege: schema public: :role may create and drop objects in it, as the owner of the database',
    ],
    [
      'alter schema public owner to :role',
      'privilege: schema public: :role may create and drop objects in it, as the owner of the schema',
    ],
    [
      `create schema other authorization :role; set role :role;
       create function other.f() returns event_trigger language plpgsql as 'begin end'; reset role;
       create event trigger spy on ddl_command_end execute function other.f()`,
      'privilege: event trigger spy: runs other.f() of :role with the rights of each role that changes the schema',
    ],
    [
      `create schema other authorization :role; grant references on contacts to :role; set role :role;
       create table other.notes (contact_id uuid constraint note references public.contacts); reset role;
       revoke references on contacts from :role`,
      'privilege: constraint note on other.notes: belongs to :role, so that a row of public.contacts ',
    ],
    [
      'alter default privileges grant all on tables to :role; alter default privileges grant usage on schemas to :role',
      'may trigger on each table that the next migrations create',
    ],
    [
      'alter default privileges grant select on tables to public',
      'public may select on each table that the next migrations create',
    ],
    [
      'alter default privileges in schema public grant select, insert on tables to public',
      'public may insert, select on each table that the next migrations create in the schema public',
    ],
    [
      'grant select, update on contacts to public',
      'privilege: privileges of public: may select, update on table contacts, as every role that may connect',
    ],
    [
      `create role :role_team; grant :role_team to :role;
       do $$ begin execute format('grant %I to %I', current_user, ':role_team'); end $$;
       grant execute on function voicesurvey.claim_calls to :role`,
      'privilege: role :role: was granted single privileges, but is a member of ',
    ],
    [
      `create role :role_callers; grant execute on function voicesurvey.claim_calls to :role_callers; grant :role_callers to :role;
       do $$ begin execute format('grant %I to %I', current_user, ':role'); end $$`,
      'privilege: role :role: was granted single privileges, but is a member of ',
    ],
    [
      'grant execute on function voicesurvey.claim_calls to :role; alter role :role superuser',
      'privilege: role :role: was granted single privileges, but is a superuser',
    ],
  ] as const)('%s', async ([sql, expected], { shared: { client, name } }) => {
    const role = `${name}_other`;
    await client.query(`begin; create role ${role}`);
    try {
      await client.query(sql.replaceAll(':role', role).replaceAll(':database', name));
      expect(await findingsIn(client)).toEqual([expect.stringContaining(expected.replaceAll(':role', role))]);
    } finally {
      await client.query('rollback');
    }
  });

  test('nothing about a database in which nothing else was granted', async ({ shared: { url, client } }) => {
    await client.query('begin');
    expect([await findingsIn(client), await findings(url)]).toEqual([[], []]);
    await client.query('rollback');
  });

  // A role has its defaults in every database, so tests that run concurrently would find a committed one.
  test('the default session_replication_role of a role in all databases', async ({ database }) => {
    const { client, name } = database;
    const role = `${name}_other`;
    await client.query(
      `begin; create role ${role}; alter role ${role} set session_replication_role = replica`,
    );
    const found = await readReplicationRoles(client);
    await client.query('rollback');
    expect(found).toEqual([{ where: `role ${role}`, value: 'replica' }]);
    expect(findingOfReplicationRole({ where: `role ${role}`, value: 'replica' })).toMatchObject({
      object: 'setting session_replication_role',
      finding: expect.stringMatching(`^replica for role ${role},`),
    });
  });

  // A membership counts in every database, as above.
  test('a member of pg_write_all_data', async ({ migrated: { client, name } }) => {
    const role = `${name}_other`;
    await client.query(`begin; create role ${role}; grant pg_write_all_data to ${role}`);
    const found = await readForeignRights(client);
    await client.query('rollback');
    expect(found).toContainEqual({
      object: `privileges of ${role}`,
      finding: expect.stringMatching(
        /^may write every table, also the history and the tables of the rules, /,
      ),
    });
  });

  test.for(['pg_execute_server_program', 'pg_write_server_files'])('a member of %s', async (predefined, {
    migrated: { client, name },
  }) => {
    const role = `${name}_other`;
    await client.query(`begin; create role ${role}; grant ${predefined} to ${role}`);
    const found = await readForeignRights(client);
    await client.query('rollback');
    expect(found).toContainEqual({
      object: `privileges of ${role}`,
      finding: `may act on the server as the operating system user of PostgreSQL, and so as a superuser, as a member of ${predefined}`,
    });
  });

  test('a service with CREATEROLE before PostgreSQL 16, which could then grant it any role', async ({
    migrated,
  }) => {
    const { client, name } = migrated;
    const role = `${name}_other`;
    await client.query(
      `begin; create role ${role} createrole; grant execute on function voicesurvey.claim_calls to ${role}`,
    );
    const found = await readForeignRights(client);
    await client.query('rollback');
    const finding = {
      object: `role ${role}`,
      finding: expect.stringMatching(/^was granted single privileges, but has CREATEROLE/),
    };
    const mayGrantAnyRole = Number(await migrated.value('show server_version_num')) < 160_000;
    expect(found).toEqual(mayGrantAnyRole ? [finding] : []);
  });

  test('a session that sets session_replication_role itself, since that hides what the server sets', async ({
    migrated,
  }) => {
    const url = `${migrated.url}?options=-c%20session_replication_role%3Dorigin`;
    expect(await findings(url)).toEqual([
      'setting: setting session_replication_role: origin for this session alone, so that it is not known whether triggers fire in the others',
    ]);
  });

  test.for([
    ['for table contacts where (attempts_count < 1)', ['contacts']],
    ['for table contacts (phone_number)', ['contacts']],
    ['for table contacts (id, phone_number) where (id is not null), call_attempts', []],
    ["for table contacts where (attempts_count < 1) with (publish = 'insert')", []],
    ['for all tables', []],
  ] as const)('a publication that stops exclusions: %s', async ([what, tables], { migrated }) => {
    const { client, name } = migrated;
    await client.query(`begin; create publication ${name}_p ${what}`);
    const found = await readBlockingPublications(client, ['public', 'voicesurvey', 'voicesurvey_rules']);
    const refused = await client.query('update public.contacts set attempts_count = attempts_count').then(
      () => null,
      ({ code }) => code,
    );
    await client.query('rollback');
    expect(found.map(({ publication, table }) => [publication, table])).toEqual(
      tables.map((table) => [`${name}_p`, expect.stringMatching(`^(public\\.)?${table}$`)]),
    );
    expect(refused).toBe(tables.length > 0 ? '42P10' : null);
  });

  test('the right to set session_replication_role', async ({ migrated }) => {
    const { client, name } = migrated;
    const role = `${name}_other`;
    await client.query(
      `begin; create role ${role}; grant set on parameter session_replication_role to ${role}`,
    );
    const found = await readForeignRights(client);
    await client.query('rollback');
    expect(found).toContainEqual({
      object: `privileges of ${role}`,
      finding: expect.stringMatching(/^may set session_replication_role, /),
    });
  });

  test('a subscription of another role, and the right to create one, from PostgreSQL 16 on', async ({
    migrated,
    skip,
  }) => {
    const { client, name } = migrated;
    if (Number(await migrated.value('show server_version_num')) < 160_000) return skip();
    const role = `${name}_other`;
    await client.query(`create role ${role}; grant pg_create_subscription to ${role}`);
    try {
      expect(await findings(migrated.url)).toEqual([]);
      await client.query(`grant create on database ${name} to ${role};
        create subscription copy connection '' publication p with (connect = false, slot_name = none);
        alter subscription copy owner to ${role}`);
      const noTrigger = 'no trigger fires for the rows that';
      expect(await findings(migrated.url)).toEqual([
        expect.stringContaining('may create schemas in the database'),
        `privilege: privileges of ${role}: may create subscriptions, as a member of pg_create_subscription, and ${noTrigger} they write`,
        `privilege: subscription copy: belongs to ${role}, and ${noTrigger} it writes`,
      ]);
    } finally {
      await client.query('drop subscription if exists copy');
      await client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test('nothing about session_replication_role = local, with which triggers fire', async ({ migrated }) => {
    await migrated.client.query(`alter database ${migrated.name} set session_replication_role = local`);
    expect(await findings(migrated.url)).toEqual([]);
  });

  test('nothing about the grants that a service needs', async ({ migrated }) => {
    const { client, name } = migrated;
    const role = `${name}_service`;
    await client.query(`create role ${role}; grant usage on schema public to ${role};
grant select, insert, update, delete on all tables in schema public to ${role};
grant usage on schema voicesurvey_migrations to ${role}; grant select on voicesurvey_migrations.history to ${role};`);
    try {
      expect(await findings(migrated.url)).toEqual([]);
    } finally {
      await client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });
});

describe('executeRightsIn reads whether the migration files grant EXECUTE:', () => {
  const sql = `create function api.a() returns void security definer …;
revoke execute on function api.a(), api.b() from public; -- grant execute on function api.b() to public;
grant execute on function
  api.a()
to service, "other";
do $$begin execute 'x'; grant execute on all functions in schema tools to public; end$$;`;
  test.for([
    ['api.a()', 'service', true],
    ['api.a()', 'public', false],
    ['api.b()', 'public', false],
    ['api.c()', 'public', true],
    ['api.c()', 'service', false],
    ['tools.d(integer)', 'public', true],
  ] as const)('on %s to %s: %s', ([name, role, expected]) => {
    expect(executeRightsIn(sql)(name, role)).toBe(expected);
  });
});

describe('a grant to public in a file covers', () => {
  const sql = `grant select, insert (x) on api.a, "Of B" to service, public;
grant all privileges on table c to public; -- grant select on d to public;
do $$begin grant update on all tables in schema tools to public; end$$;
grant select on other.e to public; grant execute on function api.f() to public; grant usage on schema api to public;
grant select on g to service;`;
  test.for([
    ['api', 'a', 'select', true],
    ['api', 'a', 'insert', false],
    ['api', 'a', 'delete', false],
    ['api', 'Of B', 'select', true],
    ['api', 'c', 'truncate', true],
    ['api', 'd', 'select', false],
    ['tools', 'd', 'update', true],
    ['tools', 'd', 'select', false],
    ['api', 'e', 'select', false],
    ['api', 'f', 'select', false],
    ['api', 'g', 'select', false],
  ] as const)('in %s, of %s, %s: %s', ([schema, name, right, expected]) => {
    expect(publicRightsIn(sql)(schema, name, right)).toBe(expected);
  });
});

test('settings of the database that change the text of the catalog are no drift', async ({ migrated }) => {
  const { url, client, name } = migrated;
  await client.query(String.raw`create table public.texts (
  path text default 'a\b' check (path <> E'c\\d'), at timestamptz default '2026-01-02 03:04:05+00', number float8 default 0.1,
  span interval default '1 day 2 hours', bytes bytea default '\x00ff', day date default '2026-02-01', price money default '1.50'
)`);
  const options = { url, directory };
  const before = (await verify(options)).findings;
  for (const [setting, value] of [
    ['standard_conforming_strings', 'off'],
    ['quote_all_identifiers', 'on'],
    ['datestyle', "'German, DMY'"],
    ['intervalstyle', 'iso_8601'],
    ['timezone', "'Pacific/Kiritimati'"],
    ['bytea_output', 'escape'],
    ['extra_float_digits', '-15'],
    ['lc_monetary', "'C.UTF-8'"],
    ['xmlbinary', 'hex'],
    ['xmloption', 'document'],
    ['search_path', "''"],
    ['array_nulls', 'off'],
    ['transform_null_equals', 'on'],
    ['escape_string_warning', 'off'],
    ['default_text_search_config', "'pg_catalog.german'"],
    ['row_security', 'off'],
  ]) {
    await client.query(`alter database ${name} set ${setting} = ${value}`);
  }
  expect((await verify(options)).findings).toEqual(before);
  await client.query('drop table public.texts');
  expect((await status(options)).drift.state).toBe('none');
});

test('verify lists what a role of another team was granted, and neither verify nor status counts it as drift', async ({
  migrated,
}) => {
  const { client, name, url } = migrated;
  const role = `${name}_reporting`;
  await client.query(
    `create role ${role}; grant select on contacts, campaigns to ${role};
     grant select (name) on users to ${role}; grant execute on function voicesurvey.number_in to ${role}`,
  );
  try {
    const { drift, findings: found, grants } = await verify({ url, directory });
    expect([drift.state, found]).toEqual(['none', []]);
    expect(grants.filter((granted) => granted.role === role)).toEqual([
      {
        role,
        privilege: 'execute',
        kind: 'function',
        objects: ['voicesurvey.number_in(text, public.campaign_language)'],
      },
      { role, privilege: 'select', kind: 'column', objects: ['public.users.name'] },
      { role, privilege: 'select', kind: 'table', objects: ['public.campaigns', 'public.contacts'] },
    ]);
    expect((await status({ url, directory })).drift.state).toBe('none');
  } finally {
    await client.query(`drop owned by ${role}; drop role ${role}`);
  }
});
