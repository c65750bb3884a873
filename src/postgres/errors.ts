/** What a process that ends because of an error exits with; see `docs/exit-codes.md`. */
export type FailureExitCode = 1 | 2 | 4;

/** What is told about an error besides its sentence. */
export interface Explanation {
  /** What to do now, as one or more whole sentences. */
  readonly remedy: string;
  /** The error that caused this one; kept whole. */
  readonly cause?: unknown;
  /** What the command line exits with; 1 unless told otherwise. */
  readonly exitCode?: FailureExitCode;
}

/**
 * An error that somebody can act on: a code for programs, a sentence that says what is wrong (`message`),
 * a remedy that says what to do, and the cause.
 *
 * Nobody needs to read the message to tell two errors apart: `code` is stable across releases.
 *
 * @example
 * ```ts
 * try {
 *   await up({ url: 'postgresql://postgres@127.0.0.1:1/voicesurvey', directory: migrationsDirectory });
 * } catch (error) {
 *   if (error instanceof ExplainedError) console.error(error.code, error.message, error.remedy);
 * }
 * ```
 */
export class ExplainedError extends Error {
  /** Names the kind of error, in snake_case, for programs. */
  readonly code: string;
  /** What to do now. */
  readonly remedy: string;
  /** What the command line exits with. */
  readonly exitCode: FailureExitCode;

  /**
   * @param code names the kind of error, in snake_case
   * @param message what is wrong, as a whole sentence; never holds a password or a person's data
   * @param explanation the remedy, and where known the cause
   */
  constructor(code: string, message: string, explanation: Explanation) {
    super(message, explanation.cause === undefined ? undefined : { cause: explanation.cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = explanation.remedy;
    this.exitCode = explanation.exitCode ?? 1;
  }
}

/** The command or the call was put wrongly: an option, a setting or an address that nobody can mean. Exit code 2. */
export class UsageError extends ExplainedError {
  constructor(code: string, message: string, explanation: Omit<Explanation, 'exitCode'>) {
    super(code, message, { ...explanation, exitCode: 2 });
  }
}

/** The command could do it and will not, until a flag says that it is meant. Exit code 4. */
export class RefusedError extends ExplainedError {
  constructor(code: string, message: string, explanation: Omit<Explanation, 'exitCode'>) {
    super(code, message, { ...explanation, exitCode: 4 });
  }
}

/** A server that cannot be reached, will not let us in, or is not one that we work with. */
export class ConnectionError extends ExplainedError {}

/** The embedded server cannot be installed, started or stopped. */
export class EmbeddedServerError extends ExplainedError {}
