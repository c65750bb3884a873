import fc from 'fast-check';
import { defineAction, deleteRow, pick, updateRow } from './action.js';
import { COLUMN_VALUES, pickValue } from './column-values.js';
import { INITIAL_MODEL, rowOf, rowsOf, type Table } from './model.js';

/** Generates a table: with the given weights, and a weight of 1 for the others. */
const tableWith = (weights: Partial<Record<Table, number>>): fc.Arbitrary<Table> =>
  fc.oneof(
    ...(Object.keys(COLUMN_VALUES) as Table[]).map((table) => ({
      weight: weights[table] ?? 1,
      arbitrary: fc.constant(table),
    })),
  );

/** Sets one column of any row to any value. */
export const corruptColumn = defineAction<{ table: Table; row: number; column: number; value: number }>(
  'corrupt a column',
  {
    table: tableWith({
      contacts: 8,
      call_attempts: 6,
      campaigns: 5,
      email_templates: 2,
      email_notifications: 5,
      events: 3,
      survey_responses: 2,
      transcript_snippets: 2,
    }),
    row: fc.nat(11),
    column: fc.nat(11),
    value: fc.nat(11),
  },
  ({ table, row: index, column: columnIndex, value: valueIndex }, { model, now }) => {
    const [name] = pick(rowsOf(model, table), index) ?? [];
    const row = rowOf(model, table, name ?? '');
    const column = pick(Object.keys(COLUMN_VALUES[table]), columnIndex) ?? '';
    const value = row === undefined ? undefined : pickValue(table, column, valueIndex, model, row, now);
    return name === undefined || value === undefined ? [] : [updateRow(table, name, { [column]: value })];
  },
);

/** Deletes any row. */
export const deleteAnyRow = defineAction<{ table: Table; row: number }>(
  'delete a row',
  { table: tableWith({ survey_responses: 3, events: 3, email_notifications: 3 }), row: fc.nat(11) },
  ({ table, row }, { model }) => {
    const [name] = pick(rowsOf(model, table), row) ?? [];
    // The initial templates stay, so that every type of e-mail can be written. A setting has no row to delete.
    const isKept = table === 'settings' || (name ?? '') in INITIAL_MODEL.email_templates;
    return name === undefined || isKept ? [] : [deleteRow(table, name)];
  },
);
