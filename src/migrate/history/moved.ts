import { call, remedy } from '../../text/remedy.js';
import { HistoryError } from './errors.js';

/**
 * The error of a change that was decided on a history which another run has changed since.
 *
 * @param during what the command did meanwhile: `the catalog was compared`
 * @param state the state of the command, as a sentence
 */
export function movedError(during: string, state: string): HistoryError {
  return new HistoryError(
    'history_changed',
    `Another run has changed the history while ${during}. ${state}`,
    {
      remedy: remedy`Run ${call('status')}. If it is still necessary, run the command again.`,
    },
  );
}
