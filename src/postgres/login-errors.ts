import type { LoginFailure } from './connection/login.js';
import { protocolViolation, serverUnproven } from './connection/protocol-errors.js';
import { describeTarget, type Target } from './connection/target.js';
import pg from './driver/pg.js';
import {
  isScramBroken,
  isScramTooLong,
  isServerProofWrong,
  isServerWithoutTls,
} from './driver/pg-internals.js';
import { ConnectionError } from './errors/explained-error.js';
import { INVALID_AUTHORIZATION_SPECIFICATION } from './errors/sql-states.js';
import { explainNetworkError } from './login-errors/network.js';
import { explainRefusal } from './login-errors/server.js';
import { explainTlsError } from './login-errors/tls.js';

/**
 * Explains why no login succeeded.
 *
 * @param failures one for each kind of encryption that was tried, in order; at least one
 * @returns the explained error of the most specific failure, with the original as its cause
 */
export function explainLoginFailures(failures: readonly LoginFailure[], target: Target): ConnectionError {
  const { error } = mostSpecific(failures);
  if (error instanceof ConnectionError) return error;
  if (error instanceof pg.DatabaseError) return explainRefusal(error, target);
  if (isServerProofWrong(error)) {
    return serverUnproven(describeTarget(target), 'did not prove that it knows the password', error);
  }
  if (isScramTooLong(error)) return scramTooLong(target, error);
  if (isScramBroken(error)) {
    const detail = `a message that does not fit SCRAM (${reason(error).replace(/^SASL: (?:[A-Z-]+: )?/, '')})`;
    return protocolViolation(describeTarget(target), detail, error);
  }
  return (
    explainNetworkError(error, target) ??
    explainTlsError(error, target) ??
    new ConnectionError(
      'connection_failed',
      `Connecting to ${describeTarget(target)} failed: ${reason(error)}.`,
      {
        remedy: 'Check that the URL names a PostgreSQL server that this machine can reach.',
        cause: error,
      },
    )
  );
}

/** A hostile server would make this side compute for hours. */
function scramTooLong(target: Target, cause: unknown): ConnectionError {
  return new ConnectionError(
    'login_method_unsupported',
    `${describeTarget(target)} requires more than 100,000 iterations of SCRAM for this user, and this package computes no more.`,
    {
      remedy:
        'Ask an administrator to set scram_iterations to 100,000 or less, and then to set the password of this user again.',
      cause,
    },
  );
}

/** The failure that says most about what must change; the first if both say as much. */
function mostSpecific(failures: readonly LoginFailure[]): LoginFailure {
  const [first, second] = failures;
  if (first === undefined) throw new TypeError('No login was tried.');
  return second !== undefined && specificity(second.error) > specificity(first.error) ? second : first;
}

/**
 * A server that does not support TLS, or has no rule for this kind of connection, says little if the other kind was tried
 * too. What it says about user, password and database says most.
 */
function specificity(error: unknown): number {
  if (error instanceof pg.DatabaseError) return isRefusedByRule(error) ? 1 : 3;
  return isServerWithoutTls(error) ? 0 : 2;
}

/** `pg_hba.conf` has no rule that allows the connection, or PgBouncer's `client_tls_sslmode` forbids it. */
function isRefusedByRule(error: pg.DatabaseError): boolean {
  return error.code === INVALID_AUTHORIZATION_SPECIFICATION || error.message === 'SSL required';
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
