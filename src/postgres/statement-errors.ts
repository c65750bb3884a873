import { ExplainedError } from './errors.js';
import pg from './pg.js';
import { redactCause, redactError } from './redaction/redact.js';

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
  '25006': {
    code: 'read_only',
    what: 'This session can only read',
    remedy: 'Connect to the primary server, as a role without default_transaction_read_only.',
  },
  '40P01': IN_THE_WAY,
  '42501': {
    code: 'permission_denied',
    what: 'This role may not do that',
    remedy: 'Connect as a role that owns what is named here, or let its owner grant the missing privilege.',
  },
  '53100': FULL,
  '53200': FULL,
  '53400': FULL,
  '55P03': IN_THE_WAY,
  '57014': {
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
