import { DifferencesError } from '../../inspect/baseline/differences-error.js';
import { StatementFailedError } from '../../inspect/run-sql/statement-failed-error.js';
import { LossRefusedError, PartWayError } from '../../migrate/data-loss/errors.js';
import { hasEarlierResults } from '../../migrate/earlier-results.js';
import { hasRunReport, MigrationFailedError, type ServerReport } from '../../migrate/failure/errors.js';
import { bugsUrl } from '../../postgres/connection/application-name.js';
import type { ErrorCode } from '../../postgres/errors/error-codes.js';
import { ExplainedError, type FailureExitCode, UsageError } from '../../postgres/errors/explained-error.js';
import { sqlStateOf } from '../../postgres/errors/sql-states.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { MigrationFileError, type SourceLocation } from '../../sql/errors.js';
import { sourceText } from './address-source.js';
import { differenceLines } from './lines.js';
import { maskPasswords } from './mask-passwords.js';
import { noDirectoryError } from './paths.js';
import { commandLineRemedy, type Invocation, inFolder } from './remedy.js';
import { withRemedies } from './result.js';
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
  const { command, address, json } = context;
  const document = failureDocument(error, context);
  process.exitCode = document.exitCode;
  if (json) printDocument(withRemedies({ command, ok: false, ...document }, context));
  else printForPeople(explain(error), document.error.remedy, address === undefined ? [] : [address]);
}

/** The exit code of an error, the server without its password, and what is wrong, for a document. */
export function failureDocument(error: unknown, context: Omit<ErrorContext, 'json'>): FailureDocument {
  const explained = explain(error);
  const { address } = context;
  const remedy = remedyOf(explained, context);
  return {
    exitCode: explained.exitCode,
    server: address === undefined ? null : { address },
    error: errorDocument(explained, remedy),
    ...detailsOf(explained),
  };
}

interface FailureDocument {
  readonly exitCode: FailureExitCode;
  readonly server: { readonly address: string } | null;
  readonly error: ReturnType<typeof errorDocument>;
}

/** An error of one of several databases. */
export interface Failure {
  readonly error: unknown;
  /** The address of the database, without its password. */
  readonly address: string;
}

/** Prints the errors of several databases for people. Databases that failed alike share one explanation. */
export function printFailures(failures: readonly Failure[], invocation: Invocation): void {
  const alike = new Map<string, { readonly error: ExplainedError; readonly addresses: string[] }>();
  for (const { error, address } of failures) {
    const explained = explain(error);
    const key = JSON.stringify(failureDocument(explained, invocation).error);
    const group = alike.get(key);
    if (group === undefined) alike.set(key, { error: explained, addresses: [address] });
    else group.addresses.push(address);
  }
  for (const { error, addresses } of alike.values()) {
    printLines('');
    printForPeople(error, remedyOf(error, invocation), addresses);
  }
}

function remedyOf({ remedyParts, directory }: ExplainedError, invocation: Invocation): string {
  return commandLineRemedy(remedyParts, inFolder(invocation, directory));
}

const CHECK_ADDRESS = 'Check that the address is that of PostgreSQL or its pooler.';
/** Such as `restrict_nonsystem_relation_kind`. */
const CHECK_SETTINGS =
  'Check whether a setting of the database or the role forbids the statement: select setconfig from pg_db_role_setting;';

/** An error that the code does not expect keeps its message. A server that answers nonsense causes one, too. */
function explain(error: unknown): ExplainedError {
  if (error instanceof ExplainedError) return error;
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') return noDirectoryError();
  const { message, cause } = redactError(error);
  const sqlState = sqlStateOf(error);
  const what =
    sqlState === undefined
      ? 'An error occurred that voicesurvey-db does not expect'
      : `The server refused a statement with an error that voicesurvey-db does not expect (SQLSTATE ${sqlState})`;
  return new ExplainedError('unexpected', `${what}: ${message.replace(/\.$/, '')}.`, {
    remedy: `${sqlState === undefined ? CHECK_ADDRESS : CHECK_SETTINGS} Otherwise this is a bug in voicesurvey-db; please report it, with the command that you ran: ${bugsUrl}`,
    cause,
  });
}

function errorDocument(
  error: ExplainedError,
  remedy: string,
): Readonly<Record<string, unknown>> & { readonly code: ErrorCode; readonly remedy: string } {
  const { code, message } = error;
  const { location, report } = reportOf(error);
  return { code, message: maskPasswords(message), remedy, location: location ?? null, server: report };
}

function detailsOf(error: ExplainedError): Readonly<Record<string, unknown>> {
  return {
    ...(hasEarlierResults(error) && { set: error.set, earlier: error.earlier }),
    ...(error instanceof MigrationFailedError && { migrations: error.results }),
    ...(error instanceof DifferencesError && { differences: error.differences }),
    ...(error instanceof LossRefusedError && { losses: error.losses }),
    ...(hasRunReport(error) && {
      drift: error.drift,
      driftUnknown: error.driftUnknown,
      notices: error.notices,
    }),
  };
}

function printForPeople(error: ExplainedError, remedy: string, addresses: readonly string[]): void {
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
  for (const address of isAboutServer ? addresses : []) {
    const source = sourceText(address);
    if (source !== '' || !message.includes(address)) printLines(`server: ${address}${source}`);
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
