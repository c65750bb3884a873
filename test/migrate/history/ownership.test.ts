import pg from 'pg';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import { baseline } from '../../../src/inspect/baseline.js';
import { verify } from '../../../src/inspect/verify.js';
import { down } from '../../../src/migrate/down.js';
import { createHistory } from '../../../src/migrate/history/table.js';
import { repair } from '../../../src/migrate/repair.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

const files = {
  'V1.up.sql': 'create table public.one (id integer);',
  'V1.down.sql': 'drop table public.one;',
};

/** Creates a role that may create schemas, runs SQL as that role, and passes it to a function. The role is dropped. */
async function withStranger(
  { client, name }: TestDatabase,
  sql: string,
  use: (role: string) => Promise<void>,
): Promise<void> {
  const role = `${name}_stranger`;
  await client.query(
    `create role ${role} login password 'secret'; grant create on database ${name} to ${role}`,
  );
  await client.query('grant create on schema public to public');
  try {
    await client.query(`set role ${role}; ${sql}; reset role`);
    await use(role);
  } finally {
    await client.query(`reset role; drop owned by ${role} cascade; drop role ${role}`);
  }
}

function asRole(url: string, role: string): string {
  const address = new URL(url);
  address.username = role;
  address.password = 'secret';
  return address.href;
}

/** Records the role that runs it. */
const TRAP = `create table public.caught (by text);
grant insert, select on public.caught to public;
create function public.trap() returns trigger language plpgsql as
  $$begin insert into public.caught values (current_user); return new; end$$;
create function public.trapped(bigint) returns bigint language plpgsql volatile as
  $$begin insert into public.caught values (current_user); return $1; end$$`;

const caught = ({ value }: TestDatabase): Promise<unknown> =>
  value('select count(*)::int from public.caught');

describe('a history that another role has made before the first up', () => {
  const traps: readonly (readonly [name: string, sql: string, problem: string])[] = [
    ['an empty schema', 'create schema voicesurvey_migrations', 'its schema belongs to '],
    ['a table', createHistory(DEFAULT_SET), 'its schema belongs to '],
    [
      'a table with a trigger',
      `${createHistory(DEFAULT_SET)}; create trigger trap before insert on voicesurvey_migrations.history for each row execute function public.trap()`,
      'its schema belongs to ',
    ],
    [
      'a view',
      `create schema voicesurvey_migrations; ${createHistory(DEFAULT_SET)}; alter table voicesurvey_migrations.history rename to real;
       create view voicesurvey_migrations.history as select public.trapped(id) as seen, * from voicesurvey_migrations.real`.replace(
        'create schema voicesurvey_migrations; ',
        '',
      ),
      'its schema belongs to ',
    ],
    [
      'a table with a default',
      `${createHistory(DEFAULT_SET)}; alter table voicesurvey_migrations.history alter duration_ms set default public.trapped(1)`,
      'its schema belongs to ',
    ],
    [
      'a table with a policy',
      `${createHistory(DEFAULT_SET)}; alter table voicesurvey_migrations.history enable row level security;
       create policy trap on voicesurvey_migrations.history using (public.trapped(id) > 0)`,
      'its schema belongs to ',
    ],
  ];

  test.for(traps)('is refused before it runs code: %s', async ([, sql, problem], { database }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await withStranger(database, `${TRAP}; ${sql}`, async (role) => {
      for (const refused of [
        () => up({ url, directory }),
        () => up({ url, directory, dryRun: true }),
        () => down({ url, directory, to: '0' }),
        () => repair({ url, directory, version: 'V1', reason: 'none' }),
        () => baseline({ url, directory, version: 'V1' }),
      ]) {
        await expect(refused()).rejects.toMatchObject({
          code: 'history_foreign',
          message: expect.stringContaining(`${problem}${role}`),
          remedy: expect.stringContaining('drop schema voicesurvey_migrations cascade;'),
        });
      }
      expect(await caught(database)).toBe(0);
    });
  });

  test.for([
    ['a view', traps[3], 'it is not an ordinary table'],
    ['a policy', traps[5], 'policy'],
  ] as const)('is not read by status or verify: %s', async ([, trap, problem], { database }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await withStranger(database, `${TRAP}; ${trap?.[1]}`, async () => {
      for (const refused of [() => status({ url, directory }), () => verify({ url, directory })]) {
        await expect(refused()).rejects.toMatchObject({
          code: 'history_foreign',
          message: expect.stringContaining(problem),
        });
      }
      expect(await caught(database)).toBe(0);
    });
  });

  test('is accepted if its owner is a role that this one is a member of', async ({ database }) => {
    const directory = await folderWith(files);
    const { client, url, name } = database;
    await withStranger(database, createHistory(DEFAULT_SET), async (role) => {
      const deployer = `${name}_deployer`;
      await client.query(`create role ${deployer} login password 'secret' in role ${role}`);
      try {
        expect(await up({ url: asRole(url, deployer), directory })).toMatchObject({ current: 'V1' });
      } finally {
        await client.query(`drop owned by ${deployer}; drop role ${deployer}`);
      }
    });
  });

  test('is refused for a superuser who is not a member, and accepted after a grant', async ({ database }) => {
    const directory = await folderWith(files);
    const { client, url } = database;
    await withStranger(database, createHistory(DEFAULT_SET), async (role) => {
      await expect(up({ url, directory })).rejects.toMatchObject({ code: 'history_foreign' });
      await client.query(`grant ${role} to current_user`);
      expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
    });
  });
});

describe('the history', () => {
  test('cannot be written by a role that the default privileges give all tables and schemas', async ({
    database,
  }) => {
    const { url, client, rows } = database;
    const directory = await folderWith(files);
    await withStranger(database, 'select', async (role) => {
      await client.query(`alter default privileges grant all on tables to ${role};
alter default privileges grant all on schemas to ${role}`);
      await up({ url, directory });
      await client.query(`alter default privileges revoke all on tables from ${role};
alter default privileges revoke all on schemas from ${role}`);
      expect(
        await rows(`select privilege_type from pg_class, aclexplode(relacl)
where oid = 'voicesurvey_migrations.history'::regclass and grantee = '${role}'::regrole
union all
select privilege_type from pg_namespace, aclexplode(nspacl)
where nspname = 'voicesurvey_migrations' and grantee = '${role}'::regrole order by 1`),
      ).toEqual([{ privilege_type: 'SELECT' }, { privilege_type: 'USAGE' }]);
    });
  });
});

test('a role whose name needs quotes, such as an e-mail address, migrates its database', async ({
  database,
}) => {
  const { client, name } = database;
  const role = `${name}.Ann "A" 'B' $$@example.com`.slice(-63);
  await client.query(`create role ${pg.escapeIdentifier(role)} login password 'secret';
    alter database ${name} owner to ${pg.escapeIdentifier(role)}`);
  try {
    const url = asRole(database.url, role);
    const directory = await folderWith(files);
    expect(await up({ url, directory })).toMatchObject({ current: 'V1' });
    expect(await status({ url, directory })).toMatchObject({ drift: { state: 'none' } });
    expect((await verify({ url, directory, rules: false })).findings).toEqual([]);
    expect(await down({ url, directory })).toMatchObject({ current: null });
  } finally {
    await client.query(`drop owned by ${pg.escapeIdentifier(role)} cascade;
      alter database ${name} owner to current_user; drop role ${pg.escapeIdentifier(role)}`);
  }
});

describe('a trigger on the history', () => {
  test('whose function belongs to another role stops the next up', async ({ database }) => {
    const { url, client, value } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    await addFiles(directory, { 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    await withStranger(database, TRAP, async (role) => {
      await client.query(`grant usage on schema voicesurvey_migrations to ${role};
grant trigger on voicesurvey_migrations.history to ${role}; set role ${role};
create trigger trap before insert on voicesurvey_migrations.history for each row execute function public.trap();
reset role`);
      await expect(up({ url, directory })).rejects.toMatchObject({
        code: 'history_foreign',
        message: expect.stringContaining('trigger trap'),
      });
      expect(await value('select count(*)::int from public.caught')).toBe(0);
    });
  });
});

describe('a migration that would adopt an object of another role fails before its first statement:', () => {
  test.for([
    ['create schema if not exists theirs', 'create schema theirs', 'schema theirs'],
    [
      'create table if not exists public.t (id integer); insert into public.t values (1)',
      'create table public.t (id integer)',
      'table public.t',
    ],
    [
      'create or replace function public.f() returns integer language sql as $$select 1$$',
      "create function public.f() returns integer language sql as 'select 2'",
      'function public.f()',
    ],
    [
      'create or replace function public.f() returns integer language sql as $$select 1$$',
      "create function public.f(name) returns integer language sql as 'select 2'",
      'function public.f(name)',
    ],
    [
      'create or replace view public.v as select 1 as one',
      'create view public.v as select 1 as one',
      'view public.v',
    ],
    ['create sequence if not exists public.s', 'create sequence public.s', 'sequence public.s'],
    [
      '-- migrate: no-transaction\ncreate table if not exists public.t (id integer)',
      'create table public.t (id integer)',
      'table public.t',
    ],
    [
      'create table public.t (id integer); create unique index if not exists one_id on public.t (id)',
      'create table public.u (id integer); create index one_id on public.u (id)',
      'index public.one_id',
    ],
    [
      '-- migrate: no-transaction\ncreate table public.t (id integer); create unique index concurrently if not exists one_id on public.t (id)',
      'create table public.u (id integer); create index one_id on public.u (id)',
      'index public.one_id',
    ],
    [
      'create or replace aggregate public.total (integer) (sfunc = int4pl, stype = integer)',
      'create aggregate public.total (integer) (sfunc = int4larger, stype = integer)',
      'function public.total(integer)',
    ],
    [
      'set search_path = missing, theirs, public; create table if not exists t (id integer); insert into t values (1)',
      'create schema theirs; create table theirs.t (id integer)',
      'table theirs.t',
    ],
    [
      "select set_config('search_path', 'theirs, public', true); create table if not exists t (id integer)",
      'create schema theirs; create table theirs.t (id integer)',
      'table theirs.t',
    ],
    [
      '-- migrate: no-transaction\nset search_path = theirs, public; create table if not exists t (id integer)',
      'create schema theirs; create table theirs.t (id integer)',
      'table theirs.t',
    ],
  ] as const)('%s', async ([sql, theirs, object], { database }) => {
    const { url } = database;
    const directory = await folderWith({ 'V1.up.sql': `${sql};`, 'V1.down.sql': '' });
    await withStranger(database, theirs, async (role) => {
      await expect(up({ url, directory })).rejects.toMatchObject({
        code: 'object_foreign',
        message: expect.stringContaining(object.replace('()', '')),
      });
      const error = await up({ url, directory }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: expect.stringContaining(`belongs to ${role}`) });
    });
  });

  test.for([
    '',
    '-- migrate: no-transaction\n',
  ])('a name without a schema, in the search path of the database %j', async (option, { database }) => {
    const { url, client, name } = database;
    const directory = await folderWith({
      'V1.up.sql': `${option}create table if not exists t (id integer);`,
      'V1.down.sql': '',
    });
    await withStranger(database, 'create schema theirs; create table theirs.t (id integer)', async (role) => {
      await client.query(`grant usage, create on schema theirs to public;
alter database ${name} set search_path = theirs, public`);
      await expect(up({ url, directory })).rejects.toMatchObject({
        code: 'object_foreign',
        message: expect.stringContaining(`table theirs.t belongs to ${role}`),
      });
    });
  });

  test('a table of this role with a trigger of another one', async ({ database }) => {
    const { url, client } = database;
    const directory = await folderWith({
      'V1.up.sql': 'create table if not exists public.t (id integer); insert into public.t values (1);',
      'V1.down.sql': '',
    });
    await client.query('create table public.t (id integer)');
    await withStranger(database, TRAP, async (role) => {
      await client.query(`grant trigger on public.t to ${role}; set role ${role};
create trigger trap before insert on public.t for each row execute function public.trap(); reset role`);
      await expect(up({ url, directory })).rejects.toMatchObject({
        code: 'object_foreign',
        message: expect.stringContaining('trigger trap on table'),
      });
      expect(await caught(database)).toBe(0);
    });
  });
});

describe('session_replication_role = replica of the database', () => {
  const files = {
    'V1.up.sql': `create table public.t (id integer);
create function public.refuse_row() returns trigger language plpgsql as $$begin raise 'refused'; end$$;
create trigger refuse_row before insert on public.t for each row execute function public.refuse_row();`,
    'V1.down.sql': 'drop table public.t; drop function public.refuse_row();',
    'V2.up.sql': 'insert into public.t values (1);',
    'V2.down.sql': 'delete from public.t;',
  };
  test('does not disable the triggers in a migration', async ({ database: { url, client, name } }) => {
    await client.query(`alter database ${name} set session_replication_role = replica`);
    await expect(up({ url, directory: await folderWith(files) })).rejects.toMatchObject({
      message: expect.stringContaining('refused'),
    });
  });

  test('stops a role that may not change it', async ({ database }) => {
    const { url, client, name } = database;
    await client.query(`alter database ${name} set session_replication_role = replica`);
    const directory = await folderWith(files);
    await withStranger(database, 'select', async (role) => {
      await expect(up({ url: asRole(url, role), directory })).rejects.toMatchObject({
        code: 'triggers_off',
        remedy: expect.stringContaining('alter database <database> reset session_replication_role;'),
      });
    });
  });
});
