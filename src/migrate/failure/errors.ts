import type { ErrorCode } from '../../postgres/errors/error-codes.js';
import { ExplainedError, type Explanation } from '../../postgres/errors/explained-error.js';
import type { SourceLocation } from '../../sql/errors.js';
import type { DriftReport } from '../history/drift.js';
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

/**
 * What a run had found when it failed. Every {@link MigrationFailedError} has it, and so has each other `ExplainedError` of
 * `up`, `down` and `redo` that comes after the run has reported something.
 */
export interface RunReport extends DriftReport {
  /** The warnings and raised messages of the run, at most 1000. */
  readonly notices: readonly Notice[];
}

/** A migration that failed: where, what PostgreSQL reports, and the result of every migration of the run. */
export class MigrationFailedError extends ExplainedError implements RunReport {
  /** Null if the server reported nothing, as after a lost connection. */
  readonly server: ServerReport | null;
  readonly location: SourceLocation | undefined;
  /** Every migration of the run, in its order. */
  readonly results: readonly MigrationResult[];
  drift: RunReport['drift'] = [];
  driftUnknown: RunReport['driftUnknown'] = null;
  notices: RunReport['notices'] = [];

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

/** Adds what a run had found to an error that ended it, and returns the error. */
export function addRunReport<Failure>(error: Failure, report: RunReport): Failure {
  return error instanceof ExplainedError ? Object.assign(error, report) : error;
}

/** Whether an error ended a run that had reported something. */
export function hasRunReport(error: unknown): error is ExplainedError & RunReport {
  return error instanceof ExplainedError && 'driftUnknown' in error;
}
