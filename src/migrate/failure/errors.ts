import type { ErrorCode } from '../../postgres/errors/error-codes.js';
import { ExplainedError, type Explanation } from '../../postgres/errors/explained-error.js';
import type { SourceLocation } from '../../sql/errors.js';
import type { Notice } from '../script/notice.js';
import type { MigrationResult } from '../script/outcome.js';

/** The report of a server about an error, besides its message. Personal data is redacted. */
export interface ServerReport {
  /** PostgreSQL's code for the error, as in appendix A of its manual: five characters. */
  readonly sqlState: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** The function, trigger or block in which it happened, innermost first, as PostgreSQL reports it. */
  readonly context: string | null;
  /** The definition of the violated constraint. */
  readonly definition: string | null;
}

/** A migration that failed: where, what PostgreSQL reports, and the result of every migration of the run. */
export class MigrationFailedError extends ExplainedError {
  /** Null if the server reported nothing, as after a lost connection. */
  readonly server: ServerReport | null;
  readonly location: SourceLocation | undefined;
  /** Every migration of the run, in its order. */
  readonly results: readonly MigrationResult[];
  /** The warnings and raised messages of the run, at most 1000. */
  notices: readonly Notice[] = [];

  constructor(
    code: ErrorCode,
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
