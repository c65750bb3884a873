import { type Row, rowsOf, type Table, type World } from './world.js';

interface Reference {
  readonly from: Table;
  readonly column: string;
  readonly to: Table;
  readonly onDelete: 'cascade' | 'set null' | 'restrict';
  /** Rows of one step come in any order: what is named may come later in the transaction. */
  readonly mayComeLater?: true;
}

/** What names a row of another table. */
export const REFERENCES: readonly Reference[] = [
  { from: 'campaigns', column: 'email_completed_template_id', to: 'email_templates', onDelete: 'set null' },
  { from: 'contacts', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  { from: 'call_attempts', column: 'contact_id', to: 'contacts', onDelete: 'cascade' },
  { from: 'call_attempts', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  { from: 'survey_responses', column: 'contact_id', to: 'contacts', onDelete: 'cascade' },
  { from: 'survey_responses', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  {
    from: 'survey_responses',
    column: 'call_attempt_id',
    to: 'call_attempts',
    onDelete: 'cascade',
    mayComeLater: true,
  },
  { from: 'events', column: 'contact_id', to: 'contacts', onDelete: 'cascade' },
  { from: 'events', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  {
    from: 'events',
    column: 'call_attempt_id',
    to: 'call_attempts',
    onDelete: 'set null',
    mayComeLater: true,
  },
  {
    from: 'email_notifications',
    column: 'event_id',
    to: 'events',
    onDelete: 'cascade',
    mayComeLater: true,
  },
  { from: 'email_notifications', column: 'contact_id', to: 'contacts', onDelete: 'cascade' },
  { from: 'email_notifications', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  { from: 'email_notifications', column: 'template_id', to: 'email_templates', onDelete: 'restrict' },
  {
    from: 'transcript_snippets',
    column: 'call_attempt_id',
    to: 'call_attempts',
    onDelete: 'cascade',
    mayComeLater: true,
  },
];

/** What may be said of one row of a table only. */
const KEYS: readonly [table: Table, keyOf: (row: Row) => string | null][] = [
  ['provider_configs', () => 'the only one'],
  ['contacts', (row) => `${row.campaign_id} ${row.phone_number}`],
  ['call_attempts', (row) => `${row.contact_id} ${row.attempt_number}`],
  ['call_attempts', (row) => (row.ended_at === null ? String(row.contact_id) : null)],
  ['call_attempts', (row) => (row.provider_call_id === null ? null : String(row.provider_call_id))],
  ['survey_responses', (row) => `${row.contact_id} ${row.campaign_id}`],
  ['events', (row) => `${row.contact_id} ${row.event_type}`],
  ['email_notifications', (row) => String(row.event_id)],
];

/** Whether every row differs from every other in what is said of one only. */
export const keysDiffer = (world: World): boolean =>
  KEYS.every(([table, keyOf]) => {
    const keys = rowsOf(world, table).flatMap(([, row]) => keyOf(row) ?? []);
    return new Set(keys).size === keys.length;
  });

/** Whether what the rows name is there; or may still come. */
export const namedAreThere = (world: World, mayComeLater: boolean): boolean =>
  REFERENCES.filter((reference) => !(mayComeLater && reference.mayComeLater)).every(({ from, column, to }) =>
    rowsOf(world, from).every(([, row]) => row[column] === null || String(row[column]) in world[to]),
  );
