import { encodeCode, encodeJson, encodeName, encodeText } from '../../text/encode.js';
import { truncateToWidth } from '../../text/terminal-width.js';
import { wrap } from './wrap.js';

// Every text that this program prints passes through this file, which encodes it. No other file writes to an output.

/** Longer sentences are hard to read, however wide the terminal is. */
const LONGEST_LINE = 100;

const ERASE_LINE = '\r\u001B[K';

/** Whether the terminal shows a status line. */
let isStatusShown = false;

/** Prints lines for people on standard error, not wrapped. */
export function printLines(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${encodeText(line)}\n`);
}

/** Prints annotations for GitHub Actions, which are commands, on standard error. */
export function printAnnotations(...annotations: readonly string[]): void {
  for (const annotation of annotations) process.stderr.write(`${encodeName(annotation)}\n`);
}

/** Prints the value that the user asked for, such as an address, SQL or TypeScript, on standard output. */
export function printOutput(text: string): void {
  process.stdout.write(`${encodeCode(text.trimEnd())}\n`);
}

/** Prints the document of a result or an error on standard output. */
export function printDocument(document: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${encodeJson(document)}\n`);
}

/** Shows a line on a terminal until the next output replaces it; prints nothing if standard error is not a terminal. */
export function showStatusLine(line: string): void {
  if (!process.stderr.isTTY) return;
  isStatusShown = true;
  const width = (process.stderr.columns || 80) - 1;
  process.stderr.write(`${ERASE_LINE}${truncateToWidth(encodeName(line), width)}`);
}

/** Erases the status line. */
export function clearStatusLine(): void {
  if (isStatusShown) process.stderr.write(ERASE_LINE);
  isStatusShown = false;
}

/** Prints lines for people on standard error; a terminal gets them wrapped to its width. */
export function printWrapped(...lines: readonly string[]): void {
  const width = terminalWidth();
  printLines(...lines.map((line) => wrap(encodeText(line), width)));
}

/** Prints sentences for people on standard error; a terminal gets them wrapped to a readable width. */
export function printSentences(...texts: readonly string[]): void {
  const width = terminalWidth();
  printLines(...texts.map((text) => wrap(encodeText(text), width && Math.min(width, LONGEST_LINE))));
}

/**
 * Lets a command end as usual if the reader of its output has gone, as in `voicesurvey-db up | head -1`: a closed pipe must
 * not stop a migration. If the result cannot be written for another reason, such as a full disk, the command fails.
 */
export function surviveClosedOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.exitCode = 1;
    printSentences(
      `error: The result cannot be written to standard output: ${error.message}.`,
      'The command did its work; only its output is lost. Check the file or device that the output goes to.',
    );
  });
}

/** The columns of the terminal on standard error; undefined without a terminal. */
function terminalWidth(): number | undefined {
  const { isTTY, columns } = process.stderr;
  return isTTY && columns > 0 ? columns : undefined;
}
