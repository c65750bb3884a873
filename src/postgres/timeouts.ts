const TIMEOUTS = ['statement_timeout', 'idle_in_transaction_session_timeout'];

/** The first server that has `transaction_timeout`. */
const TRANSACTION_TIMEOUT_SINCE = 170000;

/**
 * The settings of a role or a database that are meant for the statements of a service, and would cut a migration short.
 *
 * @param serverVersion as `server_version_num` has it
 */
export function timeoutsOf(serverVersion: number): readonly string[] {
  return serverVersion >= TRANSACTION_TIMEOUT_SINCE ? [...TIMEOUTS, 'transaction_timeout'] : TIMEOUTS;
}

/**
 * SQL that lifts them.
 *
 * @param set `set local` for the transaction, `set` for the session
 */
export function liftTimeouts(serverVersion: number, set: 'set local' | 'set' = 'set local'): string {
  return timeoutsOf(serverVersion)
    .map((name) => `${set} ${name} = 0`)
    .join(';\n');
}
