import { ExplainedError, type Explanation } from '../../postgres/errors.js';
import type { SourceLocation } from '../../sql/errors.js';

/** What became of a migration in a run. */
export interface MigrationResult {
  /** As the file writes it: `V0002`. */
  readonly version: string;
  readonly name: string;
  readonly status: 'applied' | 'rolled_back' | 'failed' | 'not_reached';
  /** How long it took, in milliseconds; null for one that did not come to its end. */
  readonly durationMs: number | null;
}

/** What a server says about an error, besides its message; a person's data is taken out of it. */
export interface ServerReport {
  /** PostgreSQL's code for the error, as in appendix A of its manual: five characters. */
  readonly sqlState: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** In which function, trigger or block it happened, innermost first; as PostgreSQL tells it. */
  readonly context: string | null;
  /** Of a broken constraint: its definition. */
  readonly definition: string | null;
}

/** A migration that did not come to its end: where, what PostgreSQL says, and what became of the others of the run. */
export class MigrationFailedError extends ExplainedError {
  /** Null where the connection was lost and the server could not say anything. */
  readonly server: ServerReport | null;
  readonly location: SourceLocation | undefined;
  /** Every migration of the run, in its order. */
  readonly results: readonly MigrationResult[];

  constructor(
    code: string,
    message: string,
    explanation: Explanation & {
      readonly server?: ServerReport | undefined;
      readonly location?: SourceLocation | undefined;
      readonly results: readonly MigrationResult[];
    },
  ) {
    super(code, message, explanation);
    this.server = explanation.server ?? null;
    this.location = explanation.location;
    this.results = explanation.results;
  }
}

/** The run was ended by whoever called it. */
export function interrupted(what: string): ExplainedError {
  return new ExplainedError('interrupted', `Interrupted ${what}.`, {
    remedy: 'Run the command again: it goes on from where the database is.',
  });
}
