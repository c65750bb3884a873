import { type Model, type Row, rowsOf, type Table } from './model.js';

interface Reference {
  readonly from: Table;
  readonly column: string;
  readonly to: Table;
  readonly onDelete: 'cascade' | 'set null' | 'restrict';
  /** Checked at commit: the referenced row may be written later in the transaction. */
  readonly isDeferred?: true;
}

/** The foreign keys. */
export const REFERENCES: readonly Reference[] = [
  { from: 'campaigns', column: 'email_completed_template_id', to: 'email_templates', onDelete: 'set null' },
  { from: 'campaign_settings', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  { from: 'hang_ups', column: 'call_attempt_id', to: 'call_attempts', onDelete: 'cascade' },
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
    isDeferred: true,
  },
  { from: 'events', column: 'contact_id', to: 'contacts', onDelete: 'cascade' },
  { from: 'events', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  {
    from: 'events',
    column: 'call_attempt_id',
    to: 'call_attempts',
    onDelete: 'set null',
    isDeferred: true,
  },
  { from: 'email_notifications', column: 'event_id', to: 'events', onDelete: 'cascade', isDeferred: true },
  { from: 'email_notifications', column: 'contact_id', to: 'contacts', onDelete: 'cascade' },
  { from: 'email_notifications', column: 'campaign_id', to: 'campaigns', onDelete: 'cascade' },
  { from: 'email_notifications', column: 'template_id', to: 'email_templates', onDelete: 'restrict' },
  {
    from: 'transcript_snippets',
    column: 'call_attempt_id',
    to: 'call_attempts',
    onDelete: 'cascade',
    isDeferred: true,
  },
];

/** The unique keys. A row whose key is null is not compared. */
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

/** Whether no two rows have the same value of a unique key. */
export const areKeysUnique = (model: Model): boolean =>
  KEYS.every(([table, keyOf]) => {
    const keys = rowsOf(model, table).flatMap(([, row]) => keyOf(row) ?? []);
    return new Set(keys).size === keys.length;
  });

/**
 * Whether every referenced row exists.
 *
 * @param references which foreign keys are checked: those that a statement checks, or all
 */
export const areReferencesValid = (model: Model, references: 'immediate' | 'all'): boolean =>
  REFERENCES.filter(({ isDeferred }) => references === 'all' || !isDeferred).every(({ from, column, to }) =>
    rowsOf(model, from).every(([, row]) => row[column] === null || String(row[column]) in model[to]),
  );
