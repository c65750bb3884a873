import { MigrationFileError } from '../migrate/errors.js';
import { MigrationFailedError } from '../migrate/failure.js';
import { ExplainedError } from '../postgres/errors.js';

/** What a command has to say: a document for programs, lines for people, and the exit code. */
export interface Answer {
  /** Printed with `--json`; dates become ISO 8601. */
  readonly document: Readonly<Record<string, unknown>>;
  /** For people, on standard error. */
  readonly lines: readonly string[];
  /** The one thing that the command is for, such as an address; on standard output unless `--json` is given. */
  readonly product?: string;
  readonly exitCode?: number;
}

/** Prints lines for people, on standard error. */
export function say(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/**
 * Prints an answer and sets the exit code.
 *
 * @param json whether a program reads it
 */
export function print(command: string, answer: Answer, json: boolean): void {
  const exitCode = answer.exitCode ?? 0;
  process.exitCode = exitCode;
  if (json) {
    printDocument({ command, ok: true, exitCode, ...answer.document });
  } else {
    say(...answer.lines);
    if (answer.product !== undefined) process.stdout.write(`${answer.product}\n`);
  }
}

/** Prints an error the same two ways, and sets the exit code. */
export function printError(command: string, error: unknown, json: boolean): void {
  const known = explain(error);
  process.exitCode = known.exitCode;
  if (json) {
    printDocument({
      command,
      ok: false,
      exitCode: known.exitCode,
      error: errorDocument(known),
      ...results(known),
    });
  } else {
    say(...errorLines(known));
  }
}

/** Any error as one with a remedy; one that we did not foresee keeps its message. */
export function explain(error: unknown): ExplainedError {
  if (error instanceof ExplainedError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ExplainedError('unexpected', `Unexpected: ${message}`, {
    remedy: 'We did not foresee this: please report it together with the command that you ran.',
    cause: error,
  });
}

function printDocument(document: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function errorDocument(error: ExplainedError): Readonly<Record<string, unknown>> {
  const { code, message, remedy } = error;
  const place =
    error instanceof MigrationFileError || error instanceof MigrationFailedError ? error.place : undefined;
  const server = error instanceof MigrationFailedError ? error : undefined;
  return {
    code,
    message,
    remedy,
    place: place ?? null,
    sqlState: server?.sqlState ?? null,
    detail: server?.detail ?? null,
    hint: server?.hint ?? null,
  };
}

function results(error: ExplainedError): Readonly<Record<string, unknown>> {
  return error instanceof MigrationFailedError ? { migrations: error.results } : {};
}

function errorLines(error: ExplainedError): string[] {
  const place =
    error instanceof MigrationFileError || error instanceof MigrationFailedError ? error.place : undefined;
  const server = error instanceof MigrationFailedError ? error : undefined;
  return [
    `error: ${error.message}`,
    ...(place === undefined ? [] : ['', place.excerpt, '']),
    ...(server?.detail === undefined ? [] : [`detail: ${server.detail}`]),
    ...(server?.hint === undefined ? [] : [`hint: ${server.hint}`]),
    error.remedy,
  ];
}
