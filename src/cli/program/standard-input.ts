import { isUtf8 } from 'node:buffer';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';

/** The word of a command line for standard input. */
export const STANDARD_INPUT = '-';

/** Reads standard input to its end, which on a terminal the user types. */
export async function readStandardInput(signal: AbortSignal): Promise<string> {
  const bytes = await buffer(addAbortSignal(signal, process.stdin)).catch((error: unknown) => {
    throw signal.aborted ? interruptedError('while it read standard input; nothing was sent') : error;
  });
  if (!isUtf8(bytes)) {
    throw new ExplainedError('not_utf8', 'Standard input is not UTF-8.', {
      remedy:
        'Convert it. If it is Windows-1252 or Latin-1, use: iconv -f WINDOWS-1252 -t UTF-8. Nothing was sent to the server.',
    });
  }
  // As a decoder does, it leaves out the byte order mark.
  return bytes.toString().replace(/^\uFEFF/, '');
}
