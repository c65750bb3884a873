import type { Node } from 'libpg-query';
import type pg from '../../postgres/driver/pg.js';
import type { SourceLocation } from '../../sql/errors.js';
import { locate } from '../../sql/location.js';
import type { Statement } from '../../sql/statements.js';
import type { Message } from '../script/message.js';
import type { Work } from '../script/work.js';

/**
 * Locates an error of the server in the file. The server sends a position with few kinds of errors. For the others the
 * location is the line that the error names inside a block or a function of this file, or else the start of the
 * statement. An error in the check of deferred constraints is located at the end of the file.
 *
 * @returns undefined if the engine's own SQL failed, or the file has no statement
 */
export function locateError(
  work: Work,
  { phase, statement }: Message,
  error: pg.DatabaseError,
): SourceLocation | undefined {
  const last = work.statements.at(-1);
  if (phase !== 'statement' || last === undefined) return undefined;
  const offset =
    statement === undefined
      ? (offsetInFunction(work, error) ?? last.offset + last.sql.length)
      : (offsetInStatement(statement, error) ?? offsetInBlock(work, statement, error) ?? statement.offset);
  return locate(work.script.source, offset);
}

/** The server counts code points from 1, JavaScript code units from 0. */
function offsetInStatement(statement: Statement, { position }: pg.DatabaseError): number | undefined {
  if (position === undefined) return undefined;
  return statement.offset + countCodeUnits(statement.sql, Number(position) - 1);
}

/** The body of a function or a block. */
interface Body {
  readonly text: string;
  /** The offset of the text in the file. */
  readonly offset: number;
}

function offsetInBlock(work: Work, statement: Statement, error: pg.DatabaseError): number | undefined {
  if (
    'DoStmt' in statement.node &&
    (error.where === undefined || /inline_code_block/.test(innermostLine(error.where)))
  ) {
    return offsetInBody(work, findBody(work, statement, statement.node.DoStmt.args ?? []), error);
  }
  return offsetInFunction(work, error);
}

function offsetInFunction(work: Work, error: pg.DatabaseError): number | undefined {
  return offsetInBody(work, findFailedFunction(work, error.where), error);
}

function offsetInBody(work: Work, body: Body | undefined, error: pg.DatabaseError): number | undefined {
  if (body === undefined) return undefined;
  const line = Number(/\bline (\d+)\b/.exec(error.where ?? '')?.[1] ?? 1);
  const lineOffset = body.offset + startOfLine(body.text, line);
  return (
    offsetInQuery(work, body, lineOffset, error) ?? firstCharacterAfter(work.script.source.text, lineOffset)
  );
}

/**
 * Finds the position of an error in a query of a body. The server reports the text of that query as the body has it, so the
 * text can be found in the file.
 */
function offsetInQuery(
  work: Work,
  body: Body,
  lineOffset: number,
  error: pg.DatabaseError,
): number | undefined {
  const { internalQuery, internalPosition } = error;
  if (internalQuery === undefined || internalPosition === undefined) return undefined;
  if (internalQuery === body.text)
    return body.offset + countCodeUnits(body.text, Number(internalPosition) - 1);
  const offset = work.script.source.text.indexOf(internalQuery, lineOffset);
  return offset === -1 ? undefined : offset + countCodeUnits(internalQuery, Number(internalPosition) - 1);
}

/** Finds the innermost function of the error's context, if this file creates it. */
function findFailedFunction(work: Work, where: string | undefined): Body | undefined {
  const name = /function (?:[\w"]+\.)?"?(\w+)/.exec(innermostLine(where ?? ''))?.[1];
  const definition = work.statements.findLast(
    ({ node }) => name !== undefined && functionName(node) === name,
  );
  if (definition === undefined || !('CreateFunctionStmt' in definition.node)) return undefined;
  return findBody(work, definition, definition.node.CreateFunctionStmt.options ?? []);
}

function innermostLine(where: string): string {
  return where.split('\n').find((line) => /function /.test(line)) ?? where;
}

function functionName(node: Node): string | undefined {
  if (!('CreateFunctionStmt' in node)) return undefined;
  const last = node.CreateFunctionStmt.funcname?.at(-1);
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}

function findBody(work: Work, { offset, sql }: Statement, options: readonly Node[]): Body | undefined {
  const text = options.map(bodyText).find((candidate) => candidate !== undefined);
  if (text === undefined) return undefined;
  const start = work.script.source.text.indexOf(text, offset);
  return start === -1 || start > offset + sql.length ? undefined : { text, offset: start };
}

function bodyText(option: Node): string | undefined {
  if (!('DefElem' in option) || option.DefElem.defname !== 'as') return undefined;
  const value = option.DefElem.arg;
  if (value === undefined) return undefined;
  const first = 'List' in value ? value.List.items?.[0] : value;
  return first !== undefined && 'String' in first ? first.String.sval : undefined;
}

function startOfLine(text: string, line: number): number {
  return (
    text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0)
  );
}

function firstCharacterAfter(text: string, offset: number): number {
  return offset + (/^[ \t]*/.exec(text.slice(offset))?.[0].length ?? 0);
}

function countCodeUnits(text: string, codePoints: number): number {
  return [...text].slice(0, codePoints).join('').length;
}
