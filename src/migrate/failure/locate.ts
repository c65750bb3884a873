import type { Node } from 'libpg-query';
import type pg from '../../postgres/pg.js';
import type { SourceLocation } from '../../sql/errors.js';
import { locate } from '../../sql/location.js';
import type { Statement } from '../../sql/statements.js';
import type { Message, Work } from '../script/work.js';

/**
 * Where in the file an error happened. The server tells a position of few errors only; then the line that it names
 * inside a block or a function of this file serves, and else the statement's own place. What is found out by the check of
 * the deferred constraints has its place at the end of the file.
 *
 * @returns undefined where it was the engine's own SQL that failed, or the file has no statement at all
 */
export function locateError(
  work: Work,
  { step, statement }: Message,
  error: pg.DatabaseError,
): SourceLocation | undefined {
  const last = work.statements.at(-1);
  if (step !== 'statement' || last === undefined) return undefined;
  const offset =
    statement === undefined
      ? (placeInFunction(work, error) ?? last.offset + last.sql.length)
      : (positionInStatement(statement, error) ?? placeInBody(work, statement, error) ?? statement.offset);
  return locate(work.script.source, offset);
}

/** The server counts code points from 1, JavaScript code units from 0. */
function positionInStatement(statement: Statement, { position }: pg.DatabaseError): number | undefined {
  if (position === undefined) return undefined;
  return statement.offset + codeUnits(statement.sql, Number(position) - 1);
}

/** A body of a function or block: where its text stands in the file. */
interface Body {
  readonly text: string;
  readonly offset: number;
}

function placeInBody(work: Work, statement: Statement, error: pg.DatabaseError): number | undefined {
  if (
    'DoStmt' in statement.node &&
    (error.where === undefined || /inline_code_block/.test(innermost(error.where)))
  ) {
    return placeIn(work, bodyOf(work, statement, statement.node.DoStmt.args ?? []), error);
  }
  return placeInFunction(work, error);
}

function placeInFunction(work: Work, error: pg.DatabaseError): number | undefined {
  return placeIn(work, functionThatFailed(work, error.where), error);
}

function placeIn(work: Work, body: Body | undefined, error: pg.DatabaseError): number | undefined {
  if (body === undefined) return undefined;
  const line = Number(/\bline (\d+)\b/.exec(error.where ?? '')?.[1] ?? 1);
  const lineOffset = body.offset + startOfLine(body.text, line);
  return placeInQuery(work, body, lineOffset, error) ?? firstCharacter(work.script.source.text, lineOffset);
}

/** A query inside a body is shown by the server as it stands there; with its position the very character is known. */
function placeInQuery(
  work: Work,
  body: Body,
  lineOffset: number,
  error: pg.DatabaseError,
): number | undefined {
  const { internalQuery, internalPosition } = error;
  if (internalQuery === undefined || internalPosition === undefined) return undefined;
  if (internalQuery === body.text) return body.offset + codeUnits(body.text, Number(internalPosition) - 1);
  const found = work.script.source.text.indexOf(internalQuery, lineOffset);
  return found === -1 ? undefined : found + codeUnits(internalQuery, Number(internalPosition) - 1);
}

/** The innermost function of the error's context, if its body stands in this file. */
function functionThatFailed(work: Work, where: string | undefined): Body | undefined {
  const name = /function (?:[\w"]+\.)?"?(\w+)/.exec(innermost(where ?? ''))?.[1];
  const definition = work.statements.findLast(
    ({ node }) => name !== undefined && functionName(node) === name,
  );
  if (definition === undefined || !('CreateFunctionStmt' in definition.node)) return undefined;
  return bodyOf(work, definition, definition.node.CreateFunctionStmt.options ?? []);
}

function innermost(where: string): string {
  return where.split('\n').find((line) => /function /.test(line)) ?? where;
}

function functionName(node: Node): string | undefined {
  if (!('CreateFunctionStmt' in node)) return undefined;
  const last = node.CreateFunctionStmt.funcname?.at(-1);
  return last !== undefined && 'String' in last ? last.String.sval : undefined;
}

function bodyOf(work: Work, { offset, sql }: Statement, options: readonly Node[]): Body | undefined {
  const text = options.map(bodyText).find((candidate) => candidate !== undefined);
  if (text === undefined) return undefined;
  const found = work.script.source.text.indexOf(text, offset);
  return found === -1 || found > offset + sql.length ? undefined : { text, offset: found };
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

function firstCharacter(text: string, offset: number): number {
  return offset + (/^[ \t]*/.exec(text.slice(offset))?.[0].length ?? 0);
}

function codeUnits(text: string, codePoints: number): number {
  return [...text].slice(0, codePoints).join('').length;
}
