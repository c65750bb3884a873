import { excludeDoNotCall, purgeExpired, setLastAttempt } from './effects.js';
import { areKeysUnique, REFERENCES } from './keys.js';
import { type Model, type Row, rowName, rowOf, rowsOf, type Table, withRow } from './model.js';

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
  /** The minute of the call. */
  readonly at: number;
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
  if (write.kind === 'purge') return purgeExpired(model, write.at);
  if (write.kind === 'delete') return withoutRow(model, write.table, write.name);
  const row = resultingRow(model, write);
  if (row === undefined) return model;
  const after = withRow(model, write.table, write.name, row);
  const isSkipped = write.kind === 'insert or nothing' && !(isNew(model, write) && areKeysUnique(after));
  return isSkipped ? model : after;
}

/** Whether the row of a write does not take the name of another row. */
export function isNew(before: Model, write: Write): boolean {
  const row = requestedRow(before, write);
  if (row === undefined || write.kind === 'purge') return true;
  const name = rowName(write.table, write.name, row);
  return (isUpdate(write) && name === write.name) || rowOf(before, write.table, name) === undefined;
}

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
