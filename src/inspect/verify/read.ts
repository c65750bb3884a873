import type { MigrationSet } from '../../catalog/migration-set.js';
import { readHistory } from '../../migrate/history/read.js';
import type { HistoryRow } from '../../migrate/history/table.js';
import { historyHeld, isHistoryHeld } from '../../migrate/history/wait.js';
import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { LOCK_NOT_AVAILABLE, QUERY_CANCELED, sqlStateOf } from '../../postgres/errors/sql-states.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { option, remedy } from '../../text/remedy.js';

/** The longest wait for a lock, in milliseconds. */
export const LOCK_TIMEOUT_MS = 2000;

/** Reads the history, in the transaction of the verification. It throws ExplainedError `history_held`. */
export async function readHistoryUnlessHeld(
  connection: Connection,
  set: MigrationSet,
): Promise<readonly HistoryRow[] | null> {
  const { client } = connection;
  try {
    return (await readHistory(client, set, LOCK_TIMEOUT_MS))?.rows ?? null;
  } catch (error) {
    if (!isHistoryHeld(error)) throw error;
    await client.query('rollback');
    throw await historyHeld(connection, set, LOCK_TIMEOUT_MS);
  }
}

/**
 * Explains a lock that was not available in time: PostgreSQL locks a table to print the definitions of its views and, from
 * version 17 on, its defaults and conditions.
 */
export function explainReadError(error: unknown): unknown {
  const sqlState = sqlStateOf(error);
  if (sqlState !== LOCK_NOT_AVAILABLE && sqlState !== QUERY_CANCELED) return error;
  const why =
    sqlState === LOCK_NOT_AVAILABLE
      ? 'another session holds a lock on a table'
      : 'the statement timeout was exceeded';
  return new ExplainedError('catalog_busy', `The catalog could not be read: ${why}.`, {
    remedy: remedy`Run it again when no session changes the schema. For a slow server, allow more time with ${option('statementTimeoutMs')}.`,
    cause: redactError(error).cause,
  });
}
