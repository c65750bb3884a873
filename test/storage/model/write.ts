import { areKeysUnique, REFERENCES } from './keys.js';
import { callsOf, FINAL_STATES, type Model, type Row, rowOf, rowsOf, type Table } from './model.js';

export interface Insert<R extends Row = Row> {
  readonly kind: 'insert';
  readonly table: Table;
  readonly name: string;
  readonly row: R;
}

/** An update by primary key. An upsert is one as `insert … on conflict (id) do update`. */
export interface Update {
  readonly kind: 'update' | 'upsert';
  readonly table: Table;
  readonly name: string;
  readonly columns: Row;
}

/** A write of one row. */
export type RowWrite =
  | Insert
  /** `insert … on conflict do nothing`. */
  | { readonly kind: 'insert or nothing'; readonly table: Table; readonly name: string; readonly row: Row }
  | Update
  | { readonly kind: 'delete'; readonly table: Table; readonly name: string };

/** A call of `voicesurvey.purge_expired`. */
export interface Purge {
  readonly kind: 'purge';
}

export type Write = RowWrite | Purge;

export const isUpdate = (write: Write): write is Update => write.kind === 'update' || write.kind === 'upsert';

/** The row that a write asks for; undefined if it writes none. */
export function requestedRow(model: Model, write: Write): Row | undefined {
  if ('row' in write) return write.row;
  if (!isUpdate(write)) return undefined;
  const row = rowOf(model, write.table, write.name);
  return row === undefined ? undefined : { ...row, ...write.columns };
}

/** The row that a write leaves: the requested one, in which the database sets what a writer cannot choose. */
export function resultingRow(model: Model, write: Write): Row | undefined {
  const row = requestedRow(model, write);
  if (row === undefined || write.kind === 'purge' || write.table !== 'contacts') return row;
  return excludeDoNotCall(isUpdate(write) ? setLastAttempt(model, write.name, row) : row);
}

/** The model after a write, whether the rules allow it or not. */
export function applyWrite(model: Model, write: Write): Model {
  if (write.kind === 'purge') return purgeExpired(model);
  if (write.kind === 'delete') return withoutRow(model, write.table, write.name);
  const row = resultingRow(model, write);
  if (row === undefined) return model;
  const after = withRow(model, write.table, write.name, row);
  const isSkipped = write.kind === 'insert or nothing' && !(isNew(model, write) && areKeysUnique(after));
  return isSkipped ? model : after;
}

/** The model after what the database itself does at the end of a statement. */
export const applyEffects = (before: Model, written: Model): Model =>
  setLastAttempts(excludeListedContacts(listErasedNumbers(before, written)));

/** Lists the numbers of excluded contacts that were erased, except if their exclusion was the campaign's. */
function listErasedNumbers(before: Model, written: Model): Model {
  let after = written;
  for (const [name, { state, do_not_call, phone_number, campaign_id }] of Object.entries(before.contacts)) {
    const isErased = after.contacts[name] === undefined;
    const staysExcluded = do_not_call || (state === 'excluded' && after.campaigns[campaign_id] !== undefined);
    if (isErased && staysExcluded && !(phone_number in after.exclusion_list_entries)) {
      after = withRow(after, 'exclusion_list_entries', phone_number, { phone_number });
    }
  }
  return after;
}

function excludeListedContacts(written: Model): Model {
  let after = written;
  for (const [name, contact] of Object.entries(after.contacts)) {
    if (!FINAL_STATES.has(contact.state) && contact.phone_number in after.exclusion_list_entries) {
      after = withRow(after, 'contacts', name, { ...contact, state: 'excluded' });
    }
  }
  return after;
}

function setLastAttempts(written: Model): Model {
  let after = written;
  for (const [name, contact] of Object.entries(after.contacts)) {
    const call = callsOf(after, name).find(([, call]) => call.attempt_number === contact.attempts_count)?.[1];
    if (call !== undefined && contact.last_attempt_at !== call.started_at) {
      after = withRow(after, 'contacts', name, { ...contact, last_attempt_at: call.started_at });
    }
  }
  return after;
}

/**
 * Sets the last_attempt_at of an updated contact. The writer's value is kept only while attempts_count rises and its
 * attempt is not there yet. After an erasure of the latest attempt, the old value stays.
 */
function setLastAttempt(model: Model, name: string, row: Row): Row {
  const call = callsOf(model, name).find(([, call]) => call.attempt_number === row.attempts_count)?.[1];
  if (call !== undefined) return { ...row, last_attempt_at: call.started_at };
  const old = model.contacts[name];
  const isCountRaised = row.attempts_count !== old?.attempts_count;
  return isCountRaised ? row : { ...row, last_attempt_at: old?.last_attempt_at ?? null };
}

const excludeDoNotCall = (row: Row): Row =>
  row.do_not_call === true && !FINAL_STATES.has(String(row.state)) ? { ...row, state: 'excluded' } : row;

/** Deletes expired transcripts and empties the metadata of ended calls, all of which ended long ago. */
function purgeExpired(model: Model): Model {
  if (Object.keys(model.provider_configs).length === 0) return model;
  const entries = Object.entries(model.call_attempts).map(([name, call]) => [
    name,
    call.ended_at === null || call.metadata === null ? call : { ...call, metadata: '{}' },
  ]);
  const fresh = Object.entries(model.transcript_snippets).filter(
    ([, { created_at }]) => created_at === 'now',
  );
  return {
    ...model,
    call_attempts: Object.fromEntries(entries),
    transcript_snippets: Object.fromEntries(fresh),
  };
}

/** The name of a row in the model: an entry of the exclusion list is named by its number. */
export const rowName = (table: Table, name: string, row: Row): string =>
  table === 'exclusion_list_entries' ? String(row.phone_number) : name;

/** Whether the row of a write does not take the name of another row. */
export function isNew(before: Model, write: Write): boolean {
  const row = requestedRow(before, write);
  if (row === undefined || write.kind === 'purge') return true;
  const name = rowName(write.table, write.name, row);
  return (isUpdate(write) && name === write.name) || rowOf(before, write.table, name) === undefined;
}

const withRow = (model: Model, table: Table, name: string, row: Row): Model => {
  const { [name]: _, ...others } = model[table] as Record<string, Row>;
  return { ...model, [table]: { ...others, [rowName(table, name, row)]: row } };
};

function withoutRow(model: Model, table: Table, name: string): Model {
  const row = rowOf(model, table, name);
  if (row === undefined) return model;
  const { [name]: _, ...others } = model[table] as Record<string, Row>;
  let after: Model = { ...model, [table]: others };
  for (const { from, column, to, onDelete } of REFERENCES) {
    if (to !== table || onDelete === 'restrict') continue;
    for (const [child, childRow] of rowsOf(after, from).filter(([, other]) => other[column] === name)) {
      after =
        onDelete === 'cascade'
          ? withoutRow(after, from, child)
          : withRow(after, from, child, { ...childRow, [column]: null });
    }
  }
  const contact = String(row.contact_id);
  return table === 'survey_responses' && contact in after.contacts
    ? { ...after, erasedAnswers: { ...after.erasedAnswers, [contact]: {} } }
    : after;
}
