import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';

/** The word of a command line for standard input. */
export const STANDARD_INPUT = '-';

/** Reads standard input to its end, which on a terminal the user types. */
export function readStandardInput(signal: AbortSignal): Promise<string> {
  return text(addAbortSignal(signal, process.stdin)).catch((error: unknown) => {
    throw signal.aborted ? interruptedError('while it read standard input; nothing was sent') : error;
  });
}
