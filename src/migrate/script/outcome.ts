import type { Failure } from './message.js';

/** The result of a migration in a run. */
export interface MigrationResult {
  /** The version as the file writes it: `V0002`. */
  readonly version: string;
  readonly name: string;
  readonly status: 'applied' | 'rolled_back' | 'failed' | 'not_reached';
  /** How long it took, in milliseconds; null for a migration that did not finish. */
  readonly durationMs: number | null;
}

/** The outcome of one attempt to run files. */
export interface Outcome {
  /** The files that are committed. */
  readonly done: readonly MigrationResult[];
  readonly failure: Failure | null;
}
