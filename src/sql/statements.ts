import type { Node, RawStmt } from 'libpg-query';
import { hideSecrets, maskSecrets } from '../text/mask-secrets.js';
import { cutBelow, DEEPEST } from './cut-tree.js';
import { MigrationFileError } from './errors.js';
import { createFileError } from './location.js';
import { loadParser, type Parse, ParserOverflow, parseDeeply, parsedAtBuild } from './parser.js';
import type { SourceFile } from './source-file.js';
import type { Statement } from './statement.js';
import { diagnose } from './syntax-error.js';
import { setModesOfBegin } from './transaction-modes.js';

export type { Statement } from './statement.js';

/**
 * Splits a file into statements with PostgreSQL's own parser.
 *
 * Files of other tools are often wrapped whole in `begin; … commit;`. These two are dropped, because the engine runs the
 * file in its own transaction. The modes of the `begin`, such as an isolation level, become a `set transaction`.
 *
 * @returns the statements in order; an empty list for a file that holds only comments
 * @throws MigrationFileError with file, line, column and a caret for text that PostgreSQL cannot parse, and for commands
 *   of psql, which a server does not understand
 * @example
 * ```ts
 * (await parseStatements({ path: 'V1.up.sql', text: "select ';'; select 2", checksum: '' })).length; // 2
 * ```
 */
export async function parseStatements(source: SourceFile): Promise<readonly Statement[]> {
  return withoutWrapper(await parseAsWritten(source));
}

/**
 * Splits a file the same way, but retains a `begin; … commit;` around it. So it returns what `psql -f` sends.
 *
 * @throws MigrationFileError as {@link parseStatements}
 */
export async function parseAsWritten(source: SourceFile): Promise<readonly Statement[]> {
  const parsed = parsedAtBuild(source.checksum);
  if (parsed !== undefined) return toStatements(source.text, parsed);
  if (/^\s*$/.test(source.text)) return [];
  const parse = await loadParser();
  try {
    return toStatements(source.text, await parseAnyDepth(source.text, parse));
  } catch (error) {
    if (error instanceof ParserOverflow) throw tooDeepError(source, error);
    throw explainParseError(source, error, await loadParser());
  }
}

async function parseAnyDepth(text: string, parse: Parse): Promise<readonly RawStmt[]> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof ParserOverflow)) throw error;
    return parseDeeply(text);
  }
}

function tooDeepError({ path }: SourceFile, cause: ParserOverflow): MigrationFileError {
  return new MigrationFileError(
    'statement_too_deep',
    `${path}: a statement is nested too deeply for PostgreSQL's parser, for example a sum of hundreds of thousands of terms.`,
    { remedy: 'Write it as several statements, or as a table of values that a query aggregates.', cause },
  );
}

/** Parses SQL that the server wrote, such as an index definition. */
export async function parseSql(sql: string): Promise<Node[]> {
  const parse = await loadParser();
  return parse(sql).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
}

/** Cuts the text into statements; converts the parser's byte offsets to UTF-16 offsets in one pass. */
function toStatements(text: string, stmts: readonly RawStmt[]): Statement[] {
  const bytes = Buffer.from(text);
  let bytePosition = 0;
  let offset = 0;
  return stmts.flatMap(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    if (stmt === undefined) return [];
    offset += bytes.toString('utf8', bytePosition, start).length;
    bytePosition = start;
    const end = length === undefined ? bytes.length : start + length;
    if (end - start > DEEPEST) cutBelow(stmt, DEEPEST);
    return [{ sql: bytes.toString('utf8', start, end).trimEnd(), offset, node: stmt }];
  });
}

function withoutWrapper(statements: readonly Statement[]): readonly Statement[] {
  const [begin] = statements;
  const isBegin = /^TRANS_STMT_(BEGIN|START)$/.test(transactionCommand(begin) ?? '');
  const isCommit = transactionCommand(statements.at(-1)) === 'TRANS_STMT_COMMIT';
  if (begin === undefined || !isBegin || !isCommit) return statements;
  return [...setModesOfBegin(begin), ...statements.slice(1, -1)];
}

/** Returns the kind of a transaction command, such as `TRANS_STMT_COMMIT`; undefined for every other statement. */
export function transactionCommand(statement: Statement | undefined): string | undefined {
  const node = statement?.node;
  return node !== undefined && 'TransactionStmt' in node ? node.TransactionStmt.kind : undefined;
}

/** Whether a statement is `COPY … FROM stdin`. A file of plain SQL cannot carry its data. */
export function readsStandardInput({ node }: Statement): boolean {
  return 'CopyStmt' in node && node.CopyStmt.is_from === true && node.CopyStmt.filename === undefined;
}

function explainParseError(source: SourceFile, error: unknown, parse: Parse): unknown {
  const position = cursorPosition(error);
  if (position === undefined || !(error instanceof Error)) return error;
  // The parser counts positions of errors in code points, and positions of statements in bytes.
  const offset = [...source.text].slice(0, position).join('').length;
  const copy = findCopyBefore(source.text, offset, parse);
  if (copy !== undefined) return createCopyError(source, copy, error);
  const diagnosis = diagnose(source.text, offset, error);
  const { problem, remedy } = diagnosis;
  // The parser's message repeats a literal that is not closed.
  const { secrets } = maskSecrets(source.text);
  const cause = hideSecrets(error.message, secrets) === error.message ? error : undefined;
  return createFileError(source, diagnosis.offset, 'syntax_error', problem, { remedy, cause });
}

function cursorPosition(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('sqlDetails' in error)) return undefined;
  const { sqlDetails } = error;
  if (typeof sqlDetails !== 'object' || sqlDetails === null || !('cursorPosition' in sqlDetails))
    return undefined;
  return typeof sqlDetails.cursorPosition === 'number' ? Math.max(0, sqlDetails.cursorPosition) : undefined;
}

/** The data after `COPY … FROM stdin;` is not SQL, so the parser stops after the statement that causes the error. */
function findCopyBefore(text: string, offset: number, parse: Parse): Statement | undefined {
  const before = text.slice(0, offset);
  if (!/\bcopy\b[\s\S]*\bstdin\b/i.test(before)) return undefined;
  try {
    const last = toStatements(before, parse(before)).at(-1);
    return last !== undefined && readsStandardInput(last) ? last : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the error for `COPY … FROM stdin` in a migration. */
export function createCopyError(
  source: SourceFile,
  statement: Statement,
  cause?: unknown,
): MigrationFileError {
  const problem = 'COPY … FROM stdin needs psql, which reads the data after it';
  return createFileError(source, statement.offset, 'copy_from_stdin', problem, {
    remedy: 'Write the rows as INSERT … VALUES.',
    cause,
  });
}
