import { ExplainedError, type Explanation } from '../../postgres/errors/explained-error.js';

/** Files and history contradict each other: a migration is changed, missing, late or unknown. */
export class HistoryError extends ExplainedError {}

/** The file of an applied migration was changed. */
export class FileChangedError extends HistoryError {
  /** Whether no other migration was applied after it. */
  readonly isNewest: boolean;
  /** The version before it, as its file writes it; null if it is the first. */
  readonly previous: string | null;

  constructor(
    message: string,
    explanation: Explanation & { readonly isNewest: boolean; readonly previous: string | null },
  ) {
    super('file_changed', message, explanation);
    this.isNewest = explanation.isNewest;
    this.previous = explanation.previous;
  }
}
