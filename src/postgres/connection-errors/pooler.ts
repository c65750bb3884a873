import type pg from '../pg.js';
import type { Target } from '../target.js';
import type { Sentences } from './sentences.js';

/** PgBouncer's own errors; most have the one SQLSTATE 08P01, so the text, always English, has to tell them apart. */
const EXPLANATIONS: readonly (readonly [RegExp, (target: Target, said: string) => Sentences])[] = [
  [
    /^unsupported startup parameter/,
    (_target, said) => [
      'pooler_refuses_options',
      `is a PgBouncer that takes no settings for the session: ${said}`,
      'Remove the parameter "options" from the URL (or PGOPTIONS), connect to the server itself, or add the setting to ignore_startup_parameters in pgbouncer.ini.',
    ],
  ],
  [
    /^no such database/,
    (target) => [
      'pooler_database_missing',
      'is a PgBouncer that knows no such database',
      `Add ${target.database} to [databases] in pgbouncer.ini, or correct the name at the end of the URL.`,
    ],
  ],
  [
    /^(no such user|(SASL|password|"trust"|PAM|certificate|SCRAM) authentication failed)/,
    (_target, said) => [
      'wrong_password',
      `is a PgBouncer that does not accept user and password: ${said}`,
      'Correct them in the URL, special characters percent-encoded (@ is %40); the user must be in the auth_file of PgBouncer, or its auth_query must find it.',
    ],
  ],
  [
    /^SSL required/,
    () => [
      'connection_not_allowed',
      'is a PgBouncer that takes encrypted connections only',
      'Write sslmode=require into the URL.',
    ],
  ],
  [
    /^no more connections allowed/,
    (_target, said) => [
      'too_many_connections',
      `is a PgBouncer that has no connection left: ${said}`,
      'Run the command again when there is less to do, or raise max_client_conn in pgbouncer.ini.',
    ],
  ],
  [
    /^(server login (has been failing|failed)|pgbouncer cannot connect|server DNS lookup failed|query_wait_timeout|database .* is (disabled|paused)|client_login_timeout)/,
    (_target, said) => [
      'server_not_ready',
      `is a PgBouncer that cannot reach its server: ${said}`,
      "Look into PgBouncer's log for what its server says; run the command again when that is cured.",
    ],
  ],
];

/**
 * Explains a refusal that comes from PgBouncer and not from the server behind it.
 *
 * @returns undefined for an error of PostgreSQL, which always names the place in its source
 */
export function explainPoolerRefusal(error: pg.DatabaseError, target: Target): Sentences | undefined {
  if (error.routine !== undefined) return undefined;
  const explain = EXPLANATIONS.find(([text]) => text.test(error.message))?.[1];
  return explain?.(target, error.message);
}
