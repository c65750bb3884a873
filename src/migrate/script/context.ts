import type { MigrationSet } from '../../catalog/migration-set.js';
import type { Connection } from '../../postgres/connect.js';
import { isThrowaway } from '../../postgres/throwaway-name.js';
import { newRunIdentity, type RunIdentity } from '../history/row-sql.js';
import type { ServerState } from '../history/server-state.js';
import type { Wait } from '../history/wait.js';

/** The properties of a run that the guard of a transaction needs. */
export interface RunLock {
  readonly set: MigrationSet;
  /** The server process that holds the lock of the run; 0 in a dry run. */
  readonly lockPid: number;
  /** How to wait for a transaction that another run left in the server. */
  readonly wait: Wait;
}

/** The properties of a run and its server on which the SQL of the run depends, besides the files. */
export interface RunContext extends RunLock, RunIdentity {
  /** The version of the server as a number, as in `server_version_num`. */
  readonly serverVersion: number;
  /** The same as in {@link ServerState}. */
  readonly noticesLostClient: boolean;
  /** The schemas of the migrations that were in the history before the run; null if no snapshot names them. */
  readonly coveredSchemas: readonly string[] | null;
  /** Whether the SQL is only printed. */
  readonly isDryRun: boolean;
  /** Whether the last transaction records a snapshot of the catalog. No drift is measured in a throw-away database. */
  readonly recordsSnapshot: boolean;
}

const DRY_RUN_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Makes the context of a run.
 *
 * @param lockPid the server process that holds the lock of the run; null for a dry run, which takes no lock
 * @param coveredSchemas as in {@link RunContext}; not needed for a dry run
 */
export function makeRunContext(
  { serverVersion, target }: Connection,
  set: MigrationSet,
  { noticesLostClient }: ServerState,
  wait: Wait,
  lockPid: number | null,
  coveredSchemas: readonly string[] | null = [],
): RunContext {
  const isDryRun = lockPid === null;
  return {
    ...newRunIdentity(),
    ...(isDryRun && { id: DRY_RUN_ID }),
    set,
    lockPid: lockPid ?? 0,
    wait,
    serverVersion: serverVersion.number,
    noticesLostClient,
    coveredSchemas,
    isDryRun,
    recordsSnapshot: !isDryRun && !isThrowaway(target),
  };
}
