import { ExplainedError } from '../postgres/errors/explained-error.js';
import type { UpResult } from './up.js';

/** What was applied before a later part of the same call failed. The error of that part has it. */
export interface EarlierResults {
  /** The results of the sets before the failed part, in their order. They stay applied. */
  readonly earlier: readonly UpResult[];
  /** The name of the set that failed, null for the default set; undefined if all sets were applied, and the seed rows failed. */
  readonly set?: string | null | undefined;
}

/** Adds to an error what was applied before it, and returns the error. */
export function addEarlierResults<Failure>(error: Failure, results: EarlierResults): Failure {
  return error instanceof ExplainedError ? Object.assign(error, results) : error;
}

/** Checks whether an error is that of a call of several parts, as of `upSets`. */
export function hasEarlierResults(error: unknown): error is ExplainedError & EarlierResults {
  return error instanceof ExplainedError && 'earlier' in error;
}
