import type { Failure } from './message.js';
import type { Work } from './work.js';

/** The result of a migration in a run. */
export interface MigrationResult {
  /** The version as the file writes it: `V0002`. */
  readonly version: string;
  readonly name: string;
  /**
   * - `applied`, `rolled_back`: it is committed, and the server confirmed that the commit is durable;
   * - `unconfirmed`: it is committed, but a crash or a failover of the server may lose the commit; or the connection was
   *   lost before the server answered, so that it may be committed or not;
   * - `failed`: it is rolled back, or a no-transaction file stopped part-way;
   * - `not_reached`: the run ended before it.
   */
  readonly status: 'applied' | 'rolled_back' | 'unconfirmed' | 'failed' | 'not_reached';
  /** How long it took, in milliseconds; null for a migration that is not committed. */
  readonly durationMs: number | null;
}

/** The results of migrations whose commits may be lost. */
export function unconfirmed(results: readonly MigrationResult[]): readonly MigrationResult[] {
  return results.map((result) => ({ ...result, status: 'unconfirmed' }));
}

/** The outcome of one attempt to run files. */
export interface Outcome {
  /** The files that are committed. */
  readonly done: readonly MigrationResult[];
  /** The files whose SQL was sent, wholly or in part. */
  readonly sent: readonly Work[];
  readonly failure: Failure | null;
  /** Whether it failed in the rehearsal, which is rolled back; false by default. */
  readonly isRehearsal?: boolean;
}
