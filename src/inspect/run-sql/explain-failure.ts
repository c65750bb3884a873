import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import {
  INVALID_SCHEMA_NAME,
  QUERY_CANCELED,
  UNDEFINED_COLUMN,
  UNDEFINED_TABLE,
} from '../../postgres/errors/sql-states.js';
import { explainLostConnection } from '../../postgres/lost-connection.js';
import { collectKnownText, knownTextOf } from '../../postgres/redaction/known-text.js';
import { redactCause, redactText } from '../../postgres/redaction/redact.js';
import { explainStatementError } from '../../postgres/statement-errors.js';
import { formatLocation, locate } from '../../sql/location.js';
import type { SourceFile } from '../../sql/source-file.js';
import type { Statement } from '../../sql/statements.js';
import { call, option, type Remedy, remedy } from '../../text/remedy.js';
import { StatementFailedError } from './statement-failed-error.js';

/** A statement that failed, and the state in which it did. */
export interface FailedStatement {
  readonly connection: Connection;
  readonly source: SourceFile;
  readonly statement: Statement;
  /** The effect of the statements before it, in a sentence; empty if there are none. */
  readonly state: string;
  /** Whether the caller set a limit for each statement. */
  readonly hasTimeout: boolean;
}

/** Explains why a statement of the user failed, with its position and without the values of rows. */
export async function explainStatementFailure(error: unknown, failed: FailedStatement): Promise<unknown> {
  const { connection, source, statement, state } = failed;
  const lost = explainLostConnection(error, connection);
  if (lost !== undefined || !(error instanceof pg.DatabaseError)) return lost ?? error;
  const known = await collectKnownText(connection.client, knownTextOf(source.text), error);
  const shown = redactText(error, known);
  const { message, detail, hint, context } = shown;
  const location = locate(source, offsetOf(statement, error));
  const explained = explainStatementError(error);
  return new StatementFailedError(
    explained?.code ?? 'statement_failed',
    `${formatLocation(location)}: ${message} (SQLSTATE ${error.code}).`,
    {
      remedy: remedy`${remedyFor(error, failed) ?? explained?.remedyParts ?? 'Correct the statement.'}${state === '' ? '' : ` ${state}`}`,
      cause: redactCause(error, shown),
      server: { sqlState: error.code ?? '', detail, hint, context, definition: null },
      location,
    },
  );
}

/** The server counts code points from 1, JavaScript code units from 0. */
function offsetOf({ offset, sql }: Statement, { position }: pg.DatabaseError): number {
  if (position === undefined) return offset;
  return offset + [...sql].slice(0, Number(position) - 1).join('').length;
}

const IS_MISSING = new Set([UNDEFINED_TABLE, UNDEFINED_COLUMN, INVALID_SCHEMA_NAME]);

function remedyFor({ code = '' }: pg.DatabaseError, { hasTimeout }: FailedStatement): Remedy | undefined {
  if (code === QUERY_CANCELED && hasTimeout) return remedy`Raise ${option('statementTimeoutMs')}.`;
  if (!IS_MISSING.has(code)) return undefined;
  return remedy`Correct the name. If the database lacks a migration, run ${call('up')}.`;
}
