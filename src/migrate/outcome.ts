import type { MigrationResult } from './failure.js';
import type { Message, Work } from './script.js';

/** The message that failed, and the file that it belongs to; none for the history's own creation. */
export interface Failure {
  readonly work: Work | null;
  readonly message: Message;
  readonly error: unknown;
}

/** What came of one try to run files. */
export interface Outcome {
  /** The files that are committed. */
  readonly done: readonly MigrationResult[];
  readonly failure: Failure | null;
}
