import type { Remedy } from '../../text/remedy.js';
import { describeTarget, type Target } from '../connection/target.js';
import type { ErrorCode } from '../errors/error-codes.js';
import { ConnectionError } from '../errors/explained-error.js';

/** Why a login failed and what to do about it. */
export interface Diagnosis {
  /** The stable code of the error. */
  readonly code: ErrorCode;
  /** The problem, as the rest of a sentence that begins with the described target; without a full stop. */
  readonly problem: string;
  readonly remedy: Remedy;
}

/** Makes the error of a diagnosis. */
export function errorOf(
  { code, problem, remedy }: Diagnosis,
  target: Target,
  cause: unknown,
): ConnectionError {
  return new ConnectionError(code, `${describeTarget(target)} ${problem}.`, { remedy, cause });
}
