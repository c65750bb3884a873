import { ExplainedError } from './explained-error.js';

/**
 * The error of a call that its signal interrupted.
 *
 * @param when follows the word "Interrupted", without a full stop
 */
export function interruptedError(when: string): ExplainedError {
  return new ExplainedError('interrupted', `Interrupted ${when}.`, {
    remedy: 'Run the command again: it resumes from the state of the database.',
  });
}
