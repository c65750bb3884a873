import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../src/inspect/verify.js';
import { up } from '../../../src/migrate/up.js';
import { createRoles } from '../../../src/seed/create-roles.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { debianPrograms, startDebianServer } from '../../support/debian-server.js';
import { campaignOfDocuments } from '../../support/documents.js';
import { startTestServer } from '../../support/server.js';
import { untilWaiting } from '../../support/until-waiting.js';

const SERVICE_ROLES = ['importer', 'caller', 'mailer', 'manager', 'dashboard'] as const;

/** What each role must not do. `app` is a member of all of them. */
const FORBIDDEN: Readonly<Record<(typeof SERVICE_ROLES)[number] | 'app', readonly string[]>> = {
  importer: [
    'select * from public.contacts',
    'insert into public.contacts (campaign_id, phone_number) select id, $$+4920000099$$ from public.campaigns',
    'delete from public.exclusion_list_entries',
    "select voicesurvey.lift_exclusion('+4920000001', 'test')",
    'select * from voicesurvey.claim_calls(1)',
    'select * from voicesurvey.campaign_export',
    'select * from voicesurvey.claim_emails()',
    'select * from voicesurvey.contacts_page(gen_random_uuid())',
    "select * from voicesurvey.call_detail('x')",
  ],
  caller: [
    'select phone_number from public.contacts',
    'update public.call_attempts set ended_at = now()',
    'insert into public.call_attempts (contact_id, campaign_id, attempt_number, call_id) select id, campaign_id, 1, $$x$$ from public.contacts',
    'delete from public.call_attempts',
    'update public.provider_configs set max_concurrent_calls = 1000',
    'select * from public.exclusion_list_entries',
    'delete from public.exclusion_list_entries',
    "select voicesurvey.lift_exclusion('+4920000001', 'test')",
    "select voicesurvey.import_contacts(gen_random_uuid(), '[]')",
    'select * from voicesurvey.campaign_export',
    'select voicesurvey.start_campaign(gen_random_uuid())',
    'delete from voicesurvey.hang_ups',
    'select * from public.transcript_snippets',
  ],
  mailer: [
    'select email from public.contacts',
    'update public.email_notifications set status = $$sent$$',
    'select * from public.events',
    'insert into public.events (event_type, campaign_id, contact_id) values ($$survey.refused$$, gen_random_uuid(), gen_random_uuid())',
    'delete from voicesurvey.event_deliveries',
    'insert into voicesurvey.consumers (name) values ($$x$$)',
    "select voicesurvey.add_consumer('x')",
    'update public.email_templates set subject = $$x$$',
    'select * from voicesurvey.claim_calls(1)',
    'select * from public.survey_responses',
  ],
  manager: [
    'update public.users set role = $$admin$$',
    'insert into public.users (oidc_sub, email, name, role) values ($$a$$, $$a@example.com$$, $$A$$, $$admin$$)',
    'delete from public.users',
    'update public.provider_configs set max_concurrent_calls = 1000',
    'select * from public.provider_configs',
    'select * from public.contacts',
    'update public.contacts set do_not_call = false',
    'delete from public.contacts',
    'delete from public.exclusion_list_entries',
    'delete from public.survey_responses',
    'select * from public.transcript_snippets',
    'select * from voicesurvey.claim_calls(1)',
    'truncate public.campaigns',
    'alter table public.campaigns disable trigger all',
    'create trigger x before insert on public.campaigns for each row execute function public.set_updated_at()',
    'drop table public.email_templates',
  ],
  dashboard: [
    'select * from public.campaigns',
    'select phone_number from public.contacts',
    'select * from public.call_attempts',
    'select * from voicesurvey.campaign_export',
    'select * from voicesurvey.event_payloads',
    'select * from voicesurvey.contacts_page(gen_random_uuid())',
    "select * from voicesurvey.call_detail('x')",
    "select voicesurvey.exclude_number('+4920000001')",
    'select voicesurvey.pause_campaign(gen_random_uuid())',
    'select * from public.users',
  ],
  app: [
    'select * from public.contacts',
    'update public.contacts set state = $$pending$$',
    'delete from public.exclusion_list_entries',
    'update public.provider_configs set max_concurrent_calls = 1000',
    'update public.users set role = $$admin$$',
    'select * from voicesurvey_migrations.history',
    'delete from voicesurvey_migrations.history',
    'create table voicesurvey.x ()',
    'create function voicesurvey_rules.x() returns integer language sql return 1',
    'select * from voicesurvey_rules.mutex_rows',
    'select voicesurvey_rules.lock_mutex_rows(array[0])',
    'lock table voicesurvey_rules.mutex_rows',
    'alter function voicesurvey.claim_calls(integer, uuid) owner to voicesurvey_app',
    'drop function voicesurvey.purge_expired(integer)',
    'alter schema voicesurvey rename to mine',
    'alter table public.contacts disable trigger all',
    'truncate public.contacts',
    'set session_replication_role = replica',
    'create role voicesurvey_intruder',
    'alter role voicesurvey_caller createrole',
  ],
};

const apiPage = (): Promise<string> => readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');

const servers: readonly (readonly [name: string, start: typeof startTestServer])[] = [
  ['the embedded PostgreSQL', () => startTestServer({})],
  ...(debianPrograms === undefined ? [] : [['PostgreSQL 15', startDebianServer] as const]),
];

describe.for(servers)('the roles of the services on %s', ([, start]) => {
  let url = '';
  let stop = async (): Promise<void> => {};
  let client: pg.Client;

  beforeAll(async () => {
    const server = await start({});
    url = server.url;
    stop = () => server.stop();
    client = new pg.Client({ connectionString: url });
    await client.connect();
    await up({ url, directory: migrationsDirectory });
    await createRoles({ url });
    await client.query('revoke all on schema public from public');
    await client.query(campaignOfDocuments);
  }, 120_000);

  afterAll(async () => {
    await client.end();
    await stop();
  });

  test('createRoles created them, and changes nothing the second time', async () => {
    expect(await createRoles({ url })).toMatchObject({ created: [], granted: true });
    const roles = await client.query(
      "select rolname from pg_roles where rolname like 'voicesurvey\\_%' and not rolcanlogin and not rolsuper order by 1",
    );
    expect(roles.rows.map(({ rolname }) => rolname)).toEqual(
      ['app', 'caller', 'dashboard', 'importer', 'mailer', 'manager', 'migrator'].map(
        (name) => `voicesurvey_${name}`,
      ),
    );
  });

  test('createRoles succeeds if another session grants at the same time', async () => {
    await client.query('begin');
    await client.query('grant execute on function voicesurvey.import_contacts to voicesurvey_importer');
    const result = createRoles({ url });
    result.catch(() => undefined);
    await untilWaiting({ url });
    await client.query('commit');
    expect(await result).toMatchObject({ created: [], granted: true });
  });

  test('createRoles runs no function of the database, which may belong to another role', async () => {
    const database = new URL(url);
    database.pathname = '/hostile';
    await client.query('create database hostile');
    const hostile = new pg.Client({ connectionString: database.href });
    await hostile.connect();
    try {
      await hostile.query(`
        create role intruder;
        grant create on database hostile to intruder;
        set role intruder;
        create schema voicesurvey_rules;
        create function voicesurvey_rules.grant_privileges_to_roles() returns void language plpgsql as $$
          begin alter role intruder superuser; end $$;
        reset role`);
      await createRoles({ url: database.href }).catch(() => {});
      const { rows } = await hostile.query("select rolsuper from pg_roles where rolname = 'intruder'");
      expect(rows).toEqual([{ rolsuper: false }]);
    } finally {
      await hostile.end();
      await client.query('drop database hostile');
      await client.query('drop role intruder');
    }
  });

  test('docs/api.md says which role may call which function', async () => {
    const documented = (await apiPage()).split('\n').filter((line) => /^\| `voicesurvey_\w+` \|/.test(line));
    const granted = await client.query<{ line: string }>(
      `select format('| \`%s\` | %s |', role, string_agg(format('\`%s\`', object), ', ' order by object collate "C")) as line
       from (
         select grantee::regrole::text as role, proname as object
         from pg_proc cross join lateral aclexplode(proacl)
         where pronamespace = 'voicesurvey'::regnamespace and grantee <> proowner and grantee <> 0
         union
         select grantee::regrole::text, relname
         from pg_class cross join lateral aclexplode(relacl)
         where relnamespace = 'voicesurvey'::regnamespace and grantee <> relowner and grantee <> 0
       ) as granted
       group by role order by role`,
    );
    expect(granted.rows.map(({ line }) => line)).toEqual(documented);
  });

  test.for(
    Object.entries(FORBIDDEN).flatMap(([role, statements]) => statements.map((sql) => [role, sql] as const)),
  )('voicesurvey_%s may not run: %s', async ([role, sql]) => {
    await client.query(`begin; set local role voicesurvey_${role}`);
    try {
      await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.query('rollback');
    }
  });

  test.for(
    SERVICE_ROLES,
  )('voicesurvey_%s may execute all its functions and read all its views', async (role) => {
    const { rows } = await client.query<{ sql: string }>(
      `select format('select * from voicesurvey.%I(%s)', proname, array_to_string(array_fill('null'::text, array[pronargs]), ', ')) as sql
       from pg_proc
       where pronamespace = 'voicesurvey'::regnamespace and has_function_privilege($1, oid, 'execute')
       union all
       select format('select * from voicesurvey.%I', relname)
       from pg_class
       where relnamespace = 'voicesurvey'::regnamespace and has_table_privilege($1, oid, 'select')`,
      [`voicesurvey_${role}`],
    );
    expect(rows).not.toEqual([]);
    for (const { sql } of rows) {
      await client.query(`begin; set local role voicesurvey_${role}`);
      try {
        const code = await client.query(sql).then(
          () => null,
          (error: pg.DatabaseError) => error.code,
        );
        expect([null, '22023'], sql).toContain(code);
      } finally {
        await client.query('rollback');
      }
    }
  });

  test('voicesurvey_manager may write campaigns and e-mail templates', async () => {
    await client.query('begin; set local role voicesurvey_manager');
    try {
      await client.query(`
        insert into email_templates (name, type, locale, subject, body_html)
        values ('new', 'completed', 'en', 'Our survey', '<p>Our survey</p>');
        insert into campaigns (
          name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type, question_3_text,
          question_3_type, created_by_user_id, email_completed_template_id
        )
        select 'new', '', '', 'free_text', '', 'numeric', '', 'scale', users.id, email_templates.id
        from users
        cross join email_templates
        where email_templates.name = 'new'
        limit 1;
        update campaigns set intro_script = 'Do you agree?' where name = 'new';
        delete from campaigns where name = 'new';
        delete from email_templates where name = 'new';
        set constraints all immediate`);
    } finally {
      await client.query('rollback');
    }
  });

  test('a role may create no trigger, table or function anywhere, and is not a member of another', async () => {
    const { rows } = await client.query(
      `select role.rolname
       from pg_roles as role
       where role.rolname = any ($1)
         and (
           has_database_privilege(role.oid, current_database(), 'create')
           or exists (
             select from pg_namespace where nspname ~ '^(public|voicesurvey)' and has_schema_privilege(role.oid, oid, 'create')
           )
           or exists (
             select from pg_class
             where relnamespace in ('public'::regnamespace, 'voicesurvey'::regnamespace) and relkind = 'r'
               and has_table_privilege(role.oid, oid, 'trigger')
           )
           or exists (select from pg_auth_members where member = role.oid)
         )`,
      [SERVICE_ROLES.map((name) => `voicesurvey_${name}`)],
    );
    expect(rows).toEqual([]);
  });

  test('a whole call runs with the rights of the roles alone, the deferred rules included', async () => {
    const as = async <Row extends pg.QueryResultRow>(
      role: string,
      sql: string,
      values: unknown[] = [],
    ): Promise<Row[]> => {
      await client.query(`set role voicesurvey_${role}`);
      try {
        return (await client.query<Row>(sql, values)).rows;
      } finally {
        await client.query('reset role');
      }
    };
    const [call] = await as<{ call_id: string; campaign_id: string }>(
      'caller',
      'select * from voicesurvey.claim_calls(1)',
    );
    expect(call).toBeDefined();
    await as('caller', 'select * from voicesurvey.record_answered($1)', [call?.call_id]);
    await as(
      'caller',
      "select * from voicesurvey.finish_call($1, 'completed', answers => array['More', '4', '9'])",
      [call?.call_id],
    );
    const [email] = await as<{ notification_id: string; to_email: string }>(
      'mailer',
      'select * from voicesurvey.claim_emails()',
    );
    if (email !== undefined) await as('mailer', 'select voicesurvey.email_sent($1)', [email.notification_id]);
    await as(
      'importer',
      `select * from voicesurvey.import_contacts($1, '[{"phone_number": "+4920000077"}]')`,
      [call?.campaign_id],
    );
    await as('manager', 'select * from voicesurvey.pause_campaign($1)', [call?.campaign_id]);
    const [statistics] = await as('dashboard', 'select * from voicesurvey.campaign_statistics($1)', [
      call?.campaign_id,
    ]);
    expect(statistics).toMatchObject({ completed: 1, contacts: 3 });
  });
});

describe('createRoles', () => {
  test('refuses a role of the services that is a superuser, and creates nothing', async ({
    onTestFinished,
  }) => {
    const server = await startTestServer({});
    onTestFinished(() => server.stop());
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query('create role voicesurvey_manager superuser');
    await expect(createRoles({ url: server.url })).rejects.toMatchObject({ code: 'role_is_powerful' });
    const { rows } = await client.query("select rolname from pg_roles where rolname like 'voicesurvey\\_%'");
    expect(rows).toEqual([{ rolname: 'voicesurvey_manager' }]);
    await client.query(
      'alter role voicesurvey_manager nosuperuser; create role weak login password $$weak$$',
    );
    const weak = new URL(server.url);
    weak.username = 'weak';
    weak.password = 'weak';
    await expect(createRoles({ url: weak.href })).rejects.toMatchObject({ code: 'may_not_create_roles' });
    const [one, other] = await Promise.all([
      createRoles({ url: server.url }),
      createRoles({ url: server.url }),
    ]);
    expect(one.granted || other.granted).toBe(false);
    await client.end();
  }, 120_000);

  test('lets the migrator own a database, as docs/api.md says, in which verify then finds nothing', async ({
    onTestFinished,
  }) => {
    const server = await startTestServer({});
    onTestFinished(() => server.stop());
    await createRoles({ url: server.url });
    const statements = [...(await apiPage()).matchAll(/^psql --command="(.*)"$/gm)].map(
      ([, sql = '']) => sql,
    );
    expect(statements).toHaveLength(3);
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    for (const sql of statements) await client.query(sql);
    await client.query("alter role deploy password 'secret'");
    const deploy = new URL(server.url);
    deploy.username = 'deploy';
    deploy.password = 'secret';
    await up({ url: deploy.href, directory: migrationsDirectory });
    const { rows } = await client.query(
      "select relowner::regrole::text as owner from pg_class where relname = 'contacts'",
    );
    expect(rows).toEqual([{ owner: 'voicesurvey_migrator' }]);
    await client.end();
    expect(await createRoles({ url: server.url })).toMatchObject({ granted: true });
    const { findings } = await verify({ url: deploy.href, directory: migrationsDirectory });
    expect(findings).toEqual([]);
  }, 120_000);
});
