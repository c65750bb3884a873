import type { ServerReport } from '../../migrate/failure/errors.js';
import type { ErrorCode } from '../../postgres/errors/error-codes.js';
import { ExplainedError, type Explanation } from '../../postgres/errors/explained-error.js';
import type { SourceLocation } from '../../sql/errors.js';

/** A statement of the user that the server rejected: where, and what PostgreSQL reports. */
export class StatementFailedError extends ExplainedError {
  readonly server: ServerReport;
  readonly location: SourceLocation;

  constructor(
    code: ErrorCode,
    message: string,
    explanation: Explanation & { readonly server: ServerReport; readonly location: SourceLocation },
  ) {
    super(code, message, explanation);
    this.server = explanation.server;
    this.location = explanation.location;
  }
}
