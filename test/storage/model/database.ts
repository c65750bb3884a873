import type pg from 'pg';
import { idOf, withIds } from '../rules/names.js';
import { draft, move } from '../rules/steps.js';
import { BEGINNING, type Row, rowsOf, type Table, type Value, type World } from './world.js';
import { rowToBe, type Write } from './write.js';

/** What a row has besides, where the model does not speak of it. */
const ALSO: Readonly<Partial<Record<Table, (name: string) => Record<string, string>>>> = {
  email_templates: () => ({ name: "'a'", subject: "'a'", body_html: "'a'" }),
  provider_configs: () => ({ outbound_number: "'+4930000000'" }),
  call_attempts: (name) => ({ call_id: `'${name}'` }),
  survey_responses: () => ({ q1_answer: "'a'", q3_answer: "'3'" }),
  transcript_snippets: () => ({ transcript_text: "'a'" }),
};

/** The statement of some writes; several are one of data-modifying common table expressions. */
export function sqlOf(world: World, writes: readonly Write[]): string {
  const parts = writes.map((write) => ids(sqlOfOne(world, write)));
  if (parts.length === 1) return parts.join('');
  return `with ${parts.map((part, index) => `part_${index} as (${part})`).join(', ')} select 1`;
}

function sqlOfOne(world: World, write: Write): string {
  const { table, name } = write;
  const place = table === 'exclusion_list_entries' ? `phone_number = '${name}'` : `id = :${name}`;
  if (write.kind === 'delete') return `delete from ${table} where ${place}`;
  if (write.kind === 'insert') return insertion(table, name, write.row);
  if (write.kind === 'insert if new') return `${insertion(table, name, write.row)} on conflict do nothing`;
  const settings = Object.entries(write.columns)
    .map(([column, value]) => `${column} = ${literal(column, value)}`)
    .join(', ');
  const row = rowToBe(world, write);
  return write.kind === 'upsert' && row !== undefined && table !== 'exclusion_list_entries'
    ? `${insertion(table, name, row)} on conflict (id) do update set ${settings}`
    : `update ${table} set ${settings} where ${place}`;
}

function insertion(table: Table, name: string, row: Row): string {
  const values = Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, literal(column, value)]),
  );
  if (table === 'campaigns') return draft(name, values).replace(/;$/, '');
  const all = {
    ...(table === 'exclusion_list_entries' ? {} : { id: `:${name}` }),
    ...ALSO[table]?.(name),
    ...values,
  };
  return `insert into ${table} (${Object.keys(all).join(', ')}) values (${Object.values(all).join(', ')})`;
}

const isId = (column: string): boolean => column.endsWith('_id') && column !== 'provider_call_id';

function literal(column: string, value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (isId(column)) return `:${value}`;
  if (column.endsWith('_at')) return `(timestamptz '2025-01-06 00:00+00' + interval '${value} min')`;
  if (column.endsWith('_local')) return `time '${Math.floor(Number(value) / 60)}:${Number(value) % 60}'`;
  return typeof value === 'number' ? String(value) : `'${value}'`;
}

const NAMES = new Map<string, string>();

/** SQL with ids for names, which are noted so that what is read has names for ids. */
const ids = (sql: string): string =>
  withIds(sql, { has: (name) => NAMES.set(idOf(name), name) !== undefined });

/** A text with names for ids. */
export const withNames = (text: string): string =>
  text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => NAMES.get(id) ?? id);

const TABLES = Object.keys(BEGINNING).filter((name): name is Table => name !== 'erased');

/** The statements that bring a database, whatever is in it, to where every run begins. */
export function beginning(): string {
  const rows = TABLES.flatMap((table) =>
    rowsOf(BEGINNING, table).map(([name, row]) =>
      sqlOf(BEGINNING, [
        { kind: 'insert', table, name, row: table === 'campaigns' ? { ...row, status: 'draft' } : row },
      ]),
    ),
  );
  const moves = Object.entries(BEGINNING.campaigns).map(([name, { status }]) => ids(move(name, status)));
  const emptied = [
    ...TABLES.map((table) => `public.${table}`),
    'voicesurvey_rules.erased_answers',
    'voicesurvey_rules.erased_last_calls',
    'public.users',
  ];
  return [
    'set session_replication_role = replica',
    ...emptied.map((table) => `delete from ${table}`),
    'set session_replication_role = origin',
    ids("insert into users (id, oidc_sub, email, name) values (:manager, 'a', 'a@example.com', 'a')"),
    ...rows,
    ...moves,
  ].join('; ');
}

/** The columns of a table that the model speaks of. */
const COLUMNS: Readonly<Record<Table, readonly string[]>> = {
  email_templates: ['type', 'locale'],
  provider_configs: ['max_concurrent_calls'],
  exclusion_list_entries: ['phone_number'],
  campaigns: Object.keys(BEGINNING.campaigns.one ?? {}),
  contacts: Object.keys(BEGINNING.contacts.ann ?? {}),
  call_attempts: [
    ...['contact_id', 'campaign_id', 'attempt_number', 'provider_call_id'],
    ...['started_at', 'answered_at', 'ended_at', 'outcome'],
  ],
  survey_responses: ['contact_id', 'campaign_id', 'call_attempt_id', 'q2_answer', 'completed_at'],
  events: ['event_type', 'contact_id', 'campaign_id', 'call_attempt_id'],
  email_notifications: ['event_id', 'contact_id', 'campaign_id', 'template_id', 'to_email', 'status'],
  transcript_snippets: ['call_attempt_id'],
};

const shown = (column: string): string => {
  if (column.endsWith('_at'))
    return `round(extract(epoch from ${column} - timestamptz '2025-01-06 00:00+00') / 60)::int`;
  return column.endsWith('_local') ? `(extract(epoch from ${column}) / 60)::int` : column;
};

const READ = `select json_build_object(${TABLES.map(
  (table) => `'${table}', (select coalesce(json_object_agg(
    ${table === 'exclusion_list_entries' ? 'phone_number' : 'id'},
    json_build_object(${COLUMNS[table].map((column) => `'${column}', ${shown(column)}`).join(', ')})), '{}')
    from ${table})`,
).join(', ')})::text as world`;

/** What the database holds, in the form of the model. */
export async function read(client: pg.Client): Promise<Omit<World, 'erased'>> {
  const { rows } = await client.query<{ world: string }>(READ);
  return JSON.parse(withNames(rows[0]?.world ?? '')) as World;
}

/** The verdict of the database on a transaction: the refusal's rule, or null. */
export async function take(client: pg.Client, sql: string): Promise<string | null> {
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
