import { partsOf, type Remedy } from '../../text/remedy.js';
import { commandLineRemedy, type Invocation } from './remedy.js';
import { printDocument, printOutput, printWrapped } from './terminal.js';

/** The result of a command: a document for programs, lines for people, and the exit code. */
export interface CommandResult {
  /** Printed with `--json`; dates become ISO 8601. */
  readonly document: Readonly<Record<string, unknown>>;
  /** For people, on standard error; a line that advises a command is a remedy. */
  readonly lines: readonly Remedy[];
  /** The value that the user asked for, such as an address; on standard output unless `--json` is given. */
  readonly output?: string;
  /** 0 by default. */
  readonly exitCode?: number;
}

/** The call of the command, and the reader of its result. */
export interface ResultContext extends Invocation {
  readonly command: string;
  /** A program reads the result. */
  readonly json: boolean;
}

/** The exit code of a command that only reads, and has found something. */
export const EXIT_FINDINGS = 3;

/** Prints a result and sets the exit code. */
export function printResult(
  { document, lines, output, exitCode = 0 }: CommandResult,
  context: ResultContext,
): void {
  process.exitCode = exitCode;
  if (context.json) {
    printDocument(withRemedies({ command: context.command, ok: true, exitCode, ...document }, context));
  } else {
    printWrapped(...lines.map((line) => commandLineRemedy(partsOf(line), context)));
    if (output) printOutput(output);
  }
}

/** Renders each remedy in a document as the text that the command line shows. */
function withRemedies(
  document: Readonly<Record<string, unknown>>,
  invocation: Invocation,
): Readonly<Record<string, unknown>> {
  return JSON.parse(
    JSON.stringify(document, (key, value: unknown) =>
      key === 'remedy' && Array.isArray(value) ? commandLineRemedy(value, invocation) : value,
    ),
  ) as Readonly<Record<string, unknown>>;
}
