import type { Target } from '../connection/target.js';
import type pg from '../driver/pg.js';
import type { Diagnosis } from './diagnosis.js';

/** Diagnoses an error of PgBouncer, from its message. */
type Diagnose = (message: string, target: Target) => Diagnosis;

/** By PgBouncer's message. It is always English, while the SQLSTATE of nearly all is `PROTOCOL_VIOLATION`. */
const DIAGNOSES: readonly (readonly [message: RegExp, Diagnose])[] = [
  [
    /^unsupported startup parameter/,
    (message) => ({
      code: 'pooler_refuses_options',
      problem: `is a PgBouncer that accepts no session settings: ${message}`,
      remedy:
        'Remove the parameter "options" from the URL (or unset PGOPTIONS), connect to the server itself, or add the setting to ignore_startup_parameters in pgbouncer.ini.',
    }),
  ],
  [
    /^no such database/,
    (_message, target) => ({
      code: 'pooler_database_missing',
      problem: 'is a PgBouncer that has no such database',
      remedy: `Add ${target.database} to [databases] in pgbouncer.ini, or correct the name at the end of the URL.`,
    }),
  ],
  [
    /^(no such user|(SASL|password|"trust"|PAM|certificate|SCRAM) authentication failed)/,
    (message) => ({
      code: 'wrong_password',
      problem: `is a PgBouncer that rejected the user or the password: ${message}`,
      remedy:
        'Correct both in the URL, with special characters percent-encoded (@ is %40). Check that the user is in the auth_file of PgBouncer, or that its auth_query finds the user.',
    }),
  ],
  [
    /^SSL required/,
    () => ({
      code: 'connection_not_allowed',
      problem: 'is a PgBouncer that accepts only encrypted connections',
      remedy: 'Add sslmode=require to the URL.',
    }),
  ],
  [
    /^no more connections allowed/,
    (message) => ({
      code: 'too_many_connections',
      problem: `is a PgBouncer that has no connection left: ${message}`,
      remedy: 'Run the command again later, or raise max_client_conn in pgbouncer.ini.',
    }),
  ],
  [
    /^(server login (has been failing|failed)|pgbouncer cannot connect|server DNS lookup failed|query_wait_timeout|database .* is (disabled|paused)|client_login_timeout)/,
    (message) => ({
      code: 'server_not_ready',
      problem: `is a PgBouncer that cannot reach its server: ${message}`,
      remedy: "Read PgBouncer's log for the error of its server, fix that, and run the command again.",
    }),
  ],
];

/**
 * Diagnoses a refusal that comes from PgBouncer and not from the server behind it.
 *
 * @returns undefined for an error of PostgreSQL, which always names a routine of its source
 */
export function diagnosePoolerRefusal(error: pg.DatabaseError, target: Target): Diagnosis | undefined {
  if (error.routine !== undefined) return undefined;
  const diagnose = DIAGNOSES.find(([message]) => message.test(error.message))?.[1];
  return diagnose?.(error.message, target);
}
