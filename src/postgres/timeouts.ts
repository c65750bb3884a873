const TIMEOUTS = ['statement_timeout', 'idle_in_transaction_session_timeout'];

/** The first version of the server that has `transaction_timeout`. */
const TRANSACTION_TIMEOUT_SINCE = 170000;

/**
 * Lists the timeouts that a role or a database may set for the statements of a service. They would end a migration early.
 *
 * @param serverVersion the server's `server_version_num`
 */
export function timeoutsOf(serverVersion: number): readonly string[] {
  return serverVersion >= TRANSACTION_TIMEOUT_SINCE ? [...TIMEOUTS, 'transaction_timeout'] : TIMEOUTS;
}

/**
 * Returns SQL that disables these timeouts.
 *
 * @param serverVersion the server's `server_version_num`
 * @param set `set local` for the transaction, `set` for the session
 */
export function liftTimeouts(serverVersion: number, set: 'set local' | 'set' = 'set local'): string {
  return timeoutsOf(serverVersion)
    .map((name) => `${set} ${name} = 0`)
    .join(';\n');
}
