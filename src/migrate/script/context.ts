import type { RunIdentity } from '../history/row-sql.js';
import type { Wait } from '../history/wait.js';

/** What the guard of a transaction needs to know of its run. */
export interface RunLock {
  /** The server process that holds the lock of the run; 0 in a dry run. */
  readonly lockPid: number;
  /** How to wait for a transaction that another run left in the server. */
  readonly wait: Wait;
}

/** What the SQL of a run depends on, besides its files. */
export interface RunContext extends RunLock, RunIdentity {
  /** The lock timeout of files that set none, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** As in `server_version_num`. */
  readonly serverVersion: number;
  /** As in the server's state. */
  readonly noticesLostClient: boolean;
  /** Whether the SQL is only printed. */
  readonly isDryRun: boolean;
}
