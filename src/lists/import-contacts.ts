import { checkOptions } from '../postgres/errors/check-options.js';
import { databaseOption } from './database/session.js';
import { checkCampaignId } from './errors/api-errors.js';
import { type ImportOptions, type ImportResult, importList } from './import/import-list.js';

/** The options of {@link importContacts}. */
export type ImportContactsOptions = ImportOptions & {
  /** The id of a campaign that has not ended. */
  readonly campaign: string;
};

/**
 * Imports a CSV file of contacts into a campaign, by `voicesurvey.import_contacts`. The lines are imported in batches, each in
 * a separate transaction, and memory does not grow with the file. To repeat the call changes nothing: it finds the contacts
 * there. So an import that was interrupted or killed is run again.
 *
 * @throws UsageError `unknown_campaign`, `unknown_country`, `file_exists`
 * @throws ExplainedError `list_unreadable`, `list_not_text`, `list_quotes`, `list_without_column`, `list_column_twice`, before
 *   a line is imported; `campaign_ended`, `no_schema`, `file_not_written`, `interrupted`
 * @example
 * ```ts
 * const { verdicts, rejected } = await importContacts({
 *   url: process.env.DATABASE_URL ?? '',
 *   campaign: '018f3b6e-8c1a-7000-8000-000000000000',
 *   file: 'contacts.csv',
 *   country: 'IT',
 * });
 * ```
 */
export async function importContacts(options: ImportContactsOptions): Promise<ImportResult> {
  checkOptions('importContacts', options, ...databaseOption(options), 'campaign', 'file');
  const { campaign } = options;
  checkCampaignId(campaign);
  return importList(options, {
    columns: [
      'phone_number',
      'external_contact_id',
      'email',
      'preferred_language',
      'has_prior_consent',
      'do_not_call',
    ],
    sql: 'select line_number, verdict, reason, suggestion from voicesurvey.import_contacts($1::pg_catalog.uuid, $2::pg_catalog.jsonb)',
    parameters: [campaign],
  });
}
