import { DifferencesError } from '../../inspect/baseline/differences-error.js';
import { StatementFailedError } from '../../inspect/run-sql/statement-failed-error.js';
import { LossRefusedError, PartWayError } from '../../migrate/data-loss/errors.js';
import { MigrationFailedError, type ServerReport } from '../../migrate/failure/errors.js';
import { bugsUrl } from '../../postgres/connection/application-name.js';
import { ExplainedError, UsageError } from '../../postgres/errors/explained-error.js';
import { sqlStateOf } from '../../postgres/errors/sql-states.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { MigrationFileError, type SourceLocation } from '../../sql/errors.js';
import { sourceText } from './address-source.js';
import { differenceLines } from './lines.js';
import { maskPasswords } from './mask-passwords.js';
import { commandLineRemedy, type Invocation } from './remedy.js';
import { printDocument, printLines, printMessages } from './terminal.js';

/** The command that failed. */
export interface ErrorContext extends Invocation {
  /** A program reads the error. */
  readonly json: boolean;
  /** The server that it worked on, without a password; undefined if none was chosen. */
  readonly address?: string | undefined;
}

/** Prints an error, for people or as a document, and sets the exit code. */
export function printError(error: unknown, context: ErrorContext): void {
  const explained = explain(error);
  const remedy = commandLineRemedy(explained.remedyParts, context);
  const { command, address } = context;
  const { exitCode } = explained;
  process.exitCode = exitCode;
  if (context.json) {
    printDocument({
      command,
      ok: false,
      exitCode,
      server: address === undefined ? null : { address },
      error: errorDocument(explained, remedy),
      ...detailsOf(explained),
    });
  } else {
    printForPeople(explained, remedy, address);
  }
}

/** An error that the code does not expect keeps its message. A server that answers nonsense causes one, too. */
function explain(error: unknown): ExplainedError {
  if (error instanceof ExplainedError) return error;
  const { message, cause } = redactError(error);
  const sqlState = sqlStateOf(error);
  const what =
    sqlState === undefined
      ? 'An error occurred that voicesurvey-db does not expect'
      : `The server refused a statement with an error that voicesurvey-db does not expect (SQLSTATE ${sqlState})`;
  return new ExplainedError('unexpected', `${what}: ${message.replace(/\.$/, '')}.`, {
    remedy: `Check that the address is that of PostgreSQL or its pooler. If it is, this is a bug in voicesurvey-db; please report it, with the command that you ran: ${bugsUrl}`,
    cause,
  });
}

function errorDocument(error: ExplainedError, remedy: string): Readonly<Record<string, unknown>> {
  const { code, message } = error;
  const { location, report } = reportOf(error);
  return { code, message: maskPasswords(message), remedy, location: location ?? null, server: report };
}

function detailsOf(error: ExplainedError): Readonly<Record<string, unknown>> {
  if (error instanceof MigrationFailedError) return { migrations: error.results, notices: error.notices };
  if (error instanceof DifferencesError) return { differences: error.differences };
  return error instanceof LossRefusedError ? { losses: error.losses } : {};
}

function printForPeople(error: ExplainedError, remedy: string, address: string | undefined): void {
  const message = maskPasswords(error.message);
  const { location, report } = reportOf(error);
  printMessages(`error: ${message}`);
  if (location !== undefined) printLines('', location.excerpt, '');
  if (error instanceof DifferencesError) printMessages(...differenceLines(error.differences));
  for (const fact of ['detail', 'definition', 'hint', 'context'] as const) {
    if (report?.[fact]) printMessages(`${fact}: ${report[fact]}`);
  }
  // A wrong call or a wrong file is wrong on every server.
  const isAboutServer = !(error instanceof UsageError || error instanceof MigrationFileError);
  const source = sourceText(address ?? '');
  if (address !== undefined && isAboutServer && (source !== '' || !message.includes(address))) {
    printLines(`server: ${address}${source}`);
  }
  printMessages(remedy);
}

/** The location of an error in a file, and the report of the server. */
function reportOf(error: ExplainedError): {
  location: SourceLocation | undefined;
  report: ServerReport | null;
} {
  if (
    error instanceof MigrationFailedError ||
    error instanceof PartWayError ||
    error instanceof StatementFailedError
  ) {
    return { location: error.location, report: error.server };
  }
  return { location: error instanceof MigrationFileError ? error.location : undefined, report: null };
}
