import type { Connection } from './connect.js';
import { protocolViolation } from './connection/protocol-errors.js';
import { describeTarget } from './connection/target.js';
import pg from './driver/pg.js';
import { isClientWithoutConnection, isMessageOutOfPlace } from './driver/pg-internals.js';
import { MissingResultsError } from './driver/search-path.js';
import { ConnectionError } from './errors/explained-error.js';
import {
  ADMIN_SHUTDOWN,
  CRASH_SHUTDOWN,
  DATABASE_DROPPED,
  IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
  IDLE_SESSION_TIMEOUT,
  isOfClass,
  TRANSACTION_TIMEOUT,
} from './errors/sql-states.js';
import { redactError } from './redaction/redact.js';

/** The settings that make a server end a connection, by the SQLSTATE of its last message. */
const TIMEOUT_SETTINGS: Readonly<Record<string, string>> = {
  [IDLE_IN_TRANSACTION_SESSION_TIMEOUT]: 'idle_in_transaction_session_timeout',
  [TRANSACTION_TIMEOUT]: 'transaction_timeout',
  [IDLE_SESSION_TIMEOUT]: 'idle_session_timeout',
};

/** The SQLSTATEs with which a server ends a connection: shut down, crashed, database dropped, or a timeout. */
const FINAL_STATES = new Set([
  ADMIN_SHUTDOWN,
  CRASH_SHUTDOWN,
  DATABASE_DROPPED,
  ...Object.keys(TIMEOUT_SETTINGS),
]);

const NETWORK_CODES =
  /^(ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTCONN)$/;

/**
 * Explains that a query failed because its connection was lost.
 *
 * @param error what the query was rejected with
 * @param connection the connection that it was sent through
 * @returns `connection_lost` with the reason, or the error with which this side ended the connection; undefined if the query
 *   failed for another reason
 * @example
 * ```ts
 * catch (error) {
 *   throw explainLostConnection(error, connection) ?? error;
 * }
 * ```
 */
export function explainLostConnection(
  error: unknown,
  connection: Pick<Connection, 'target' | 'disconnectError'>,
): ConnectionError | undefined {
  if (error instanceof ConnectionError) return error;
  if (error instanceof MissingResultsError) {
    return protocolViolation(describeTarget(connection.target), 'one result for several statements', error);
  }
  if (error instanceof Error && isMessageOutOfPlace(error)) {
    return protocolViolation(describeTarget(connection.target), 'a message that belongs to no query', error);
  }
  if (!(error instanceof Error) || !isLostConnection(error)) return undefined;
  // The last message of the server or the pooler says more than that the stream was closed after it.
  const cause = error instanceof pg.DatabaseError ? error : (connection.disconnectError() ?? error);
  if (cause instanceof ConnectionError) return cause;
  const shown = redactError(cause);
  return new ConnectionError(
    'connection_lost',
    `The connection to ${describeTarget(connection.target)} was lost: ${shown.message.replace(/\.$/, '')}.`,
    {
      remedy:
        remedyForLostConnection(cause) ??
        'Run the command again. If it fails again, read the log of the server, and that of the pooler if there is one.',
      cause: shown.cause,
    },
  );
}

/**
 * Checks whether the server may have executed what was sent, or may do so still: it has answered nothing. A pooler answers with
 * an error of its own when it loses the server.
 *
 * @param error what a query was rejected with
 */
export function isUnanswered(
  error: unknown,
  connection: Pick<Connection, 'target' | 'disconnectError'>,
): boolean {
  if (error instanceof pg.DatabaseError) return isLossOfConnection(error);
  return explainLostConnection(error, connection) !== undefined;
}

/** Says what to change so that the next connection is not lost for the same reason; undefined if nothing is known. */
export function remedyForLostConnection(cause: unknown): string | undefined {
  if (!(cause instanceof pg.DatabaseError)) return undefined;
  if (cause.message === 'query_wait_timeout') {
    return 'PgBouncer had no server connection free in time. A run of migrations needs two, and synthetic contacts need more. Raise default_pool_size in pgbouncer.ini, or connect to the server itself.';
  }
  if (cause.message === 'transaction blocks not allowed in statement pooling mode') {
    return 'PgBouncer runs in the mode statement, in which no transaction is possible. Set pool_mode to transaction or session in pgbouncer.ini, or connect to the server itself.';
  }
  const setting = TIMEOUT_SETTINGS[cause.code ?? ''];
  if (setting === undefined) {
    return cause.severity === 'FATAL' && isOfClass('syntaxErrorOrAccessViolation', cause.code ?? '')
      ? 'The server ended the session after an error, so exit_on_error is on. Reset it in the role, the database or the server that sets it, and run the command again.'
      : undefined;
  }
  return `The server ended the connection because of its setting ${setting}. Raise it in the role, the database, the server, the file or the event trigger that sets it, and run the command again.`;
}

function isLostConnection(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  if (error instanceof pg.DatabaseError) return FINAL_STATES.has(code) || isLossOfConnection(error);
  return NETWORK_CODES.test(code) || isClientWithoutConnection(error);
}

function isLossOfConnection({ code = '', severity }: pg.DatabaseError): boolean {
  return severity === 'FATAL' && isOfClass('connectionException', code);
}
