import { ExplainedError } from '../../postgres/errors/explained-error.js';

/** Makes the error of a check that its signal interrupted. */
export function interruptedError(): ExplainedError {
  return new ExplainedError('interrupted', 'Interrupted: the throw-away databases were dropped.', {
    remedy: 'Run the command again.',
  });
}
