import { styleText } from 'node:util';
import { encodeCode, encodeJson, encodeName, encodeText } from '../../text/encode.js';
import { truncateToWidth } from '../../text/terminal-width.js';
import { shortenPaths } from './paths.js';
import { wrap } from './wrap.js';

// Every text that this program prints passes through this file, which encodes it and chooses its output: what the user asked
// for goes to standard output; progress, warnings and errors go to standard error. No other file writes to an output.

/** Longer sentences are hard to read, however wide the terminal is. */
const LONGEST_LINE = 100;

const HELP_WIDTH = 80;

const ERASE_LINE = '\r\u001B[K';

/** The status line that the terminal shows now; null if it shows none. */
let shownStatus: string | null = null;

/** Whether only data, warnings and errors are printed. */
let isQuiet = false;

/** From now on prints only data, warnings and errors: no progress, and no result in words. */
export function beQuiet(): void {
  isQuiet = true;
}

/** What a text is about: on a terminal, an error is red, and a warning or something that is pending is yellow. */
export type Tone = 'error' | 'warning';

/** A text for people, and its tone; null for none. */
export interface TonedText {
  readonly text: string;
  readonly tone: Tone | null;
  /** How many characters at its beginning have a color; all by default. */
  readonly mark?: number | undefined;
}

const COLORS = { error: 'red', warning: 'yellow' } as const satisfies Record<Tone, string>;

/** The word that a message on standard error begins with. */
const LABEL = /^(error|warning)(?=:)/;

/** Prints lines of the result that the user asked for on standard output; a terminal gets them wrapped to its width. */
export function printResultLines(...lines: readonly TonedText[]): void {
  if (isQuiet) return;
  const width = widthOf(process.stdout);
  for (const { text, tone, mark } of lines) {
    const line = wrap(encodeText(shortenPaths(text)), width);
    const end = mark ?? line.length;
    write(process.stdout, `${paint(line.slice(0, end), tone, process.stdout)}${line.slice(end)}\n`);
  }
}

/** Prints messages for people, which are no part of a result, on standard error; a terminal gets them wrapped. */
export function printMessages(...texts: readonly string[]): void {
  const width = widthOf(process.stderr);
  for (const text of texts) {
    const message = wrap(encodeText(shortenPaths(text)), width && Math.min(width, LONGEST_LINE));
    const painted = message.replace(LABEL, (label) => paint(label, label as Tone, process.stderr));
    write(process.stderr, `${painted}\n`);
  }
}

/** Prints progress and remarks as {@link printMessages} does. With `--quiet`, only warnings are left of them. */
export function printRemarks(...texts: readonly string[]): void {
  printMessages(...(isQuiet ? texts.filter((text) => text.startsWith('warning:')) : texts));
}

/** Prints lines for people on standard error, not wrapped. */
export function printLines(...lines: readonly string[]): void {
  for (const line of lines) write(process.stderr, `${encodeText(line)}\n`);
}

/** Prints annotations for GitHub Actions, which are commands, on standard error. */
export function printAnnotations(...annotations: readonly string[]): void {
  for (const annotation of annotations) write(process.stderr, `${encodeName(annotation)}\n`);
}

/** Prints a value that the user asked for, such as an address, SQL or TypeScript, on standard output as it is. */
export function printOutput(text: string): void {
  write(process.stdout, `${encodeCode(text.trimEnd())}\n`);
}

/**
 * Prints data that the user asked for on standard output.
 *
 * @param how a file or a program gets the values of rows `as it is`; a terminal always gets them encoded
 * @returns a promise if the reader is slower; it resolves when the reader is ready for more, or is gone
 */
export function printData(text: string, how: 'encoded' | 'as it is'): Promise<void> | undefined {
  const { stdout } = process;
  if (stdout.destroyed) return undefined;
  eraseStatusLine();
  const hasRoom = stdout.write(stdout.isTTY || how === 'encoded' ? encodeText(text) : text);
  if (hasRoom || stdout.destroyed) return undefined;
  outputRoom ??= new Promise((resolve) => {
    const finish = (): void => {
      for (const event of ['drain', 'close', 'error']) stdout.off(event, finish);
      outputRoom = undefined;
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stdout.on(event, finish);
  });
  return outputRoom;
}

/** Resolves when standard output has room again; undefined while it has. */
let outputRoom: Promise<void> | undefined;

/**
 * Asks a question that can be answered with yes or no.
 *
 * @returns false for every other answer, and for none; null if standard input is not a terminal
 */
export async function askOnTerminal(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY) return null;
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const text = wrap(`${encodeText(question)} [y/N]`, widthOf(process.stderr));
    const answer = await new Promise<string>((resolve) => {
      // After Ctrl-C or Ctrl-D, the cursor is still on the line of the question.
      const endWithoutAnswer = (): void => {
        write(process.stderr, '\n');
        resolve('');
      };
      lines.once('close', endWithoutAnswer);
      lines.question(`${text} `, (typed) => {
        lines.off('close', endWithoutAnswer);
        resolve(typed);
      });
    });
    return /^\s*y(?:es)?\s*$/i.test(answer);
  } finally {
    lines.close();
  }
}

/** The columns of the terminal on standard output; undefined without a terminal. */
export function outputWidth(): number | undefined {
  return widthOf(process.stdout);
}

/** Prints the document of a result or an error on standard output. */
export function printDocument(document: Readonly<Record<string, unknown>>): void {
  write(process.stdout, `${encodeJson(document)}\n`);
}

/** Wraps a part of the help as the parser of the command line wraps the rest. */
export function wrapHelp(text: string): string {
  return wrap(text.trimEnd(), helpWidth());
}

/** Formats an option or a command in the help. */
export function formatHelpItem(term: string, termWidth: number, description: string): string {
  return wrapHelp(`  ${term.padEnd(termWidth)}  ${description}`.trimEnd());
}

/** The columns of the help. */
export function helpWidth(): number {
  return Math.min(HELP_WIDTH, widthOf(process.stdout) ?? HELP_WIDTH);
}

/** Whether standard error is a terminal that cannot erase a line, such as that of an editor. */
export function isDumbTerminal(): boolean {
  return !isQuiet && process.stderr.isTTY && process.env.TERM === 'dumb';
}

/** Draws the status line and lines below it, which the next output erases, if standard error is a terminal. */
export function drawStatusLine(...lines: readonly string[]): void {
  const status = lines.join('\n');
  if (status === shownStatus || isQuiet || !process.stderr.isTTY) return;
  const erase = eraseSequence();
  shownStatus = status;
  const width = (process.stderr.columns || 80) - 1;
  const shown = lines.map((line) => truncateToWidth(encodeName(shortenPaths(line)), width));
  process.stderr.write(`${erase}${shown.join('\n')}`);
}

/** Erases the status line and the lines below it. */
export function eraseStatusLine(): void {
  if (shownStatus !== null) process.stderr.write(eraseSequence());
  shownStatus = null;
}

/** The cursor is at the end of the last line of the status. */
function eraseSequence(): string {
  const linesAbove = (shownStatus?.split('\n').length ?? 1) - 1;
  return linesAbove === 0 ? ERASE_LINE : `\r\u001B[${linesAbove}A\u001B[J`;
}

/** Both outputs may be the same terminal, whose status line must not stay before a text. */
function write(stream: NodeJS.WriteStream, text: string): void {
  eraseStatusLine();
  stream.write(text);
}

/**
 * Lets a command end as usual if the reader of its output has gone, as in `voicesurvey-db up | head -1`: a closed pipe must
 * not stop a migration. If the result cannot be written for another reason, such as a full disk, the command fails.
 */
export function surviveClosedOutput(): void {
  process.stderr.on('error', () => {});
  let isReported = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Every later part of the output fails, too.
    if (error.code === 'EPIPE' || isReported) return;
    isReported = true;
    // The command goes on, and sets its own exit code when it is done.
    process.once('exit', () => {
      process.exitCode = 1;
    });
    printMessages(
      `error: The result cannot be written to standard output: ${error.message}.`,
      'The command did its work; only its output is lost. Check the file or device that the output goes to.',
    );
  });
}

/** The columns of a terminal; undefined without a terminal. */
function widthOf({ isTTY, columns }: NodeJS.WriteStream): number | undefined {
  return isTTY && columns > 0 ? columns : undefined;
}

/**
 * Colors a text line by line if its output is a terminal with colors. Node.js decides: it knows `FORCE_COLOR`, `TERM=dumb` and
 * `NO_COLOR`, which takes precedence here.
 */
function paint(text: string, tone: Tone | null, stream: NodeJS.WriteStream): string {
  if (tone === null || process.env.NO_COLOR) return text;
  const paintLine = (line: string): string => styleText(COLORS[tone], line, { stream });
  return text.split('\n').map(paintLine).join('\n');
}
