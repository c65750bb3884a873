import type pg from './driver/pg.js';

/** Listens for the warnings that a commit was not replicated. */
export interface ReplicationWatch {
  /** Whether the server committed without the confirmation of its synchronous standby. */
  wasCanceled(): boolean;
  /** Stops listening. */
  stop(): void;
}

/** The function of the server that waits for a synchronous standby. Unlike the message, its name has no language. */
const WAIT_ROUTINE = 'SyncRepWaitForLSN';

/** SQL in a transaction: its warnings reach the client, whatever level of messages the role has chosen. */
export const REPORT_WARNINGS = 'set local client_min_messages = warning';

/**
 * Watches whether a wait for a synchronous standby is canceled. The server then commits, answers the commit as usual, and only
 * warns: a failover may lose what was committed.
 */
export function watchReplication(client: pg.Client): ReplicationWatch {
  let isCanceled = false;
  const listener: Parameters<typeof client.on<'notice'>>[1] = ({ routine }) => {
    if (routine === WAIT_ROUTINE) isCanceled = true;
  };
  client.on('notice', listener);
  return { wasCanceled: () => isCanceled, stop: () => client.off('notice', listener) };
}

/** What to do after a commit that the standby has not confirmed. A statement of a user may not be repeated. */
export const REPLICATION_REMEDY_FOR_SQL =
  'Connect the synchronous standby again. Then run in psql on this server: ' +
  "select pg_logical_emit_message(true, 'voicesurvey-db', ''); It returns when the standby has everything.";

/** The same after a command that may be repeated. */
export const REPLICATION_REMEDY =
  `${REPLICATION_REMEDY_FOR_SQL} ` +
  'If the standby becomes the primary before that, run the command again there: it does what is missing.';

/** The end of a sentence about what is committed. */
export const NOT_REPLICATED =
  'committed on this server, but the wait for its synchronous standby was canceled, so the standby may lack it';
