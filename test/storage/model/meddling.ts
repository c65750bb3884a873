import fc from 'fast-check';
import { deed, pick, remove, update } from './deed.js';
import { another, COLUMNS } from './values.js';
import { BEGINNING, rowOf, rowsOf, type Table } from './world.js';

const someTable = (often: Partial<Record<Table, number>>): fc.Arbitrary<Table> =>
  fc.oneof(
    ...(Object.keys(COLUMNS) as Table[]).map((table) => ({
      weight: often[table] ?? 1,
      arbitrary: fc.constant(table),
    })),
  );

/** One column of any row is set to something. */
export const meddle = deed<{ table: Table; row: number; column: number; value: number }>(
  'meddle',
  {
    table: someTable({
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
  ({ table, row: index, column, value }, world, now) => {
    const [name] = pick(rowsOf(world, table), index) ?? [];
    const row = rowOf(world, table, name ?? '');
    const key = pick(Object.keys(COLUMNS[table]), column) ?? '';
    const set = row === undefined ? undefined : another(table, key, value, world, row, now);
    return name === undefined || set === undefined ? [] : [update(table, name, { [key]: set })];
  },
);

/** Any row is deleted. */
export const forget = deed<{ table: Table; row: number }>(
  'forget',
  { table: someTable({ survey_responses: 3, events: 3, email_notifications: 3 }), row: fc.nat(11) },
  ({ table, row }, world) => {
    const [name] = pick(rowsOf(world, table), row) ?? [];
    // Where every run begins there is a template of each kind, and that shall stay.
    return name === undefined || name in BEGINNING.email_templates ? [] : [remove(table, name)];
  },
);
