import { wrap } from './wrap.js';

/** Longer sentences are hard to read, however wide the terminal is. */
const LONGEST_LINE = 100;

/** Prints lines for people on standard error, as they are. */
export function printLines(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/** Prints lines for people on standard error; a terminal gets them wrapped to its width. */
export function printWrapped(...lines: readonly string[]): void {
  const width = terminalWidth();
  printLines(...lines.map((line) => wrap(line, width)));
}

/** Prints sentences for people on standard error; a terminal gets them wrapped to a readable width. */
export function printSentences(...texts: readonly string[]): void {
  const width = terminalWidth();
  printLines(...texts.map((text) => wrap(text, width && Math.min(width, LONGEST_LINE))));
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
      'The command itself was done. Check the file or device that its output goes to.',
    );
  });
}

/** The columns of the terminal on standard error; undefined without a terminal. */
function terminalWidth(): number | undefined {
  const { isTTY, columns } = process.stderr;
  return isTTY && columns > 0 ? columns : undefined;
}
