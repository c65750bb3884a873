import type { Difference } from '../../catalog/difference.js';
import { DifferencesError } from '../../inspect/baseline/differences-error.js';
import { LossRefusedError } from '../../migrate/data-loss/errors.js';
import type { Server } from '../../migrate/database.js';
import { MigrationFailedError, type ServerReport } from '../../migrate/failure/errors.js';
import { ExplainedError, UsageError } from '../../postgres/errors.js';
import pg from '../../postgres/pg.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { MigrationFileError, type SourceLocation } from '../../sql/errors.js';
import { partsOf, type Remedy } from '../../text/remedy.js';
import { withoutPasswords } from './passwords.js';
import { commandLineRemedy, type GivenOptions } from './remedy.js';
import { wrap } from './wrap.js';

/** What a command has to say: a document for programs, lines for people, and the exit code. */
export interface Answer {
  /** Printed with `--json`; dates become ISO 8601. */
  readonly document: Readonly<Record<string, unknown>>;
  /** For people, on standard error; a line that advises a command is a remedy. */
  readonly lines: readonly Remedy[];
  /** The one thing that the command is for, such as an address; on standard output unless `--json` is given. */
  readonly product?: string;
  readonly exitCode?: number;
}

/** What a command that failed was about; neither where it came to no choice. */
export interface WorkedOn {
  /** The server, without a password. */
  readonly address?: string | undefined;
  /** The options that the user gave. */
  readonly given?: GivenOptions;
}

/** The exit code of a command that only looks, and has found something. */
export const FOUND = 3;

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST_LINE = 100;

/** Prints lines for people, on standard error. */
export function say(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/** The last line of every result: which server it is about. */
export function serverLine({ address, version }: Server): string {
  return `on ${address} (PostgreSQL ${version})`;
}

/** Differences, one on a line. */
export function differenceLines(differences: readonly Difference[]): string[] {
  return differences.map(({ object, difference }) => `  ${object}: ${difference}`);
}

/** What is said beside the SQL of a dry run. */
export function dryRunLine(sql: string): string {
  return sql === '' ? 'Nothing to do.' : 'This would be sent; nothing was changed.';
}

/** Prints sentences for people, on standard error; on a terminal, broken to its width. */
export function saySentences(...texts: readonly string[]): void {
  const { isTTY, columns } = process.stderr;
  say(...texts.map((text) => wrap(text, isTTY && columns > 0 ? Math.min(columns, WIDEST_LINE) : undefined)));
}

/**
 * Prints an answer and sets the exit code.
 *
 * @param json whether a program reads it
 */
export function print(command: string, answer: Answer, json: boolean, given?: GivenOptions): void {
  const exitCode = answer.exitCode ?? 0;
  process.exitCode = exitCode;
  if (json) {
    printDocument({ command, ok: true, exitCode, ...answer.document });
  } else {
    say(...answer.lines.map((line) => commandLineRemedy(partsOf(line), { command, given })));
    if (answer.product) process.stdout.write(`${answer.product.trimEnd()}\n`);
  }
}

/**
 * Prints an error the same two ways, and sets the exit code.
 *
 * @param command null where there is none of that name
 */
export function printError(
  command: string | null,
  error: unknown,
  json: boolean,
  { address, given }: WorkedOn = {},
): void {
  const known = explain(error);
  const remedy = commandLineRemedy(known.remedyParts, { command, given });
  process.exitCode = known.exitCode;
  if (json) {
    printDocument({
      command,
      ok: false,
      exitCode: known.exitCode,
      server: address === undefined ? null : { address },
      error: errorDocument(known, remedy),
      ...results(known),
    });
  } else {
    sayError(known, remedy, address);
  }
}

/** Any error as one with a remedy; one that we did not foresee keeps its message. */
function explain(error: unknown): ExplainedError {
  if (error instanceof ExplainedError) return error;
  const shown = error instanceof pg.DatabaseError ? redactError(error, '') : null;
  const message = shown?.message ?? (error instanceof Error ? error.message : String(error));
  return new ExplainedError('unexpected', `Unexpected: ${message}`, {
    remedy: 'We did not foresee this: please report it together with the command that you ran.',
    cause: error,
  });
}

/**
 * Lets a command end as it would when nobody reads what it prints any more, as in `voicesurvey-db up | head -1`:
 * a migration must not stop because of that. Where its result cannot be written for another reason, such as a full
 * disk, it fails.
 */
export function surviveClosedOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.exitCode = 1;
    saySentences(
      `error: The result cannot be written to standard output: ${error.message}.`,
      'The command itself was done. See to where its output goes.',
    );
  });
}

function printDocument(document: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function errorDocument(error: ExplainedError, remedy: string): Readonly<Record<string, unknown>> {
  const { code, message } = error;
  const { location, report } = factsOf(error);
  return { code, message: withoutPasswords(message), remedy, location: location ?? null, server: report };
}

function results(error: ExplainedError): Readonly<Record<string, unknown>> {
  if (error instanceof MigrationFailedError) return { migrations: error.results };
  if (error instanceof DifferencesError) return { differences: error.differences };
  return error instanceof LossRefusedError ? { losses: error.losses } : {};
}

function sayError(error: ExplainedError, remedy: string, address: string | undefined): void {
  const message = withoutPasswords(error.message);
  const { location, report } = factsOf(error);
  saySentences(`error: ${message}`);
  if (location !== undefined) say('', location.excerpt, '');
  if (error instanceof DifferencesError) say(...differenceLines(error.differences));
  for (const fact of ['detail', 'definition', 'hint', 'context'] as const) {
    if (report?.[fact]) saySentences(`${fact}: ${report[fact]}`);
  }
  // What was put wrongly is wrong on every server.
  const isAboutServer = !(error instanceof UsageError || error instanceof MigrationFileError);
  if (address !== undefined && isAboutServer && !message.includes(address)) say(`server: ${address}`);
  saySentences(remedy);
}

function factsOf(error: ExplainedError): {
  location: SourceLocation | undefined;
  report: ServerReport | null;
} {
  if (error instanceof MigrationFailedError) return { location: error.location, report: error.server };
  return { location: error instanceof MigrationFileError ? error.location : undefined, report: null };
}
