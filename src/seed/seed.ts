import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { readSourceFile } from '../migrate/files/source.js';
import { HISTORY_TABLE, SET_HISTORY_ASIDE } from '../migrate/history/table.js';
import type { Listener } from '../migrate/run/events.js';
import { makeNoticeReporter } from '../migrate/run/notice-reporter.js';
import { withNotices } from '../migrate/run/notices.js';
import { listenToWarnings } from '../migrate/run/warnings.js';
import type { Notice } from '../migrate/script/notice.js';
import pg from '../postgres/driver/pg.js';
import { queryRows, SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { ExplainedError } from '../postgres/errors/explained-error.js';
import {
  READ_ONLY_SQL_TRANSACTION,
  UNDEFINED_OBJECT,
  UNDEFINED_TABLE,
} from '../postgres/errors/sql-states.js';
import { explainLostConnection } from '../postgres/lost-connection.js';
import { explainReadOnly } from '../postgres/read-only.js';
import { collectKnownText, knownTextOf } from '../postgres/redaction/known-text.js';
import { redactCause, redactError, redactText } from '../postgres/redaction/redact.js';
import { REPORT_WARNINGS } from '../postgres/replication.js';
import { explainTriggersOff, TRIGGERS_ON } from '../postgres/triggers-on.js';
import { formatLocation, locate } from '../sql/location.js';
import type { SourceFile } from '../sql/source-file.js';
import { call, remedy } from '../text/remedy.js';
import { seedFile } from './paths.js';

/** The options of {@link seed}. */
export interface SeedOptions extends Database {
  /** Receives the notices. */
  readonly onEvent?: Listener | undefined;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link seed}. */
export interface SeedResult {
  readonly server: Server;
  /** How many of the eighteen rows were missing and were added. */
  readonly inserted: number;
  /** The warnings and raised messages of triggers, at most 1000. */
  readonly notices: readonly Notice[];
}

/**
 * Adds the eighteen fixed rows in one transaction. Existing rows are not changed.
 *
 * @throws ExplainedError `standby`, `read_only`, `not_replicated`, `interrupted`; `no_schema` if the migrations are not
 *   applied; `seed_failed` if the server refuses a row
 * @example
 * ```ts
 * const { inserted } = await seed({ url: process.env.DATABASE_URL ?? '' });
 * ```
 */
export async function seed(options: SeedOptions): Promise<SeedResult> {
  checkOptions('seed', options, 'url');
  return withNotices(options.onEvent, (emit) => addRows(options, emit));
}

async function addRows(options: SeedOptions, emit: Listener): Promise<Omit<SeedResult, 'notices'>> {
  const source = await readSourceFile(seedFile);
  return withDatabase(options, async ({ connection }) => {
    const { client } = connection;
    const notices = makeNoticeReporter(connection.target, () => source.text, emit);
    const warnings = listenToWarnings(connection, notices, emit);
    try {
      const [, rows] = await Promise.all([
        client
          .query(`begin;\n${SYSTEM_NAMES_ONLY};\n${REPORT_WARNINGS};\n${TRIGGERS_ON}`)
          .catch((error: unknown) => {
            throw explainTriggersOff(error) ?? error;
          }),
        client.query(source.text).catch(async (error: unknown) => {
          if (options.signal?.aborted) throw error;
          throw (
            explainLostConnection(error, connection) ??
            (await explainReadOnly(error, connection)) ??
            (await explainSeedError(client, source, error))
          );
        }),
        // The file sets the search path of the session, which behind a pooler serves other clients next.
        client.query('commit;\nreset search_path'),
      ]);
      return { server: describeServer(connection), inserted: countInserted(rows) };
    } finally {
      await warnings.stop();
    }
  });
}

function countInserted(result: unknown): number {
  const results = (Array.isArray(result) ? result : [result]) as pg.QueryResult[];
  return results.reduce(
    (sum, { command, rowCount }) => sum + (command === 'INSERT' ? (rowCount ?? 0) : 0),
    0,
  );
}

async function explainSeedError(client: pg.Client, source: SourceFile, error: unknown): Promise<unknown> {
  if (!(error instanceof pg.DatabaseError) || error.code === READ_ONLY_SQL_TRANSACTION) return error;
  if (error.code === UNDEFINED_TABLE || error.code === UNDEFINED_OBJECT) {
    const { message, cause } = redactError(error, knownTextOf(source.text));
    return new ExplainedError('no_schema', `This database does not have the schema yet: ${message}.`, {
      remedy: (await hasHistory(client))
        ? remedy`Run ${call('status')} to see which migrations this database has. If its history was restored without the tables, set it aside: ${SET_HISTORY_ASIDE} Then create the tables with ${call('up')}, and run ${call('seed')} again.`
        : remedy`Apply the migrations with ${call('up')}, then run ${call('seed')} again.`,
      cause,
    });
  }
  const { position } = error;
  const where = position === undefined ? source.path : formatLocation(locate(source, Number(position) - 1));
  const shown = redactText(error, await collectKnownText(client, knownTextOf(source.text), error));
  const code = `SQLSTATE ${error.code}${shown.detail === null ? '' : `: ${shown.detail}`}`;
  return new ExplainedError('seed_failed', `${where}: ${shown.message} (${code}).`, {
    remedy:
      'No row was added. Correct the cause, for example a row of yours that has the same key, and run it again.',
    cause: redactCause(error, shown),
  });
}

async function hasHistory(client: pg.Client): Promise<boolean> {
  const [row] = await queryRows<{ found: boolean }>(
    client,
    `select to_regclass('${HISTORY_TABLE}') is not null as found`,
  );
  return row?.found === true;
}
