import { ExplainedError } from './errors.js';
import pg from './pg.js';
import { redactCause, redactError } from './redaction/redact.js';
import {
  CONFIGURATION_LIMIT_EXCEEDED,
  DEADLOCK_DETECTED,
  DISK_FULL,
  INSUFFICIENT_PRIVILEGE,
  LOCK_NOT_AVAILABLE,
  OUT_OF_MEMORY,
  QUERY_CANCELED,
  READ_ONLY_SQL_TRANSACTION,
} from './sql-states.js';

interface Kind {
  readonly code: string;
  /** What has happened, in words; what the server says stands behind it. */
  readonly what: string;
  readonly remedy: string;
}

const FULL: Kind = {
  code: 'server_exhausted',
  what: 'The server has no room for this',
  remedy: 'See to its disk, its memory or the limit that it names, and run the command again.',
};
const IN_THE_WAY: Kind = {
  code: 'lock_not_available',
  what: 'Somebody else holds a lock that was waited for',
  remedy:
    'Run the command again when that is done. Who it is: select pid, pg_blocking_pids(pid), query from pg_stat_activity;',
};

/** By SQLSTATE: what any statement may meet on a server that somebody else looks after. */
const KINDS: Readonly<Record<string, Kind>> = {
  [READ_ONLY_SQL_TRANSACTION]: {
    code: 'read_only',
    what: 'This session can only read',
    remedy: 'Connect to the primary server, as a role without default_transaction_read_only.',
  },
  [DEADLOCK_DETECTED]: IN_THE_WAY,
  [INSUFFICIENT_PRIVILEGE]: {
    code: 'permission_denied',
    what: 'This role may not do that',
    remedy: 'Connect as a role that owns what is named here, or let its owner grant the missing privilege.',
  },
  [DISK_FULL]: FULL,
  [OUT_OF_MEMORY]: FULL,
  [CONFIGURATION_LIMIT_EXCEEDED]: FULL,
  [LOCK_NOT_AVAILABLE]: IN_THE_WAY,
  [QUERY_CANCELED]: {
    code: 'statement_canceled',
    what: 'The server ended a statement before it was done',
    remedy:
      'Where that was its statement_timeout, raise it: alter role <role> set statement_timeout = <milliseconds>; Then run the command again.',
  },
};

/**
 * Recognises what a server may answer to any statement, whatever a command does: a missing privilege, a session that can
 * only read, a timeout, a lock, a full disk.
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
  const kind = KINDS[error.code ?? ''];
  if (kind === undefined) return undefined;
  const shown = redactError(error, '');
  return new ExplainedError(kind.code, `${kind.what}: ${shown.message}.`, {
    remedy: kind.remedy,
    cause: redactCause(error, shown),
  });
}
