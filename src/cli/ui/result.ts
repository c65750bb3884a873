import { partsOf, type Remedy } from '../../text/remedy.js';
import { commandLineRemedy, type Invocation } from './remedy.js';
import { printDocument, printOutput, printRemarks, printResultLines, type Tone } from './terminal.js';

/**
 * A line for people; one that advises a command is a remedy. One with a tone has a color on a terminal: `mark` characters at
 * its beginning, which must be one word, or the whole line.
 */
export type Line = Remedy | { readonly text: Remedy; readonly tone: Tone; readonly mark?: number };

/** The result of a command: a document for programs, lines for people, and the exit code. */
export interface CommandResult {
  /** Printed with `--json`; dates become ISO 8601. */
  readonly document: Readonly<Record<string, unknown>>;
  /** What the user asked for, on standard output: the result first, then the server, then the details. */
  readonly lines: readonly Line[];
  /** A value for a file or another program, such as SQL or an address; printed as it is, in the place of lines. */
  readonly output?: string;
  /** Warnings and remarks about the result, on standard error. */
  readonly notes?: readonly Remedy[];
  /** 0 by default. */
  readonly exitCode?: number;
  /** Work after the result is printed, such as to wait for the program that reads it. */
  readonly afterwards?: () => Promise<void>;
}

/** The call of the command, and the reader of its result. */
export interface ResultContext extends Invocation {
  readonly command: string;
  /** A program reads the result. */
  readonly json: boolean;
}

/** The exit code of `status`, `verify`, `check` and `rehearse` if they found something. */
export const EXIT_FINDINGS = 3;

/** Prints a result and sets the exit code. */
export function printResult(
  { document, lines, output, notes = [], exitCode = 0 }: CommandResult,
  context: ResultContext,
): void {
  process.exitCode = exitCode;
  if (context.json) {
    printDocument(withRemedies({ command: context.command, ok: true, exitCode, ...document }, context));
  } else {
    const render = (text: Remedy): string => commandLineRemedy(partsOf(text), context);
    const toned = lines.map((line) => (isToned(line) ? line : { text: line, tone: null }));
    printResultLines(...toned.map(({ text, ...style }) => ({ text: render(text), ...style })));
    if (output) printOutput(output);
    printRemarks(...notes.map(render));
  }
}

function isToned(line: Line): line is Exclude<Line, Remedy> {
  return typeof line === 'object' && 'tone' in line;
}

/** Renders each remedy in a document as the text that the command line shows. */
export function withRemedies(
  document: Readonly<Record<string, unknown>>,
  invocation: Invocation,
): Readonly<Record<string, unknown>> {
  return JSON.parse(
    JSON.stringify(document, (key, value: unknown) =>
      key === 'remedy' && Array.isArray(value) ? commandLineRemedy(value, invocation) : value,
    ),
  ) as Readonly<Record<string, unknown>>;
}
