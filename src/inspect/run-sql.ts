import { type Database, describeServer, type Server } from '../migrate/database.js';
import { cancelOnAbort } from '../postgres/cancel-on-abort.js';
import { type Connection, connect } from '../postgres/connect.js';
import { queryRows } from '../postgres/driver/search-path.js';
import { ExplainedError, UsageError } from '../postgres/errors/explained-error.js';
import { explainLostConnection } from '../postgres/lost-connection.js';
import { NOT_REPLICATED, REPLICATION_REMEDY_FOR_SQL, watchReplication } from '../postgres/replication.js';
import { type ResultReceiver, streamQuery } from '../postgres/stream-query.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import { MigrationFileError } from '../sql/errors.js';
import { createFileError } from '../sql/location.js';
import { runsAlone } from '../sql/restrictions.js';
import type { SourceFile } from '../sql/source-file.js';
import { parseAsWritten, readsStandardInput, type Statement, transactionCommand } from '../sql/statements.js';
import { plural } from '../text/plural.js';
import { explainStatementFailure } from './run-sql/explain-failure.js';

/** Receives the results of statements. */
export interface StatementReceiver extends ResultReceiver {
  /** Called when a statement has succeeded, with its command tag: `SELECT 3`, `CREATE TABLE`. */
  completed(tag: string): void;
}

/** The options of {@link runSql}. */
export interface RunSqlOptions extends Database {
  /** One or more statements. */
  readonly sql: string;
  /** Names the text in errors: `standard input`. */
  readonly name: string;
  readonly receiver: StatementReceiver;
  /** Whether the receiver passes rows on, so that the size of a result has no limit. */
  readonly streamsRows: boolean;
  /** Receives the notices of the server: `NOTICE`, `WARNING` … and the text. */
  readonly onNotice: (severity: string, text: string) => void;
  /** The longest time for one statement, in milliseconds; no limit by default. */
  readonly statementTimeoutMs?: number | undefined;
  /** Cancels the current statement. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link runSql}. */
export interface RunSqlResult {
  readonly server: Server;
  /** Whether the last transaction was left open, so that it was rolled back. */
  readonly rolledBack: boolean;
}

/**
 * Executes statements one after the other, as psql does: each commits by itself unless it is in a transaction of the text.
 * Stops at the first that fails. PostgreSQL's own parser splits the text, so no statement runs if one cannot be parsed.
 *
 * @throws UsageError `no_statement` for a text without a statement
 * @throws MigrationFileError for a text that cannot be parsed, or that copies from or to the client
 * @throws StatementFailedError for the first statement that the server rejects
 * @throws ConnectionError if the server cannot be reached or the connection is lost
 * @throws ExplainedError `interrupted`
 */
export async function runSql(options: RunSqlOptions): Promise<RunSqlResult> {
  const { sql, name, signal, streamsRows } = options;
  const source = { path: name, text: sql, checksum: '' };
  const statements = await parse(source);
  const connection = await connect(parseDatabaseUrl(options.url), { streamsRows, signal });
  const cancellation = cancelOnAbort(signal, connection);
  try {
    connection.client.on('notice', ({ severity, message }) =>
      options.onNotice(severity ?? 'NOTICE', message ?? ''),
    );
    const { statementTimeoutMs } = options;
    if (statementTimeoutMs !== undefined) {
      await queryRows(
        connection.client,
        `select pg_catalog.set_config('statement_timeout', '${statementTimeoutMs}', false)`,
      );
    }
    const replication = watchReplication(connection.client);
    await executeAll(source, statements, connection, options);
    if (replication.wasCanceled()) {
      throw new ExplainedError('not_replicated', `A statement is ${NOT_REPLICATED}.`, {
        remedy: REPLICATION_REMEDY_FOR_SQL,
      });
    }
    return { server: describeServer(connection), rolledBack: isTransactionOpen(statements) };
  } finally {
    await cancellation.done();
    await connection.close();
  }
}

async function parse(source: SourceFile): Promise<readonly Statement[]> {
  // The parser and the server read only up to a NUL byte, so the statements after it would be skipped in silence.
  const nul = source.text.indexOf('\0');
  if (nul >= 0) {
    const text = source.text.replaceAll('\0', '\uFFFD');
    throw createFileError(
      { ...source, text },
      nul,
      'not_utf8',
      'this is a NUL byte, which PostgreSQL does not accept',
      {
        remedy: 'Remove the byte. Nothing was sent to the server.',
      },
    );
  }
  const statements = await parseAsWritten(source).catch((error: unknown) => {
    if (!(error instanceof MigrationFileError)) throw error;
    throw new MigrationFileError(error.code, error.message, {
      remedy: `${remedyFor(error, source)} Nothing was sent to the server.`,
      cause: error,
      location: error.location,
    });
  });
  if (statements.length === 0) {
    throw new UsageError('no_statement', 'There is no SQL statement.', {
      remedy: 'Write at least one, such as: select count(*) from contacts',
    });
  }
  for (const statement of statements) refuseCopy(source, statement);
  return statements;
}

function remedyFor({ code }: MigrationFileError, { text }: SourceFile): string {
  if (code === 'copy_from_stdin') return 'Execute it with psql, which reads the data after the statement.';
  return /^\s*\\/m.test(text)
    ? 'Write plain SQL, or use psql for its own commands.'
    : 'Correct the statement.';
}

/** The data of these follows or leaves the statement, which psql handles and a server does not. */
function refuseCopy(source: SourceFile, statement: Statement): void {
  const { node, offset } = statement;
  const isToClient =
    'CopyStmt' in node && node.CopyStmt.is_from !== true && node.CopyStmt.filename === undefined;
  if (!readsStandardInput(statement) && !isToClient) return;
  throw createFileError(
    source,
    offset,
    'copy_from_stdin',
    'a COPY from stdin or to stdout is not supported here',
    {
      remedy: isToClient ? 'Write a select instead.' : 'Load the data with \\copy of psql, or with insert.',
    },
  );
}

async function executeAll(
  source: SourceFile,
  statements: readonly Statement[],
  connection: Connection,
  { receiver, signal, statementTimeoutMs }: RunSqlOptions,
): Promise<void> {
  for (const [index, statement] of statements.entries()) {
    const state = stateAfter(statements.slice(0, index));
    try {
      signal?.throwIfAborted();
      receiver.completed(await streamQuery(connection.client, statement.sql, receiver));
    } catch (error) {
      // A connection that is lost during the interrupt leaves open whether the statement took effect.
      if (signal?.aborted && explainLostConnection(error, connection) === undefined) {
        throw statementCanceledError(state, statement);
      }
      throw await explainStatementFailure(error, {
        connection,
        source,
        statement,
        state,
        hasTimeout: statementTimeoutMs !== undefined,
      });
    }
  }
}

/** Describes the effect of the statements before one that failed, in a sentence. */
function stateAfter(statements: readonly Statement[]): string {
  if (statements.length === 0) return '';
  if (isTransactionOpen(statements)) return 'The transaction was rolled back.';
  return `The ${statements.length === 1 ? 'statement' : plural(statements.length, 'statement')} before this one took effect.`;
}

function isTransactionOpen(statements: readonly Statement[]): boolean {
  const last = statements.findLast((statement) =>
    /^TRANS_STMT_(?:BEGIN|START|COMMIT|ROLLBACK|PREPARE)$/.test(transactionCommand(statement) ?? ''),
  );
  return /BEGIN|START/.test(transactionCommand(last) ?? '');
}

function statementCanceledError(state: string, statement: Statement): ExplainedError {
  const effect = runsAlone(statement)
    ? 'A part of the current statement may have taken effect.'
    : 'No statement took effect.';
  return new ExplainedError('interrupted', 'Interrupted: the current statement was canceled.', {
    remedy: runsAlone(statement) && state !== '' ? `${state} ${effect}` : state || effect,
  });
}
