import type { Failure } from './connection/login.js';
import { explainNetworkError } from './connection-errors/network.js';
import { explainRefusal } from './connection-errors/server.js';
import { explainTlsError } from './connection-errors/tls.js';
import { ConnectionError } from './errors.js';
import pg from './pg.js';
import { isClientWithoutConnection, isServerWithoutTls } from './pg-internals.js';
import {
  ADMIN_SHUTDOWN,
  CRASH_SHUTDOWN,
  DATABASE_DROPPED,
  IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
  IDLE_SESSION_TIMEOUT,
  INVALID_AUTHORIZATION_SPECIFICATION,
  isOfClass,
  TRANSACTION_TIMEOUT,
} from './sql-states.js';
import { describeTarget, type Target } from './target.js';

/** SQLSTATEs with which a server ends a connection: stopped, crashed, dropped, or idle for too long. */
const ENDING_STATES = new Set([
  ADMIN_SHUTDOWN,
  CRASH_SHUTDOWN,
  DATABASE_DROPPED,
  IDLE_SESSION_TIMEOUT,
  IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
  TRANSACTION_TIMEOUT,
]);
/** The settings by which a server ends a connection, by what it then says. */
const TIMEOUTS: Readonly<Record<string, string>> = {
  [IDLE_IN_TRANSACTION_SESSION_TIMEOUT]: 'idle_in_transaction_session_timeout',
  [TRANSACTION_TIMEOUT]: 'transaction_timeout',
  [IDLE_SESSION_TIMEOUT]: 'idle_session_timeout',
};
const LOST_CONNECTION =
  /^(ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTCONN)$/;

const RUN_AGAIN = 'Run the command again; if it happens again, look into the log of the server.';
/** The remedy for a pool that cannot give a run its second connection. */
const POOL_TOO_SMALL =
  'PgBouncer had no server connection free in time, and a run needs two: raise default_pool_size, or connect to the server itself.';

/**
 * Makes an error that somebody can act on of the failed attempts to connect.
 *
 * @param failures one for each encryption that was tried, in order; at least one
 * @returns the explained error of the attempt that tells most, with the original as its cause
 */
export function explainFailure(failures: readonly Failure[], target: Target): ConnectionError {
  const { error } = mostTelling(failures);
  if (error instanceof ConnectionError) return error;
  const where = describeTarget(target);
  if (error instanceof pg.DatabaseError) return explainRefusal(error, target);
  return (
    explainNetworkError(error, target) ??
    explainTlsError(error, target) ??
    new ConnectionError('connection_failed', `Connecting to ${where} failed: ${messageOf(error)}`, {
      remedy: 'Check that the URL names a PostgreSQL server that this machine can reach.',
      cause: error,
    })
  );
}

/**
 * Recognises that a query failed because its connection is gone.
 *
 * @param error what the query was rejected with
 * @param connection the connection that it was sent through
 * @returns `connection_lost` with the reason that is known, or undefined if the connection is not what failed
 * @example
 * ```ts
 * catch (error) {
 *   throw explainLostConnection(error, connection) ?? error;
 * }
 * ```
 */
export function explainLostConnection(
  error: unknown,
  connection: { readonly target: Target; lostBecause(): Error | undefined },
): ConnectionError | undefined {
  if (!isLostConnection(error)) return undefined;
  // What the server or the pooler said last tells more than that the connection was closed behind it.
  const cause = error instanceof pg.DatabaseError ? error : (connection.lostBecause() ?? error);
  return new ConnectionError(
    'connection_lost',
    `The connection to ${describeTarget(connection.target)} was lost: ${messageOf(cause)}`,
    { remedy: remedyForLost(cause) ?? RUN_AGAIN, cause },
  );
}

function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (error instanceof pg.DatabaseError) {
    return ENDING_STATES.has(code) || (isOfClass('connectionException', code) && error.severity === 'FATAL');
  }
  return LOST_CONNECTION.test(code) || isClientWithoutConnection(error);
}

/** What to change where a connection is lost that would be lost again; undefined where it need not be. */
export function remedyForLost(cause: unknown): string | undefined {
  if (!(cause instanceof pg.DatabaseError)) return undefined;
  if (cause.message === 'query_wait_timeout') return POOL_TOO_SMALL;
  const timeout = TIMEOUTS[cause.code ?? ''];
  if (timeout === undefined) return undefined;
  return `The server ends it by its setting ${timeout}: raise that where the role, the database, the server or the file sets it, and run the command again.`;
}

/** The failure that comes nearest to what somebody has to change; the first of equals. */
function mostTelling(failures: readonly Failure[]): Failure {
  const [first, second] = failures;
  if (first === undefined) throw new TypeError('No attempt to connect was made.');
  return second !== undefined && weightOf(second.error) > weightOf(first.error) ? second : first;
}

/**
 * That a server does no TLS, or takes no such connection, says little where the other kind was tried too; what it
 * says of user, password and database says most.
 */
function weightOf(error: unknown): number {
  if (error instanceof pg.DatabaseError) return isRefusedByRule(error) ? 1 : 3;
  return isServerWithoutTls(error) ? 0 : 2;
}

/** By `pg_hba.conf`, or PgBouncer's `client_tls_sslmode`. */
function isRefusedByRule(error: pg.DatabaseError): boolean {
  return error.code === INVALID_AUTHORIZATION_SPECIFICATION || error.message === 'SSL required';
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.endsWith('.') ? message : `${message}.`;
}
