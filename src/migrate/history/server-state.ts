import { withAnswerLimit } from '../../postgres/answer-limit.js';
import type { Blocker } from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import { sendTogether } from '../../postgres/driver/pg-internals.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { option, remedy } from '../../text/remedy.js';
import { readHistory } from './read.js';
import type { HistoryRow } from './table.js';
import { READER_WAIT, type Wait, waitForHistory } from './wait.js';

/** The facts about the server that a run needs before it begins. */
export interface ServerState {
  /** The history, in the order of application; empty if nothing is applied. */
  readonly rows: readonly HistoryRow[];
  /** Whether the history exists. */
  readonly hasHistory: boolean;
  /** Whether the server is a standby, which accepts no writes. */
  readonly isStandby: boolean;
  /** Whether the server can check, while it executes, that its client is still connected; not every system can. */
  readonly noticesLostClient: boolean;
  /** Whether a pooler is between this client and the server. A pooler reports its own process ids. */
  readonly isPooled: boolean;
}

/**
 * Reads the state of the server in one round trip, without a lock.
 *
 * @param connection in pipeline mode
 * @param wait how to wait while another session holds the history
 * @param onBlocked called with that session
 */
export function readState(
  connection: Connection,
  wait: Wait = READER_WAIT,
  onBlocked: (blocker: Blocker) => void = () => {},
): Promise<ServerState> {
  return waitForHistory(connection, wait, onBlocked, (lockTimeoutMs) =>
    readStateOnce(connection, lockTimeoutMs),
  );
}

async function readStateOnce(connection: Connection, lockTimeoutMs: number): Promise<ServerState> {
  const { client, reportedPid } = connection;
  const read = () =>
    Promise.all([
      client.query<{ pid: number; standby: boolean; version: string }>(
        'select pg_catalog.pg_backend_pid() as pid, pg_catalog.pg_is_in_recovery() as standby, pg_catalog.version() as version',
      ),
      readHistory(client, lockTimeoutMs),
    ]);
  const [facts, rows] = await withAnswerLimit(connection, () => sendTogether(client, read));
  return {
    rows: rows ?? [],
    hasHistory: rows !== null,
    isStandby: facts.rows[0]?.standby === true,
    noticesLostClient: /linux|darwin|bsd/.test(facts.rows[0]?.version ?? ''),
    isPooled: facts.rows[0]?.pid !== reportedPid,
  };
}

/** @throws ExplainedError `standby` if the server is a standby */
export function refuseStandby({ isStandby }: ServerState, server: string): void {
  if (!isStandby) return;
  throw new ExplainedError(
    'standby',
    `${server} is a standby: it follows another server and cannot be changed.`,
    { remedy: remedy`Set ${option('url')} to the address of the primary server.` },
  );
}
