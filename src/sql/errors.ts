import { ExplainedError, type Explanation } from '../postgres/errors.js';

/** A place in a migration file; lines and columns count from 1, columns in characters (code points). */
export interface SourceLocation {
  /** The path of the file as it was given. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The lines around the place with a caret under it, ready to print. */
  readonly excerpt: string;
}

/** A folder or a file of migrations that cannot be run as it is; thrown before any SQL runs. */
export class MigrationFileError extends ExplainedError {
  /** Where in the file, if the error has one place. */
  readonly place: SourceLocation | undefined;

  constructor(
    code: string,
    message: string,
    explanation: Explanation & { readonly place?: SourceLocation | undefined },
  ) {
    super(code, message, explanation);
    this.place = explanation.place;
  }
}
