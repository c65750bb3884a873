import { areKeysUnique, REFERENCES } from './keys.js';
import { callsOf, FINAL_STATES, type Model, type Row, rowOf, rowsOf, type Table } from './model.js';

export interface Insert<R extends Row = Row> {
  readonly kind: 'insert';
  readonly table: Table;
  readonly name: string;
  readonly row: R;
}

/** A write of one row. */
export type Write =
  | Insert
  /** `insert … on conflict do nothing`. */
  | { readonly kind: 'insert or nothing'; readonly table: Table; readonly name: string; readonly row: Row }
  | { readonly kind: 'update'; readonly table: Table; readonly name: string; readonly columns: Row }
  /** An update as `insert … on conflict (id) do update`. */
  | { readonly kind: 'upsert'; readonly table: Table; readonly name: string; readonly columns: Row }
  | { readonly kind: 'delete'; readonly table: Table; readonly name: string };

const isInsert = ({ kind }: Write): boolean => kind === 'insert' || kind === 'insert or nothing';

/** The row that a write leaves; undefined if it writes none. */
export function resultingRow(model: Model, write: Write): Row | undefined {
  if (write.kind === 'delete') return undefined;
  if ('row' in write) return write.table === 'contacts' ? excludeDoNotCall(write.row) : write.row;
  const row = rowOf(model, write.table, write.name);
  if (row === undefined) return undefined;
  const updated = { ...row, ...write.columns };
  if (write.table !== 'contacts') return updated;
  const isExclusion = 'do_not_call' in write.columns && row.state !== 'excluded';
  return setLastAttempt(model, write.name, row, isExclusion ? excludeDoNotCall(updated) : updated);
}

/** A contact with the start of its latest call, whatever an update writes; a call that comes later may still change it. */
function setLastAttempt(model: Model, name: string, was: Row, now: Row): Row {
  const isCounted = was.attempts_count !== now.attempts_count;
  const latest = callsOf(model, name).find(([, call]) => call.attempt_number === now.attempts_count);
  if (!isCounted && was.last_attempt_at === now.last_attempt_at) return now;
  if (latest !== undefined) return { ...now, last_attempt_at: latest[1].started_at };
  return isCounted ? now : { ...now, last_attempt_at: was.last_attempt_at ?? null };
}

/** The model after the starts of new calls were written to their contacts, if these were counted up before. */
export function applyCallStarts(before: Model, written: Model): Model {
  let after = written;
  for (const [name, { contact_id, attempt_number, started_at }] of Object.entries(written.call_attempts)) {
    const contact = after.contacts[contact_id];
    if (name in before.call_attempts || contact?.attempts_count !== attempt_number) continue;
    after = withRow(after, 'contacts', contact_id, { ...contact, last_attempt_at: started_at });
  }
  return after;
}

/** The model after a write, whether the rules allow it or not. */
export function applyWrite(model: Model, write: Write): Model {
  if (write.kind === 'delete') return withoutRow(model, write.table, write.name);
  const row = resultingRow(model, write);
  if (row === undefined) return model;
  const after = withRow(model, write.table, write.name, row);
  const isSkipped = write.kind === 'insert or nothing' && !(isNew(model, write) && areKeysUnique(after));
  return isSkipped ? model : after;
}

/**
 * The model after what the database itself does with a statement's writes. It lists the numbers of excluded contacts
 * that were erased, and excludes the contacts of listed numbers.
 */
export function applyExclusions(before: Model, written: Model): Model {
  let after = written;
  for (const [name, { state, do_not_call, phone_number, campaign_id }] of Object.entries(before.contacts)) {
    const isErased = after.contacts[name] === undefined;
    const staysExcluded = do_not_call || (state === 'excluded' && after.campaigns[campaign_id] !== undefined);
    if (isErased && staysExcluded && !(phone_number in after.exclusion_list_entries)) {
      after = withRow(after, 'exclusion_list_entries', phone_number, { phone_number });
    }
  }
  for (const [name, contact] of Object.entries(after.contacts)) {
    if (!FINAL_STATES.has(contact.state) && contact.phone_number in after.exclusion_list_entries) {
      after = withRow(after, 'contacts', name, { ...contact, state: 'excluded' });
    }
  }
  return after;
}

/** The name of a row in the model: an entry of the exclusion list is named by its number. */
export const rowName = (table: Table, name: string, row: Row): string =>
  table === 'exclusion_list_entries' ? String(row.phone_number) : name;

/** Whether the row of a write does not take the name of another row. */
export function isNew(before: Model, write: Write): boolean {
  const row = resultingRow(before, write);
  if (row === undefined) return true;
  const name = rowName(write.table, write.name, row);
  return (!isInsert(write) && name === write.name) || rowOf(before, write.table, name) === undefined;
}

const withRow = (model: Model, table: Table, name: string, row: Row): Model => {
  const { [name]: _, ...others } = model[table] as Record<string, Row>;
  return { ...model, [table]: { ...others, [rowName(table, name, row)]: row } };
};

const excludeDoNotCall = (contact: Row): Row =>
  contact.do_not_call === true && !FINAL_STATES.has(String(contact.state))
    ? { ...contact, state: 'excluded' }
    : contact;

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
