import type { Node, RawStmt } from 'libpg-query';
import type { MigrationFileError } from './errors.js';
import { errorAt } from './location.js';
import { loadParser, type Parse, parsedAtBuild } from './parser.js';
import type { SourceFile } from './source-file.js';
import { diagnose } from './syntax-error.js';

/** A statement of a file, as PostgreSQL's own parser delimits it. */
export interface Statement {
  /** The text, from its first token to before its semicolon. */
  readonly sql: string;
  /** Where it starts in the source's text, in UTF-16 code units. */
  readonly offset: number;
  /** The parse tree, for whoever asks more about it. */
  readonly node: Node;
}

/**
 * Splits a file at PostgreSQL's own statement ends.
 *
 * A file wrapped whole in `begin; … commit;`, as other tools' files often are, is given without the two: the engine
 * has a transaction of its own around it.
 *
 * @returns the statements in order; none for a file that holds only comments
 * @throws MigrationFileError with file, line, column and a caret for what PostgreSQL cannot parse, and for commands
 *   of psql, which no server understands
 * @example
 * ```ts
 * (await parseStatements({ path: 'V1.up.sql', text: "select ';'; select 2", checksum: '' })).length; // 2
 * ```
 */
export async function parseStatements(source: SourceFile): Promise<readonly Statement[]> {
  return withoutWrapper(await parseAsWritten(source));
}

/**
 * Splits a file the same way, and leaves it the `begin; … commit;` that it is wrapped in: what `psql -f` sends.
 *
 * @throws MigrationFileError as {@link parseStatements}
 */
export async function parseAsWritten(source: SourceFile): Promise<readonly Statement[]> {
  const ready = parsedAtBuild(source.checksum);
  if (ready !== undefined) return locate(source.text, ready);
  const parse = await loadParser();
  if (/^\s*$/.test(source.text)) return [];
  try {
    return locate(source.text, parse(source.text));
  } catch (error) {
    throw parseError(source, error, parse);
  }
}

/** The parse trees of SQL that the server wrote, such as an index definition. */
export async function parseSql(sql: string): Promise<Node[]> {
  const parse = await loadParser();
  return parse(sql).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
}

/** Byte offsets of the parser to UTF-16 offsets, in one pass. */
function locate(text: string, stmts: readonly RawStmt[]): Statement[] {
  const bytes = Buffer.from(text);
  let bytePosition = 0;
  let offset = 0;
  return stmts.flatMap(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    if (stmt === undefined) return [];
    offset += bytes.toString('utf8', bytePosition, start).length;
    bytePosition = start;
    const end = length === undefined ? bytes.length : start + length;
    return [{ sql: bytes.toString('utf8', start, end).trimEnd(), offset, node: stmt }];
  });
}

function withoutWrapper(statements: readonly Statement[]): readonly Statement[] {
  const isBegin = /^TRANS_STMT_(BEGIN|START)$/.test(transactionCommand(statements[0]) ?? '');
  const isCommit = transactionCommand(statements.at(-1)) === 'TRANS_STMT_COMMIT';
  return isBegin && isCommit ? statements.slice(1, -1) : statements;
}

/** The kind of a transaction command, such as `TRANS_STMT_COMMIT`; undefined for every other statement. */
export function transactionCommand(statement: Statement | undefined): string | undefined {
  const node = statement?.node;
  return node !== undefined && 'TransactionStmt' in node ? node.TransactionStmt.kind : undefined;
}

/** Whether a statement is `COPY … FROM stdin`, whose data no file of plain SQL can carry. */
export function readsStandardInput({ node }: Statement): boolean {
  return 'CopyStmt' in node && node.CopyStmt.is_from === true && node.CopyStmt.filename === undefined;
}

function parseError(source: SourceFile, error: unknown, parse: Parse): unknown {
  const position = cursorPosition(error);
  if (position === undefined || !(error instanceof Error)) return error;
  // The parser counts the places of errors in code points, and the places of statements in bytes.
  const offset = [...source.text].slice(0, position).join('').length;
  const copy = copyBefore(source.text, offset, parse);
  if (copy !== undefined) return copyError(source, copy, error);
  const { at, what, remedy } = diagnose(source.text, offset, error);
  return errorAt(source, at, 'syntax_error', what, { remedy, cause: error });
}

function cursorPosition(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('sqlDetails' in error)) return undefined;
  const { sqlDetails } = error;
  if (typeof sqlDetails !== 'object' || sqlDetails === null || !('cursorPosition' in sqlDetails))
    return undefined;
  return typeof sqlDetails.cursorPosition === 'number' ? Math.max(0, sqlDetails.cursorPosition) : undefined;
}

/** The data behind `COPY … FROM stdin;` is no SQL, so the error is found behind the statement that causes it. */
function copyBefore(text: string, offset: number, parse: Parse): Statement | undefined {
  const before = text.slice(0, offset);
  if (!/\bcopy\b[\s\S]*\bstdin\b/i.test(before)) return undefined;
  try {
    const last = locate(before, parse(before)).at(-1);
    return last !== undefined && readsStandardInput(last) ? last : undefined;
  } catch {
    return undefined;
  }
}

/** The error for `COPY … FROM stdin` in a migration. */
export function copyError(source: SourceFile, statement: Statement, cause?: unknown): MigrationFileError {
  const what = 'COPY … FROM stdin needs psql to read the data after it';
  return errorAt(source, statement.offset, 'copy_from_stdin', what, {
    remedy: 'Write the rows as INSERT … VALUES.',
    cause,
  });
}
