import { describe, expect } from 'vitest';
import { catalogOf } from '../support/catalog.js';
import { type TestDatabase, test } from '../support/database.js';
import { countObjects, downSql, runFile, upSql } from './v0001-files.js';

/** The columns of each table of the data model: type, `null` if it may be null, and default. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  users: [
    'id uuid = gen_random_uuid()',
    'oidc_sub text',
    'email text',
    'name text',
    "role user_role = 'viewer'",
    'created_at timestamptz = now()',
    'updated_at timestamptz = now()',
  ],
  email_templates: [
    'id uuid = gen_random_uuid()',
    'name text',
    'type email_template_type',
    'subject text',
    'body_html text',
    'body_text text null',
    "locale campaign_language = 'en'",
    'created_at timestamptz = now()',
    'updated_at timestamptz = now()',
  ],
  campaigns: [
    'id uuid = gen_random_uuid()',
    'name text',
    'description text null',
    "status campaign_status = 'draft'",
    "language campaign_language = 'en'",
    'intro_script text',
    'question_1_text text',
    'question_1_type question_type',
    'question_2_text text',
    'question_2_type question_type',
    'question_3_text text',
    'question_3_type question_type',
    'max_attempts integer = 3',
    'retry_interval_minutes integer = 60',
    "allowed_call_start_local time = '09:00:00'",
    "allowed_call_end_local time = '20:00:00'",
    'email_completed_template_id uuid null',
    'email_refused_template_id uuid null',
    'email_not_reached_template_id uuid null',
    'created_by_user_id uuid',
    'created_at timestamptz = now()',
    'updated_at timestamptz = now()',
  ],
  contacts: [
    'id uuid = gen_random_uuid()',
    'campaign_id uuid',
    'external_contact_id text null',
    'phone_number text',
    'email text null',
    "preferred_language contact_language = 'auto'",
    'has_prior_consent boolean = false',
    'do_not_call boolean = false',
    "state contact_state = 'pending'",
    'attempts_count integer = 0',
    'last_attempt_at timestamptz null',
    'last_outcome contact_outcome null',
    'created_at timestamptz = now()',
    'updated_at timestamptz = now()',
  ],
  exclusion_list_entries: [
    'id uuid = gen_random_uuid()',
    'phone_number text',
    'reason text null',
    "source exclusion_source = 'manual'",
    'created_at timestamptz = now()',
  ],
  call_attempts: [
    'id uuid = gen_random_uuid()',
    'contact_id uuid',
    'campaign_id uuid',
    'attempt_number integer',
    'call_id text',
    'provider_call_id text null',
    'started_at timestamptz = now()',
    'answered_at timestamptz null',
    'ended_at timestamptz null',
    'outcome contact_outcome null',
    'provider_raw_status text null',
    'error_code text null',
    "metadata jsonb null = '{}'",
  ],
  survey_responses: [
    'id uuid = gen_random_uuid()',
    'contact_id uuid',
    'campaign_id uuid',
    'call_attempt_id uuid',
    'q1_answer text null',
    'q2_answer text null',
    'q3_answer text null',
    'q1_confidence numeric(3,2) null',
    'q2_confidence numeric(3,2) null',
    'q3_confidence numeric(3,2) null',
    'completed_at timestamptz = now()',
  ],
  events: [
    'id uuid = gen_random_uuid()',
    'event_type event_type',
    'campaign_id uuid',
    'contact_id uuid',
    'call_attempt_id uuid null',
    "payload jsonb = '{}'",
    'created_at timestamptz = now()',
  ],
  email_notifications: [
    'id uuid = gen_random_uuid()',
    'event_id uuid',
    'contact_id uuid',
    'campaign_id uuid',
    'template_id uuid',
    'to_email text',
    "status email_status = 'pending'",
    'provider_message_id text null',
    'error_message text null',
    'created_at timestamptz = now()',
    'updated_at timestamptz = now()',
  ],
  provider_configs: [
    'id uuid = gen_random_uuid()',
    "provider_type provider_type = 'telephony_api'",
    "provider_name text = 'twilio'",
    'outbound_number text',
    'max_concurrent_calls integer = 5',
    "llm_provider llm_provider = 'openai'",
    "llm_model text = 'gpt-4.1-mini'",
    'recording_retention_days integer = 180',
    'transcript_retention_days integer = 180',
    'created_at timestamptz = now()',
    'updated_at timestamptz = now()',
  ],
  transcript_snippets: [
    'id uuid = gen_random_uuid()',
    'call_attempt_id uuid',
    'transcript_text text',
    "language campaign_language = 'en'",
    'created_at timestamptz = now()',
  ],
};

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  user_role: ['admin', 'campaign_manager', 'viewer'],
  campaign_status: ['draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled'],
  campaign_language: ['en', 'it'],
  question_type: ['free_text', 'numeric', 'scale'],
  contact_state: ['pending', 'in_progress', 'completed', 'refused', 'not_reached', 'excluded'],
  contact_language: ['en', 'it', 'auto'],
  contact_outcome: ['completed', 'refused', 'no_answer', 'busy', 'failed'],
  exclusion_source: ['import', 'api', 'manual'],
  event_type: ['survey.completed', 'survey.refused', 'survey.not_reached'],
  email_status: ['pending', 'sent', 'failed'],
  email_template_type: ['completed', 'refused', 'not_reached'],
  provider_type: ['telephony_api', 'voice_ai_platform'],
  llm_provider: ['openai', 'anthropic', 'azure-openai', 'google'],
};

/** The foreign keys: column, referenced table, and the action on delete (c: cascade, n: set null, r: restrict). */
const FOREIGN_KEYS = [
  'call_attempts.campaign_id → campaigns c',
  'call_attempts.contact_id → contacts c',
  'campaigns.created_by_user_id → users r',
  'campaigns.email_completed_template_id → email_templates n',
  'campaigns.email_not_reached_template_id → email_templates n',
  'campaigns.email_refused_template_id → email_templates n',
  'contacts.campaign_id → campaigns c',
  'email_notifications.campaign_id → campaigns c',
  'email_notifications.contact_id → contacts c',
  'email_notifications.event_id → events c',
  'email_notifications.template_id → email_templates r',
  'events.call_attempt_id → call_attempts n',
  'events.campaign_id → campaigns c',
  'events.contact_id → contacts c',
  'survey_responses.call_attempt_id → call_attempts c',
  'survey_responses.campaign_id → campaigns c',
  'survey_responses.contact_id → contacts c',
  'transcript_snippets.call_attempt_id → call_attempts c',
];

async function columnsOf(database: TestDatabase, table: string): Promise<string[]> {
  const rows = await database.rows<{ column: string }>(
    `select attname || ' ' || replace(format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz')
       || case when attnotnull then '' else ' null' end
       || coalesce(' = ' || regexp_replace(pg_get_expr(adbin, adrelid), '::[a-z_ ]+$', ''), '') as column
     from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where attrelid = to_regclass('public.' || $1) and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  return rows.map(({ column }) => column.replace('time without time zone', 'time'));
}

describe('V0001 passes the validations of REQ-001', () => {
  test('all eleven tables exist with exactly their columns, nullabilities and defaults', async ({
    database,
  }) => {
    await runFile(database, upSql);
    const tables = await database.rows<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    );
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(TABLES).sort());
    for (const [table, columns] of Object.entries(TABLES))
      expect(await columnsOf(database, table)).toEqual(columns);
  });

  test('all thirteen enums exist with their labels in order', async ({ database }) => {
    await runFile(database, upSql);
    const rows = await database.rows<{ name: string; labels: string[] }>(
      `select typname as name, array(select enumlabel::text from pg_enum where enumtypid = t.oid order by enumsortorder) as labels
       from pg_type t where typnamespace = 'public'::regnamespace and typtype = 'e'`,
    );
    expect(Object.fromEntries(rows.map(({ name, labels }) => [name, labels]))).toEqual(ENUMS);
  });

  test('every primary key is a uuid with a server-side default that needs no extension', async ({
    database,
  }) => {
    await runFile(database, upSql);
    const rows = await database.rows<{ key: string }>(
      `select conrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || pg_get_expr(adbin, adrelid) as key
       from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any (conkey)
       left join pg_attrdef on adrelid = attrelid and adnum = attnum
       where contype = 'p' and connamespace = 'public'::regnamespace order by 1`,
    );
    expect(rows.map(({ key }) => key)).toEqual(
      Object.keys(TABLES)
        .sort()
        .map((table) => `${table} id uuid gen_random_uuid()`),
    );
    const extensions = await database.value("select count(*) from pg_extension where extname <> 'plpgsql'");
    expect(extensions).toBe('0');
  });

  test('every foreign key exists, and an index begins with its columns', async ({ database }) => {
    await runFile(database, upSql);
    const rows = await database.rows<{ key: string; indexed: boolean }>(
      `select conrelid::regclass || '.' || attname || ' → ' || confrelid::regclass || ' ' || confdeltype::text as key,
         exists (select from pg_index where indrelid = conrelid and indkey[0] = conkey[1] and indisvalid and indpred is null) as indexed
       from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
       where contype = 'f' and connamespace = 'public'::regnamespace order by 1`,
    );
    expect(rows.map(({ key }) => key)).toEqual(FOREIGN_KEYS);
    expect(rows.filter(({ indexed }) => !indexed)).toEqual([]);
  });

  test('a second up and a second down change nothing', async ({ database }) => {
    await runFile(database, upSql);
    const once = await catalogOf(database);
    await runFile(database, upSql);
    expect(await catalogOf(database)).toEqual(once);
    await runFile(database, downSql);
    await runFile(database, downSql);
    expect(await countObjects(database)).toBe('0');
  });

  test('up, down and up leave the same catalog, and the down leaves no object', async ({ database }) => {
    await runFile(database, upSql);
    const before = await catalogOf(database);
    await runFile(database, downSql);
    expect(await countObjects(database)).toBe('0');
    await runFile(database, upSql);
    expect(await catalogOf(database)).toEqual(before);
    expect(before.length).toBeGreaterThan(300);
  });
});

describe('CHECKs of V0001', () => {
  const campaign = (column: string, value: string): string =>
    `insert into campaigns (name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
       question_3_text, question_3_type, created_by_user_id, ${column})
     select 'c', 'i', 'q', 'free_text', 'q', 'free_text', 'q', 'free_text', id, ${value} from users`;

  test.for([
    ['max_attempts_is_1_to_5', campaign('max_attempts', '0')],
    ['max_attempts_is_1_to_5', campaign('max_attempts', '6')],
    [
      'max_concurrent_calls_is_1_or_more',
      "insert into provider_configs (outbound_number, max_concurrent_calls) values ('+12025550100', 0)",
    ],
    [
      'recording_retention_days_is_1_or_more',
      "insert into provider_configs (outbound_number, recording_retention_days) values ('+12025550100', 0)",
    ],
    [
      'transcript_retention_days_is_1_or_more',
      "insert into provider_configs (outbound_number, transcript_retention_days) values ('+12025550100', -1)",
    ],
  ])('%s refuses a value out of its range', async ([constraint, sql], { migrated }) => {
    await migrated.client.query(
      "insert into users (oidc_sub, email, name) values ('s', 'a@example.com', 'A')",
    );
    await expect(migrated.client.query(sql ?? '')).rejects.toMatchObject({ code: '23514', constraint });
  });
});

describe('updated_at of V0001', () => {
  test('is the time of the change, whatever the statement sets', async ({ migrated }) => {
    await migrated.client.query(
      "insert into users (oidc_sub, email, name) values ('s', 'a@example.com', 'A')",
    );
    const before = await migrated.value('select updated_at from users');
    await migrated.client.query("update users set name = 'B', updated_at = '2001-01-01'");
    const [row] = await migrated.rows<{ later: boolean }>('select updated_at > $1 as later from users', [
      before,
    ]);
    expect(row?.later).toBe(true);
  });

  test('has its trigger on the six tables that have the column', async ({ migrated }) => {
    const rows = await migrated.rows<{ name: string }>(
      `select distinct tgrelid::regclass::text as name from pg_trigger
       where not tgisinternal and tgname = 'updated_at_follows_every_change' order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'campaigns',
      'contacts',
      'email_notifications',
      'email_templates',
      'provider_configs',
      'users',
    ]);
  });
});
