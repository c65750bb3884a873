import { describeServer, type Server } from '../migrate/database.js';
import pg from '../postgres/driver/pg.js';
import { queryRows, SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { interruptedError } from '../postgres/errors/interrupted-error.js';
import { streamQuery } from '../postgres/stream-query.js';
import { csvLine, escapeFormula } from '../text/csv.js';
import { createNewFile } from '../text/new-file.js';
import { type DatabaseOrClient, databaseOption, withSession } from './database/session.js';
import { checkCampaignId } from './errors/api-errors.js';
import { newFileError, refuseExistingFile } from './errors/file-errors.js';

/** Receives a part of a CSV text. Returns a promise to receive no other part until it resolves. */
export type CsvReceiver = (csv: string) => Promise<void> | undefined;

/** The options of {@link exportCampaign}. */
export type ExportCampaignOptions = DatabaseOrClient & {
  /** The id of the campaign. */
  readonly campaign: string;
  /** The path of a new file, or a function that receives the text in parts. */
  readonly to: string | CsvReceiver;
  /**
   * Whether texts that a spreadsheet would execute as a formula stay as they are, for a program that reads the file; false by
   * default.
   */
  readonly raw?: boolean | undefined;
  /** Called with the number of rows until now, for each part. */
  readonly onProgress?: ((rows: number) => void) | undefined;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
};

/** The result of {@link exportCampaign}. */
export interface ExportCampaignResult {
  readonly server: Server;
  readonly rows: number;
}

/** A database or a role may set others, and a file does not say which. */
const FIXED_TIMES = "set local datestyle = iso; set local time zone 'UTC'";

/** In characters. */
const PART_LENGTH = 64 * 1024;

/**
 * Writes the contacts of a campaign that have ended as CSV, from `voicesurvey.campaign_export`, in the order of their numbers.
 * The rows are passed on as they arrive, so memory does not grow with the campaign. It is one statement, and so one snapshot.
 *
 * @throws UsageError `unknown_campaign`, `file_exists`
 * @throws ExplainedError `no_schema`, `file_not_written`, `interrupted`; an incomplete file is deleted
 * @example
 * ```ts
 * const { rows } = await exportCampaign({
 *   url: process.env.DATABASE_URL ?? '',
 *   campaign: '018f3b6e-8c1a-7000-8000-000000000000',
 *   to: 'results.csv',
 * });
 * ```
 */
export async function exportCampaign(options: ExportCampaignOptions): Promise<ExportCampaignResult> {
  checkOptions('exportCampaign', options, ...databaseOption(options), 'campaign');
  const { to } = options;
  if (typeof to !== 'function') checkOptions('exportCampaign', options, 'to');
  checkCampaignId(options.campaign);
  if (typeof to === 'function') return exportTo(to, options);
  await refuseExistingFile(to);
  try {
    const file = await createNewFile(to);
    try {
      const result = await exportTo(file.write, options);
      await file.commit();
      return result;
    } catch (error) {
      await file.discard();
      throw error;
    }
  } catch (error) {
    throw newFileError(error, to);
  }
}

async function exportTo(write: CsvReceiver, options: ExportCampaignOptions): Promise<ExportCampaignResult> {
  // A receiver that fails ends the query, too: without it, the rest of the rows would be read first.
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  return withSession({ ...options, signal }, true, async (session) => ({
    server: describeServer(session),
    rows: await sendRows(session.client, write, options, () => failed.abort()),
  }));
}

async function sendRows(
  client: pg.Client,
  write: CsvReceiver,
  { campaign, raw = false, onProgress, signal }: ExportCampaignOptions,
  cancel: () => void,
): Promise<number> {
  const id = pg.escapeLiteral(campaign);
  // An unknown campaign is an error, and not a file without rows.
  await queryRows(client, `select contact_id from voicesurvey.contacts_page(${id}::uuid, null::text, 1)`);
  let rows = 0;
  let text = '';
  let failure: { readonly error: unknown } | undefined;
  /** Rows that the driver has read go on to arrive while a part is written, so parts wait for each other here. */
  let written: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    const [part, count] = [text, rows];
    text = '';
    written = written.then(() => {
      onProgress?.(count);
      return write(part);
    });
    return written;
  };
  await streamQuery(
    client,
    `${SYSTEM_NAMES_ONLY};
${FIXED_TIMES};
select *
from voicesurvey.campaign_export
where campaign_id = ${id}
order by phone_number`,
    {
      columns: (columns) => {
        text += csvLine(columns.map(({ name }) => name));
      },
      row: (row) => {
        if (signal?.aborted) failure ??= { error: interruptedError('while it read the results') };
        if (failure !== undefined) return undefined;
        rows += 1;
        text += csvLine(raw ? row : row.map((value) => value && escapeFormula(value)));
        if (text.length < PART_LENGTH) return undefined;
        return flush().catch((error: unknown) => {
          failure ??= { error };
          cancel();
        });
      },
    },
  ).catch((error: unknown) => {
    // The query was canceled because the receiver had failed.
    if (failure === undefined) throw error;
  });
  if (failure !== undefined) throw failure.error;
  await flush();
  return rows;
}
