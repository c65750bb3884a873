import { monotonicNow } from '../text/clock.js';
import type { PlannedRun } from './synthetic-run.js';

/** How far {@link seedContacts} has come. */
export interface SeedProgress {
  /** The contacts that are committed, also by an earlier run, and all of them. */
  readonly contacts: number;
  readonly ofContacts: number;
  /** The rows of all tables that this run has committed. */
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly secondsLeft: number;
}

/** The number of rows that a run has added to a table, by the name of the table. */
export type AddedRows = Readonly<Record<(typeof TABLES)[number], number>>;

const TABLES = [
  'contacts',
  'call_attempts',
  'survey_responses',
  'transcript_snippets',
  'events',
  'email_notifications',
] as const;

/** The rows of a run that has nothing to add. */
export const NOTHING_ADDED: AddedRows = {
  contacts: 0,
  call_attempts: 0,
  survey_responses: 0,
  transcript_snippets: 0,
  events: 0,
  email_notifications: 0,
};

/** Counts what is committed. The time that is left follows from the contacts, since campaigns differ in their rows. */
export function makeProgress(
  { contacts, campaigns, missing }: PlannedRun,
  onProgress: ((progress: SeedProgress) => void) | undefined,
): { readonly report: (added: AddedRows) => void; readonly added: () => AddedRows } {
  const started = monotonicNow();
  const before = Math.round((contacts * (campaigns - missing.length)) / campaigns);
  let total = NOTHING_ADDED;
  return {
    report: (added) => {
      total = Object.fromEntries(TABLES.map((table) => [table, total[table] + added[table]])) as AddedRows;
      const seconds = (monotonicNow() - started) / 1000;
      const rows = TABLES.reduce((sum, table) => sum + total[table], 0);
      onProgress?.({
        contacts: before + total.contacts,
        ofContacts: contacts,
        rows,
        rowsPerSecond: Math.round(rows / seconds),
        secondsLeft: Math.round((seconds / total.contacts) * (contacts - before - total.contacts)),
      });
    },
    added: () => total,
  };
}
