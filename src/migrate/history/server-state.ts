import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors.js';
import { sendTogether } from '../../postgres/pg-internals.js';
import { MigrationFileError } from '../../sql/errors.js';
import { option, remedy } from '../../text/remedy.js';
import type { Work } from '../script/work.js';
import { type HistoryWait, LOOKING, readHistory, waitForHistory } from './read.js';
import type { HistoryRow } from './table.js';

/** What a run finds on the server. */
export interface ServerState {
  /** The history, in the order of application; empty where there is none yet. */
  readonly rows: readonly HistoryRow[];
  /** Whether the history exists. */
  readonly hasHistory: boolean;
  /** Whether the server is a standby, which nobody can write to. */
  readonly isStandby: boolean;
  /** Whether the server can look, while it executes, whether its client is still there; not every system can. */
  readonly noticesLostClient: boolean;
  /** Whether a pooler stands between us and the server: it answers with process numbers of its own. */
  readonly isPooled: boolean;
}

/**
 * Reads the history and what else a run must know, in one round trip and without a lock.
 *
 * @param connection in pipeline mode
 * @param wait how to wait while somebody holds the history
 */
export function readState(connection: Connection, wait: HistoryWait = LOOKING): Promise<ServerState> {
  return waitForHistory(connection, wait, (lockTimeoutMs) => readStateOnce(connection, lockTimeoutMs));
}

async function readStateOnce(
  { client, reportedPid }: Connection,
  lockTimeoutMs: number,
): Promise<ServerState> {
  const answers = sendTogether(client, () =>
    Promise.all([
      client.query<{ pid: number; standby: boolean; version: string }>(
        'select pg_catalog.pg_backend_pid() as pid, pg_catalog.pg_is_in_recovery() as standby, pg_catalog.version() as version',
      ),
      readHistory(client, lockTimeoutMs),
    ]),
  );
  const [facts, rows] = await answers;
  return {
    rows: rows ?? [],
    hasHistory: rows !== null,
    isStandby: facts.rows[0]?.standby === true,
    noticesLostClient: /linux|darwin|bsd/.test(facts.rows[0]?.version ?? ''),
    isPooled: facts.rows[0]?.pid !== reportedPid,
  };
}

/** @throws ExplainedError `standby` where the server only follows another one */
export function refuseStandby({ isStandby }: ServerState, server: string): void {
  if (!isStandby) return;
  throw new ExplainedError(
    'standby',
    `${server} is a standby: it follows another server and cannot be changed.`,
    {
      remedy: remedy`Set ${option('url')} to the address of the primary server.`,
    },
  );
}

/**
 * @throws MigrationFileError `needs_direct_connection` where a no-transaction file would run behind a pooler: settings
 *   that it makes would stay in server processes that then serve strangers
 */
export function refusePooled({ isPooled }: ServerState, works: readonly Work[]): void {
  const work = isPooled ? works.find(({ script }) => !script.options.transaction) : undefined;
  if (work === undefined) return;
  throw new MigrationFileError(
    'needs_direct_connection',
    `${work.name} runs without a transaction, and this connection goes through a pooler such as PgBouncer.`,
    { remedy: remedy`Set ${option('url')} to the address of the server itself for this run.` },
  );
}
