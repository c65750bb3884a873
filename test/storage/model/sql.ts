import { idOf, withIds } from '../rules/names.js';
import { insertDraft } from '../rules/steps.js';
import { EPOCH, sqlOfInstant } from './clock.js';
import { KEY_COLUMNS, type Model, type Row, type Table, type Value } from './model.js';
import { type RowWrite, requestedRow, type Write } from './write.js';

/** The columns that a new row needs and the model leaves out. */
const REQUIRED_COLUMNS: Readonly<Partial<Record<Table, (name: string) => Record<string, string>>>> = {
  email_templates: () => ({ name: "'a'", subject: "'a'", body_html: "'a'" }),
  provider_configs: () => ({
    outbound_number: "'+4930000000'",
    transcript_retention_days: '2',
    recording_retention_days: '3',
  }),
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
  if (write.kind === 'purge') return sqlOfPurge(write.at);
  return write.table === 'settings' && 'columns' in write
    ? sqlOfTimeZone(write.columns.value ?? null)
    : sqlOfRowWrite(model, write);
}

/** The transaction may end later than its purge. */
const sqlOfPurge = (at: number): string => `do $purge$
  declare minute text := current_setting('model.minute');
  begin
    perform set_config('model.minute', '${at}', true);
    perform voicesurvey.purge_expired();
    perform set_config('model.minute', minute, true);
  end $purge$`;

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
  const condition = `${key} = ${isReference(key) || key === 'id' ? `:${name}` : `'${name}'`}`;
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

const isReference = (column: string): boolean => column.endsWith('_id') && column !== 'provider_call_id';

function literal(column: string, value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (isReference(column)) return `:${value}`;
  if (column.endsWith('_at')) return sqlOfInstant(Number(value));
  if (column.endsWith('_local') && value === 1440) return "time '23:59:59.999999'";
  if (column.endsWith('_local')) return `time '${Math.floor(Number(value) / 60)}:${Number(value) % 60}'`;
  return typeof value === 'number' ? String(value) : `'${value}'`;
}

/** The expression that reads a column back in the model's units. */
export function sqlOfColumn(column: string): string {
  if (column.endsWith('_at'))
    return `round(extract(epoch from ${column} - timestamptz '${EPOCH}') / 60)::int`;
  if (column === 'metadata' || column === 'calling_days') return `${column}::text`;
  return column.endsWith('_local') ? `(extract(epoch from ${column}) / 60)::int` : column;
}

/** The names of the ids that were sent or read, and the ids of the rows that the database itself has named. */
const NAMES = new Map<string, string>();
const IDS = new Map<string, string>();

/** Replaces names such as `:ann` by ids, and remembers them for `restoreNames`. */
export function replaceNames(sql: string): string {
  const idOfName = (name: string): string => IDS.get(name) ?? idOf(name);
  return withIds(sql, { has: (name) => NAMES.set(idOfName(name), name) !== undefined }, idOfName);
}

/** Names a row that the database has inserted with an id of its own. */
export function bindName(name: string, id: string): void {
  NAMES.set(id, name);
  IDS.set(name, id);
}

/** Forgets the names of the rows of an earlier sequence. */
export function forgetNames(): void {
  NAMES.clear();
  IDS.clear();
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Whether a text is an id without a name. */
export const isId = (text: string): boolean => text.length === 36 && text.match(ID)?.length === 1;

/** Replaces ids by their names. */
export const restoreNames = (text: string): string => text.replace(ID, (id) => NAMES.get(id) ?? id);
