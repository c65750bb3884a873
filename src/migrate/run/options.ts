import { type DriftReport, NO_DRIFT } from '../history/drift.js';
import type { WaitOptions } from '../history/wait.js';
import type { MigrationResult } from '../script/outcome.js';
import type { Listener } from './events.js';

/** The options that `up` and `down` share. The signal ends the run: the current statement is cancelled and rolled back. */
export interface RunOptions extends WaitOptions {
  /** Called with the events of the run. */
  readonly onEvent?: Listener | undefined;
  /** Writes nothing, and returns the statements of the files that a run would send. */
  readonly dryRun?: boolean | undefined;
  /** With `dryRun`, returns all SQL that a run would send: also the transactions, the guards and the history. */
  readonly verbose?: boolean | undefined;
}

/** The result of a run, and what it found before it began. */
export interface RunResult extends DriftReport {
  readonly results: readonly MigrationResult[];
  /** The SQL of a dry run; null for a real run. */
  readonly sql: string | null;
  /**
   * Why the run recorded no snapshot of the catalog, so that drift is unknown now; null if it did, or changed nothing.
   */
  readonly snapshotMissing: string | null;
}

/** The result of a run that had nothing to do. */
export const NOTHING_DONE: RunResult = {
  results: [],
  ...NO_DRIFT,
  sql: null,
  snapshotMissing: null,
};
