import { keysDiffer, REFERENCES } from './keys.js';
import { FINAL, type Row, rowOf, rowsOf, type Table, type World } from './world.js';

export interface Insertion<R extends Row = Row> {
  readonly kind: 'insert';
  readonly table: Table;
  readonly name: string;
  readonly row: R;
}

/** A write of one row. */
export type Write =
  | Insertion
  /** Unless there is a row that it would be another of: `on conflict do nothing`. */
  | { readonly kind: 'insert if new'; readonly table: Table; readonly name: string; readonly row: Row }
  | { readonly kind: 'update'; readonly table: Table; readonly name: string; readonly columns: Row }
  /** The same, as `insert … on conflict (id) do update`. */
  | { readonly kind: 'upsert'; readonly table: Table; readonly name: string; readonly columns: Row }
  | { readonly kind: 'delete'; readonly table: Table; readonly name: string };

/** The row as it is to be; undefined where nothing is written. */
export function rowToBe(world: World, write: Write): Row | undefined {
  if (write.kind === 'delete') return undefined;
  if (write.kind === 'insert' || write.kind === 'insert if new')
    return excludedIfUnwilling(write.table, write.row);
  const row = rowOf(world, write.table, write.name);
  return row === undefined ? undefined : excludedIfUnwilling(write.table, { ...row, ...write.columns });
}

/** The world after a write as such, whether it may be or not. */
export function written(world: World, write: Write): World {
  if (write.kind === 'delete') return without(world, write.table, write.name);
  const row = rowToBe(world, write);
  if (row === undefined) return world;
  const after = withRow(world, write.table, write.name, row);
  return write.kind === 'insert if new' && !(isNew(world, write) && keysDiffer(after)) ? world : after;
}

/** What follows by itself: listed numbers are excluded, and those of excluded people who were erased are listed. */
export function settled(before: World, after: World): World {
  let settled = after;
  for (const [name, { state, do_not_call, phone_number, campaign_id }] of Object.entries(before.contacts)) {
    const isGone = after.contacts[name] === undefined;
    const isExcluded = do_not_call || (state === 'excluded' && after.campaigns[campaign_id] !== undefined);
    if (isGone && isExcluded && !(phone_number in settled.exclusion_list_entries)) {
      settled = withRow(settled, 'exclusion_list_entries', phone_number, { phone_number });
    }
  }
  for (const [name, contact] of Object.entries(settled.contacts)) {
    if (!FINAL.has(contact.state) && contact.phone_number in settled.exclusion_list_entries) {
      settled = withRow(settled, 'contacts', name, { ...contact, state: 'excluded' });
    }
  }
  return settled;
}

/** What a row is known by in the model: an entry of the list by its number. */
export const nameOf = (table: Table, name: string, row: Row): string =>
  table === 'exclusion_list_entries' ? String(row.phone_number) : name;

const withRow = (world: World, table: Table, name: string, row: Row): World => {
  const { [name]: _, ...others } = world[table] as Record<string, Row>;
  return { ...world, [table]: { ...others, [nameOf(table, name, row)]: row } };
};

/** Whether there is no other row yet of what a write would write. */
export function isNew(before: World, write: Write): boolean {
  const row = rowToBe(before, write);
  if (row === undefined) return true;
  const name = nameOf(write.table, write.name, row);
  const isInserted = write.kind === 'insert' || write.kind === 'insert if new';
  return (!isInserted && name === write.name) || rowOf(before, write.table, name) === undefined;
}

const excludedIfUnwilling = (table: Table, row: Row): Row =>
  table === 'contacts' && row.do_not_call === true && !FINAL.has(String(row.state))
    ? { ...row, state: 'excluded' }
    : row;

function without(world: World, table: Table, name: string): World {
  const row = rowOf(world, table, name);
  if (row === undefined) return world;
  const { [name]: _, ...others } = world[table] as Record<string, Row>;
  let after: World = { ...world, [table]: others };
  for (const { from, column, to, onDelete } of REFERENCES) {
    if (to !== table || onDelete === 'restrict') continue;
    for (const [child, childRow] of rowsOf(after, from).filter(([, other]) => other[column] === name)) {
      after =
        onDelete === 'cascade'
          ? without(after, from, child)
          : withRow(after, from, child, { ...childRow, [column]: null });
    }
  }
  const contact = String(row.contact_id);
  return table === 'survey_responses' && contact in after.contacts
    ? { ...after, erased: { ...after.erased, [contact]: {} } }
    : after;
}
