import type { Connection } from './connect.js';
import { ExplainedError } from './errors/explained-error.js';
import { interruptedError } from './errors/interrupted-error.js';
import { QUERY_CANCELED, sqlStateOf } from './errors/sql-states.js';
import { explainLostConnection } from './lost-connection.js';
import { redactError } from './redaction/redact.js';
import { explainStatementError } from './statement-errors.js';

/**
 * Explains why work on a connection failed. Most work succeeds, so callers load this module only after a failure.
 *
 * @param error what the work failed with
 * @param signal interrupts the work
 * @returns an ExplainedError for a lost connection, an interrupt, and an error that any statement may meet; the redacted error
 *   for every other error of the server; the error itself if it is none of these
 * @example
 * ```ts
 * catch (error) {
 *   const { explainQueryError } = await import('../postgres/query-errors.js');
 *   throw explainQueryError(error, connection, signal);
 * }
 * ```
 */
export function explainQueryError(
  error: unknown,
  connection: Pick<Connection, 'target' | 'disconnectError'>,
  signal: AbortSignal | undefined,
): unknown {
  return (
    explainLostConnection(error, connection) ??
    explainCancellation(error, signal) ??
    explainStatementError(error) ??
    redactError(error).cause
  );
}

/** Explains that the signal has canceled a statement; undefined for any other error. */
function explainCancellation(error: unknown, signal: AbortSignal | undefined): ExplainedError | undefined {
  if (!signal?.aborted || (error instanceof ExplainedError && error.code === 'interrupted')) return undefined;
  const cause = error instanceof Error ? error.cause : undefined;
  const isCanceled = [error, cause].some((one) => sqlStateOf(one) === QUERY_CANCELED);
  return isCanceled
    ? interruptedError('before it was done; its current transaction is rolled back')
    : undefined;
}
