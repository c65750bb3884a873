import pg from './driver/pg.js';
import type { ErrorCode } from './errors/error-codes.js';
import { ExplainedError } from './errors/explained-error.js';
import {
  CONFIGURATION_LIMIT_EXCEEDED,
  DEADLOCK_DETECTED,
  DISK_FULL,
  INSUFFICIENT_PRIVILEGE,
  isOfClass,
  LOCK_NOT_AVAILABLE,
  OUT_OF_MEMORY,
  QUERY_CANCELED,
  READ_ONLY_SQL_TRANSACTION,
} from './errors/sql-states.js';
import { redactError } from './redaction/redact.js';

interface StatementProblem {
  readonly code: ErrorCode;
  /** The event, as the beginning of a sentence that the server's message ends. */
  readonly summary: string;
  readonly remedy: string;
}

const SERVER_EXHAUSTED: StatementProblem = {
  code: 'server_exhausted',
  summary: 'The server ran out of a resource',
  remedy:
    'Free disk space or memory on the server, or raise the limit that it names. Then run the command again.',
};
const LOCKED: StatementProblem = {
  code: 'lock_not_available',
  summary: 'Another session holds a lock that a statement needs',
  remedy:
    'Run the command again when that session has finished. To find it, run: select pid, pg_blocking_pids(pid), query from pg_stat_activity; A pid of 0 is a prepared transaction of pg_prepared_xacts.',
};

const FAILED: StatementProblem = {
  code: 'server_failed',
  summary: 'The server failed',
  remedy: 'Read the log of the server, and check its disk and its data. Then run the command again.',
};

/** By SQLSTATE. */
const PROBLEMS: Readonly<Record<string, StatementProblem>> = {
  [READ_ONLY_SQL_TRANSACTION]: {
    code: 'read_only',
    summary: 'This session is read-only',
    remedy:
      'Connect to the primary server. If default_transaction_read_only is on, the database may be frozen on purpose, for example while it is moved.',
  },
  [DEADLOCK_DETECTED]: LOCKED,
  [INSUFFICIENT_PRIVILEGE]: {
    code: 'permission_denied',
    summary: 'This role lacks a privilege',
    remedy: 'Connect as the owner of the object, or ask the owner to grant the privilege.',
  },
  [DISK_FULL]: SERVER_EXHAUSTED,
  [OUT_OF_MEMORY]: SERVER_EXHAUSTED,
  [CONFIGURATION_LIMIT_EXCEEDED]: SERVER_EXHAUSTED,
  [LOCK_NOT_AVAILABLE]: LOCKED,
  [QUERY_CANCELED]: {
    code: 'statement_canceled',
    summary: 'The server canceled a statement',
    remedy:
      'If its statement_timeout ended it, raise that: alter role <role> set statement_timeout = <milliseconds>; Then run the command again.',
  },
};

/**
 * Explains the errors that any statement can meet, whatever a command does: a missing privilege, a read-only session, a
 * timeout, a lock, a full disk.
 *
 * @param error what a query was rejected with
 * @returns undefined for every other error
 * @example
 * ```ts
 * catch (error) {
 *   throw explainStatementError(error) ?? error;
 * }
 * ```
 */
export function explainStatementError(error: unknown): ExplainedError | undefined {
  if (!(error instanceof pg.DatabaseError)) return undefined;
  const problem = PROBLEMS[error.code ?? ''] ?? problemOfClass(error.code ?? '');
  if (problem === undefined) return undefined;
  const { message, cause } = redactError(error);
  return new ExplainedError(problem.code, `${problem.summary}: ${message}.`, {
    remedy: problem.remedy,
    cause,
  });
}

function problemOfClass(sqlState: string): StatementProblem | undefined {
  if (isOfClass('insufficientResources', sqlState)) return SERVER_EXHAUSTED;
  return isOfClass('systemError', sqlState) || isOfClass('internalError', sqlState) ? FAILED : undefined;
}
