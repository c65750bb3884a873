import type pg from 'pg';
import { setStatuses } from '../rules/steps.js';
import { INITIAL_MODEL, KEY_COLUMNS, type Model, rowsOf, type Table } from './model.js';
import { replaceNames, restoreNames, sqlName, sqlOfColumn, sqlOfStatement, sqlOfTimeZone } from './sql.js';

type ProductTable = Exclude<Table, 'settings'>;

/** The columns of each table that the model has. */
const COLUMNS: Readonly<Record<ProductTable, readonly string[]>> = {
  email_templates: ['type', 'locale'],
  provider_configs: ['max_concurrent_calls'],
  exclusion_list_entries: ['phone_number'],
  campaigns: Object.keys(INITIAL_MODEL.campaigns.one ?? {}),
  campaign_settings: ['campaign_id', 'time_zone', 'calling_days'],
  contacts: Object.keys(INITIAL_MODEL.contacts.ann ?? {}),
  call_attempts: [
    'contact_id',
    'campaign_id',
    'attempt_number',
    'provider_call_id',
    'started_at',
    'answered_at',
    'ended_at',
    'outcome',
    'error_code',
    'metadata',
  ],
  hang_ups: ['call_attempt_id', 'ended_at'],
  survey_responses: ['contact_id', 'campaign_id', 'call_attempt_id', 'q2_answer', 'completed_at'],
  events: ['event_type', 'contact_id', 'campaign_id', 'call_attempt_id'],
  email_notifications: ['event_id', 'contact_id', 'campaign_id', 'template_id', 'to_email', 'status'],
  transcript_snippets: ['call_attempt_id', 'created_at'],
};
const TABLES = Object.keys(COLUMNS) as ProductTable[];

/** Brings a database with any contents into the state of `INITIAL_MODEL`. */
export async function resetDatabase(client: pg.Client): Promise<void> {
  const emptied = [
    ...TABLES.map(sqlName),
    'voicesurvey_rules.erased_answers',
    'voicesurvey_rules.erased_last_calls',
    'public.users',
  ];
  // A campaign is inserted as a draft and then moved to its status.
  const inserts = TABLES.flatMap((table) =>
    rowsOf(INITIAL_MODEL, table).map(([name, row]) =>
      sqlOfStatement(INITIAL_MODEL, [
        { kind: 'insert', table, name, row: table === 'campaigns' ? { ...row, status: 'draft' } : row },
      ]),
    ),
  );
  const moves = Object.entries(INITIAL_MODEL.campaigns).map(([name, { status }]) =>
    replaceNames(setStatuses(name, status)),
  );
  await client.query(
    [
      'set session_replication_role = replica',
      ...emptied.map((table) => `delete from ${table}`),
      'set session_replication_role = origin',
      sqlOfTimeZone(null),
      replaceNames(
        "insert into users (id, oidc_sub, email, name) values (:manager, 'a', 'a@example.com', 'a')",
      ),
      ...inserts,
      ...moves,
    ].join('; '),
  );
}

const READ_TIME_ZONE = `select substring(setting from '=(.*)') from pg_db_role_setting, unnest(setconfig) as setting
  where setdatabase = (select oid from pg_database where datname = current_database())
  and setting like 'voicesurvey.time_zone=%'`;

const READ = `select json_build_object(${TABLES.map(
  (table) => `'${table}', (select coalesce(json_object_agg(
    ${KEY_COLUMNS[table] ?? 'id'},
    json_build_object(${COLUMNS[table].map((column) => `'${column}', ${sqlOfColumn(column)}`).join(', ')})), '{}')
    from ${sqlName(table)})`,
).join(
  ', ',
)}, 'settings', json_build_object('time_zone', json_build_object('value', (${READ_TIME_ZONE}))))::text as model`;

/** Reads what the database holds, in the form of the model. */
export async function readDatabase(client: pg.Client): Promise<Omit<Model, 'erasedAnswers'>> {
  const { rows } = await client.query<{ model: string }>(READ);
  return JSON.parse(restoreNames(rows[0]?.model ?? '')) as Model;
}

/**
 * Executes a transaction.
 *
 * @returns the constraint that refused it; null if it was accepted
 * @throws any error but an integrity violation
 */
export async function executeTransaction(client: pg.Client, sql: string): Promise<string | null> {
  try {
    await client.query(sql);
    return null;
  } catch (error) {
    await client.query('rollback');
    const { code, constraint, message } = error as pg.DatabaseError;
    if (code?.startsWith('23') !== true) throw error;
    return constraint ?? message;
  }
}
