import type pg from 'pg';
import { setStatuses } from '../rules/steps.js';
import type { CreateName } from './action.js';
import { type ApiState, CONSUMERS } from './api/state.js';
import { EPOCH, setClock } from './clock.js';
import { INITIAL_MODEL, KEY_COLUMNS, type Model, rowsOf, type Table } from './model.js';
import {
  bindName,
  forgetNames,
  isId,
  replaceNames,
  restoreNames,
  sqlName,
  sqlOfColumn,
  sqlOfStatement,
  sqlOfTimeZone,
} from './sql.js';

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
  forgetNames();
  const emptied = [
    ...TABLES.map(sqlName),
    'voicesurvey.event_deliveries',
    'voicesurvey.email_queue',
    'voicesurvey.consumers',
    'voicesurvey.recordings_to_delete',
    'voicesurvey.unpublished_ends',
    'voicesurvey.tallies',
    'voicesurvey_rules.recording_progress',
    'voicesurvey_rules.purge_progress',
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
      setClock(0),
      'set session_replication_role = replica',
      ...emptied.map((table) => `delete from ${table}`),
      'set session_replication_role = origin',
      sqlOfTimeZone(null),
      replaceNames(
        "insert into users (id, oidc_sub, email, name) values (:manager, 'a', 'a@example.com', 'a')",
      ),
      ...inserts,
      ...moves,
      ...CONSUMERS.map((consumer) => `select voicesurvey.add_consumer('${consumer}')`),
    ].join('; '),
  );
}

const READ_TIME_ZONE = `select substring(setting from '=(.*)') from pg_db_role_setting, unnest(setconfig) as setting
  where setdatabase = (select oid from pg_database where datname = current_database())
  and setting like 'voicesurvey.time_zone=%'`;

const READ_MODEL = `select json_build_object(${TABLES.map(
  (table) => `'${table}', (select coalesce(json_object_agg(
    ${KEY_COLUMNS[table] ?? 'id'},
    json_build_object(${COLUMNS[table].map((column) => `'${column}', ${sqlOfColumn(column)}`).join(', ')})), '{}')
    from ${sqlName(table)})`,
).join(', ')}, 'settings', json_build_object('time_zone', json_build_object('value', (${READ_TIME_ZONE}))))`;

const SECONDS = `round(extract(epoch from due_at - timestamptz '${EPOCH}'))::int`;

/** What the API stores. Of its own tables, the queues are read: what they hold decides what is handed out next. */
const READ_API = `select json_build_object(
  'deliveries', (select coalesce(json_object_agg(consumer || ' ' || event_id, json_build_object(
      'due_at', ${SECONDS}, 'deliveries_count', deliveries_count, 'is_dead', is_dead)), '{}')
    from voicesurvey.event_deliveries),
  'email_queue', (select coalesce(json_object_agg(event_id, json_build_object(
      'notification_id', notification_id, 'due_at', ${SECONDS}, 'sends_count', sends_count)), '{}')
    from voicesurvey.email_queue),
  'recordings', (select coalesce(json_object_agg(provider_call_id, json_build_object('due_at', ${SECONDS})), '{}')
    from voicesurvey.recordings_to_delete))`;

/** What the database holds. */
export interface ObservedState {
  readonly model: Model;
  readonly api: ApiState;
}

/** The tables into which the API inserts rows, and the kinds of their names. */
const KINDS: Readonly<Partial<Record<Table, string>>> = {
  contacts: 'contact',
  call_attempts: 'call',
  survey_responses: 'response',
  events: 'event',
  email_notifications: 'email',
};

/**
 * Reads what the database holds, in the form of the model.
 *
 * @param createName names the rows that the database has inserted with ids of its own
 */
export async function readState(client: pg.Client, createName: CreateName): Promise<ObservedState> {
  const { rows } = await client.query<{ model: string; api: string }>(
    `select (${READ_MODEL})::text as model, (${READ_API})::text as api`,
  );
  const { model = '', api = '' } = rows[0] ?? {};
  const unnamed = JSON.parse(restoreNames(model)) as Model;
  for (const [table, kind] of Object.entries(KINDS)) {
    for (const id of Object.keys(unnamed[table as Table]).filter(isId)) bindName(createName(kind), id);
  }
  return {
    model: JSON.parse(restoreNames(model)) as Model,
    api: JSON.parse(restoreNames(api)) as ApiState,
  };
}

/** The state of the model, without what the database does not show. */
export function visibleState(model: Model, api: ApiState): object {
  const { erasedAnswers: _, ...tables } = model;
  const { deliveries, email_queue, recordings } = api;
  return { model: tables, api: { deliveries, email_queue, recordings } };
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
