import { idOf, withIds } from '../rules/names.js';
import { insertDraft } from '../rules/steps.js';
import { KEY_COLUMNS, type Model, type Row, type Table, type Value } from './model.js';
import { type RowWrite, requestedRow, type Write } from './write.js';

/** The columns that a new row needs and the model leaves out. */
const REQUIRED_COLUMNS: Readonly<Partial<Record<Table, (name: string) => Record<string, string>>>> = {
  email_templates: () => ({ name: "'a'", subject: "'a'", body_html: "'a'" }),
  provider_configs: () => ({ outbound_number: "'+4930000000'", transcript_retention_days: '2' }),
  call_attempts: (name) => ({ call_id: `'${name}'` }),
  survey_responses: () => ({ q1_answer: "'a'", q3_answer: "'3'" }),
  transcript_snippets: () => ({ transcript_text: "'a'" }),
};

/** The statement of some writes. Several writes become the data-modifying common table expressions of one statement. */
export function sqlOfStatement(model: Model, writes: readonly Write[]): string {
  const queries = writes.map((write) => replaceNames(sqlOfWrite(model, write)));
  if (queries.length === 1) return queries.join('');
  return `with ${queries.map((query, index) => `write_${index} as (${query})`).join(', ')} select 1`;
}

function sqlOfWrite(model: Model, write: Write): string {
  if (write.kind === 'purge') return 'do $purge$ begin perform voicesurvey.purge_expired(); end $purge$';
  return write.table === 'settings' && 'columns' in write
    ? sqlOfTimeZone(write.columns.value ?? null)
    : sqlOfRowWrite(model, write);
}

/** Sets or resets the time zone. As an anonymous block it needs no name of the database. */
export function sqlOfTimeZone(zone: Value): string {
  const change = zone === null ? 'reset voicesurvey.time_zone' : `set voicesurvey.time_zone = ''${zone}''`;
  return `do $zone$ begin execute format('alter database %I ${change}', current_database()); end $zone$`;
}

/** The name of a table in SQL. */
export const sqlName = (table: Table): string =>
  `${['campaign_settings', 'hang_ups'].includes(table) ? 'voicesurvey' : 'public'}.${table}`;

function sqlOfRowWrite(model: Model, write: RowWrite): string {
  const { table, name } = write;
  const key = KEY_COLUMNS[table] ?? 'id';
  const condition = `${key} = ${isId(key) || key === 'id' ? `:${name}` : `'${name}'`}`;
  if (write.kind === 'delete') return `delete from ${sqlName(table)} where ${condition}`;
  if (write.kind === 'insert') return sqlOfInsert(table, name, write.row);
  if (write.kind === 'insert or nothing')
    return `${sqlOfInsert(table, name, write.row)} on conflict do nothing`;
  const assignments = Object.entries(write.columns)
    .map(([column, value]) => `${column} = ${literal(column, value)}`)
    .join(', ');
  const row = requestedRow(model, write);
  return write.kind === 'upsert' && row !== undefined && key === 'id'
    ? `${sqlOfInsert(table, name, row)} on conflict (id) do update set ${assignments}`
    : `update ${sqlName(table)} set ${assignments} where ${condition}`;
}

function sqlOfInsert(table: Table, name: string, row: Row): string {
  const literals = Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, literal(column, value)]),
  );
  if (table === 'campaigns') return insertDraft(name, literals).replace(/;$/, '');
  const columns = {
    ...(table in KEY_COLUMNS ? {} : { id: `:${name}` }),
    ...REQUIRED_COLUMNS[table]?.(name),
    ...literals,
  };
  return `insert into ${sqlName(table)} (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')})`;
}

const isId = (column: string): boolean => column.endsWith('_id') && column !== 'provider_call_id';

function literal(column: string, value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (isId(column)) return `:${value}`;
  if (value === 'now') return 'now()';
  if (column.endsWith('_at')) return `(timestamptz '2025-01-06 00:00+00' + interval '${value} min')`;
  if (column.endsWith('_local') && value === 1440) return "time '23:59:59.999999'";
  if (column.endsWith('_local')) return `time '${Math.floor(Number(value) / 60)}:${Number(value) % 60}'`;
  return typeof value === 'number' ? String(value) : `'${value}'`;
}

/** The expression that reads a column back in the model's units. */
export function sqlOfColumn(column: string): string {
  const minutes = `round(extract(epoch from ${column} - timestamptz '2025-01-06 00:00+00') / 60)::int`;
  if (column === 'created_at') {
    return `case when created_at > now() - interval '1 day' then to_json('now'::text) else to_json(${minutes}) end`;
  }
  if (column.endsWith('_at')) return minutes;
  if (column === 'metadata' || column === 'calling_days') return `${column}::text`;
  return column.endsWith('_local') ? `(extract(epoch from ${column}) / 60)::int` : column;
}

/** The names of the ids that were sent. */
const NAMES = new Map<string, string>();

/** Replaces names such as `:ann` by ids, and remembers them for `restoreNames`. */
export const replaceNames = (sql: string): string =>
  withIds(sql, { has: (name) => NAMES.set(idOf(name), name) !== undefined });

/** Replaces ids by their names. */
export const restoreNames = (text: string): string =>
  text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => NAMES.get(id) ?? id);
