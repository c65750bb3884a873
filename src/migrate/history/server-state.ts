import type { MigrationSet } from '../../catalog/migration-set.js';
import { withAnswerLimit } from '../../postgres/answer-limit.js';
import type { Blocker } from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import { describeTarget } from '../../postgres/connection/target.js';
import { sendOneByOne, sendTogether } from '../../postgres/driver/pg-internals.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { IS_READ_ONLY, readOnlyError } from '../../postgres/read-only.js';
import { standbyError } from '../../postgres/standby.js';
import { readHistory } from './read.js';
import type { HistoryRow } from './table.js';
import { READER_WAIT, type Wait, waitForHistory } from './wait.js';

/** The facts about the server that a run needs before it begins. */
export interface ServerState {
  /** The history, in the order of application; empty if nothing is applied. */
  readonly rows: readonly HistoryRow[];
  /** Whether the history exists. */
  readonly hasHistory: boolean;
  /** The same as in `History`. */
  readonly hasRelations: boolean;
  /** Whether the server is a standby, which accepts no writes. */
  readonly isStandby: boolean;
  /** Whether the transactions of the session are read-only by default. */
  readonly isReadOnly: boolean;
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
 * @param use the same as for `readHistory`
 */
export function readState(
  connection: Connection,
  set: MigrationSet,
  wait: Wait = READER_WAIT,
  onBlocked: (blocker: Blocker) => void = () => {},
  use: 'read' | 'write' = 'read',
): Promise<ServerState> {
  return waitForHistory(connection, set, wait, onBlocked, (lockTimeoutMs) =>
    readStateOnce(connection, set, lockTimeoutMs, use),
  );
}

async function readStateOnce(
  connection: Connection,
  set: MigrationSet,
  lockTimeoutMs: number,
  use: 'read' | 'write',
): Promise<ServerState> {
  const { client, reportedPid } = connection;
  const read = () =>
    Promise.all([
      queryRows<{ pid: number; standby: boolean; read_only: boolean; version: string }>(
        client,
        `select pg_catalog.pg_backend_pid() as pid, pg_catalog.pg_is_in_recovery() as standby,
           ${IS_READ_ONLY} as read_only, pg_catalog.version() as version`,
      ),
      readHistory(client, set, lockTimeoutMs, use),
    ]);
  const [[facts], history] = await withAnswerLimit(connection, () => sendTogether(client, read));
  const isPooled = facts?.pid !== reportedPid;
  if (isPooled) sendOneByOne(client);
  return {
    rows: history?.rows ?? [],
    hasHistory: history !== null,
    hasRelations: history?.hasRelations ?? true,
    isStandby: facts?.standby === true,
    isReadOnly: facts?.read_only === true,
    noticesLostClient: /linux|darwin|bsd/.test(facts?.version ?? ''),
    isPooled,
  };
}

/**
 * Refuses a command that must write if the server accepts no writes.
 *
 * @throws ExplainedError `standby`, or `read_only` if the transactions of the session are read-only by default
 */
export async function refuseReadOnly(
  { isStandby, isReadOnly }: ServerState,
  connection: Connection,
): Promise<void> {
  if (isStandby) throw standbyError(describeTarget(connection.target));
  if (isReadOnly) throw await readOnlyError(connection);
}
