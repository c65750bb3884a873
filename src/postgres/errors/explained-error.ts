import { encodeText } from '../../text/encode.js';
import { describeRemedy, joinRemedies, partsOf, type Remedy, type RemedyPart } from '../../text/remedy.js';
import type { ErrorCode } from './error-codes.js';

/** The exit code of a process that ends because of an error; see `docs/exit-codes.md`. */
export type FailureExitCode = 1 | 2 | 4;

/** The parts of an error besides its message. */
export interface Explanation {
  /** The next step of the user, in whole sentences: text, or parts if it names a call or an option of the library. */
  readonly remedy: Remedy;
  /** The error that caused this one, unchanged. */
  readonly cause?: unknown;
  /** The exit code of the command line; 1 by default. */
  readonly exitCode?: FailureExitCode;
}

/**
 * An error that a user can act on: a code for programs, a sentence that says what is wrong (`message`),
 * a remedy that says what to do, and the cause.
 *
 * A program tells errors apart by `code`, which is stable across releases, never by the message.
 *
 * The remedy comes twice. `remedy` is text that names functions and options as a program writes them.
 * `remedyParts` is the same as data, for a program that shows them otherwise: the command line prints
 * `voicesurvey-db repair V0003 --reason '<why>'` for the call in the example.
 *
 * @example
 * ```ts
 * try {
 *   await up({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * } catch (error) {
 *   if (!(error instanceof ExplainedError)) throw error;
 *   error.code; // file_changed
 *   error.remedy; // Restore … Run `repair({ version: 'V0003', reason: '<why>' })`.
 *   error.remedyParts; // ['Restore … Run ', { call: 'repair', options: { version: 'V0003', reason: '<why>' } }, '.']
 * }
 * ```
 */
export class ExplainedError extends Error {
  /** Names the kind of error, in snake_case, for programs. */
  readonly code: ErrorCode;
  /** The next step of the user, in the words of the library: `` Run `up({ create: true })`. `` */
  readonly remedy: string;
  /** The remedy as data: text, calls of library functions (`{ call, options }`) and options (`{ option, value }`). */
  readonly remedyParts: readonly RemedyPart[];
  /** The exit code of the command line. */
  readonly exitCode: FailureExitCode;
  /** The folder of migrations that the error is about, if the call has several; null otherwise. */
  directory: string | null = null;

  /**
   * @param code names the kind of error, in snake_case
   * @param message what is wrong, as a whole sentence; never holds a password or a person's data. Control characters are
   *   encoded.
   * @param explanation the remedy, and the cause if it is known
   */
  constructor(code: ErrorCode, message: string, explanation: Explanation) {
    super(encodeText(message), explanation.cause === undefined ? undefined : { cause: explanation.cause });
    this.name = new.target.name;
    this.code = code;
    this.remedyParts = partsOf(explanation.remedy);
    this.remedy = encodeText(describeRemedy(this.remedyParts));
    this.exitCode = explanation.exitCode ?? 1;
  }
}

/** Adds a sentence to the remedy of an error that was just made, and returns the error. */
export function addToRemedy<Explained extends ExplainedError>(error: Explained, addition: Remedy): Explained {
  const remedyParts = joinRemedies(error.remedyParts, addition);
  return Object.assign(error, { remedyParts, remedy: encodeText(describeRemedy(remedyParts)) });
}

/** The command or the call is invalid: an option, a setting or an address with an impossible value. Exit code 2. */
export class UsageError extends ExplainedError {
  constructor(code: ErrorCode, message: string, explanation: Omit<Explanation, 'exitCode'>) {
    super(code, message, { ...explanation, exitCode: 2 });
  }
}

/** The command is possible but refused until an option confirms it. Exit code 4. */
export class RefusedError extends ExplainedError {
  constructor(code: ErrorCode, message: string, explanation: Omit<Explanation, 'exitCode'>) {
    super(code, message, { ...explanation, exitCode: 4 });
  }
}

/** A server that cannot be reached, refuses the connection, or is not one that this package supports. */
export class ConnectionError extends ExplainedError {}

/** The embedded server cannot be installed, started or stopped. */
export class EmbeddedServerError extends ExplainedError {}
