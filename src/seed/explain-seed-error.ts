import { DEFAULT_SET } from '../catalog/migration-set.js';
import { setHistoryAside } from '../migrate/history/table.js';
import type { Connection } from '../postgres/connect.js';
import pg from '../postgres/driver/pg.js';
import { queryRows } from '../postgres/driver/search-path.js';
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
import { explainStatementError } from '../postgres/statement-errors.js';
import { formatLocation, locate } from '../sql/location.js';
import type { SourceFile } from '../sql/source-file.js';
import { call, remedy } from '../text/remedy.js';

/**
 * Explains why a file of seed rows failed.
 *
 * @param connection outside of any transaction, once the queries that were sent have ended
 * @param source the file
 * @param error what the server rejected it with
 * @param added what the database has of these rows, in a sentence
 */
export async function explainSeedError(
  connection: Connection,
  source: SourceFile,
  error: unknown,
  added = 'No row was added.',
): Promise<unknown> {
  return (
    explainLostConnection(error, connection) ??
    (await explainReadOnly(error, connection)) ??
    explainStatementError(error) ??
    (await explainRejection(connection.client, source, error, added))
  );
}

async function explainRejection(
  client: pg.Client,
  source: SourceFile,
  error: unknown,
  added: string,
): Promise<unknown> {
  if (!(error instanceof pg.DatabaseError) || error.code === READ_ONLY_SQL_TRANSACTION) return error;
  if (error.code === UNDEFINED_TABLE || error.code === UNDEFINED_OBJECT) {
    const { message, cause } = redactError(error, knownTextOf(source.text));
    return new ExplainedError('no_schema', `This database does not have the schema yet: ${message}.`, {
      remedy: (await hasHistory(client))
        ? remedy`Run ${call('status')} to see which migrations this database has. If its history was restored without the tables, set it aside: ${setHistoryAside(DEFAULT_SET)} Then create the tables with ${call('up')}, and run ${call('seed')} again.`
        : remedy`Apply the migrations with ${call('up')}, then run ${call('seed')} again.`,
      cause,
    });
  }
  const { position } = error;
  const where = position === undefined ? source.path : formatLocation(locate(source, Number(position) - 1));
  const shown = redactText(error, await collectKnownText(client, knownTextOf(source.text), error));
  const code = `SQLSTATE ${error.code}${shown.detail === null ? '' : `: ${shown.detail}`}`;
  return new ExplainedError('seed_failed', `${where}: ${shown.message} (${code}).`, {
    remedy: `${added} Correct the cause, for example a row of yours that has the same key, and run it again.`,
    cause: redactCause(error, shown),
  });
}

async function hasHistory(client: pg.Client): Promise<boolean> {
  const [row] = await queryRows<{ found: boolean }>(
    client,
    `select to_regclass('${DEFAULT_SET.historyTable}') is not null as found`,
  );
  return row?.found === true;
}
