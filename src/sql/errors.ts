import type { ErrorCode } from '../postgres/errors/error-codes.js';
import { ExplainedError, type Explanation } from '../postgres/errors/explained-error.js';

/** A location in a migration file; lines and columns count from 1, columns in characters (code points). */
export interface SourceLocation {
  /** The path of the file as the caller gave it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The lines around the location with a caret under the character, ready to print. */
  readonly excerpt: string;
}

/** A folder or a file of migrations that cannot run as it is. Thrown before any SQL runs. */
export class MigrationFileError extends ExplainedError {
  /** Undefined if the error concerns a whole file or folder. */
  readonly location: SourceLocation | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    explanation: Explanation & { readonly location?: SourceLocation | undefined },
  ) {
    super(code, message, explanation);
    this.location = explanation.location;
  }
}
