import { checkOptions } from '../postgres/errors/check-options.js';
import { databaseOption } from './database/session.js';
import { type ImportOptions, type ImportResult, importList } from './import/import-list.js';

/**
 * Imports a CSV file of numbers into the exclusion list, by `voicesurvey.import_exclusions`: they are dialled in no campaign.
 * The columns are `phone_number`, `reason` and `source`. It works as {@link importContacts} does.
 *
 * @throws UsageError `unknown_country`, `file_exists`
 * @throws ExplainedError `list_unreadable`, `list_not_text`, `list_quotes`, `list_without_column`, `list_column_twice`, before
 *   a line is imported; `no_schema`, `file_not_written`, `interrupted`
 * @example
 * ```ts
 * const { verdicts } = await importExclusions({ url: process.env.DATABASE_URL ?? '', file: 'do-not-call.csv', country: 'IT' });
 * verdicts.accepted; // 120
 * ```
 */
export async function importExclusions(options: ImportOptions): Promise<ImportResult> {
  checkOptions('importExclusions', options, ...databaseOption(options), 'file');
  return importList(options, {
    columns: ['phone_number', 'reason', 'source'],
    sql: 'select line_number, verdict, reason, suggestion from voicesurvey.import_exclusions($1::pg_catalog.jsonb)',
    parameters: [],
  });
}
