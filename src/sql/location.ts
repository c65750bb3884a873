import type { ErrorCode } from '../postgres/errors/error-codes.js';
import type { Explanation } from '../postgres/errors/explained-error.js';
import { blankUnsafe, encodeName } from '../text/encode.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { displayWidth, truncateToWidth } from '../text/terminal-width.js';
import { MigrationFileError, type SourceLocation } from './errors.js';
import type { SourceFile } from './source-file.js';

const CONTEXT_LINES = 2;
/** In cells of a terminal; with the line number in front, the line fits into 80. */
const MAX_LINE_WIDTH = 74;
/** The part of it that may precede the caret, in cells. */
const MAX_WIDTH_BEFORE_CARET = 58;

type SourceText = Pick<SourceFile, 'path' | 'text'>;

/**
 * Makes the error for a location in a file.
 *
 * @param offset as of {@link locate}
 * @param problem follows the location in the message, without a full stop
 */
export function createFileError(
  source: SourceText,
  offset: number,
  code: ErrorCode,
  problem: string,
  explanation: Explanation,
): MigrationFileError {
  const location = locate(source, offset);
  return new MigrationFileError(code, `${formatLocation(location)}: ${problem}.`, {
    ...explanation,
    location,
  });
}

/** Formats a location as messages begin with it: `sql/V2.up.sql:3:14`. */
export function formatLocation({ file, line, column }: Omit<SourceLocation, 'excerpt'>): string {
  return `${encodeName(file)}:${line}:${column}`;
}

/**
 * Locates a character of a source, and cuts out the lines around it, without secrets.
 *
 * @param offset counts UTF-16 code units from 0, as JavaScript does
 */
export function locate(source: SourceText, offset: number): SourceLocation {
  const before = source.text.slice(0, offset);
  const line = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  const column = [...before.slice(lineStart)].length + 1;
  return { file: source.path, line, column, excerpt: excerptAround(source.text, offset) };
}

/** Masks passwords and other secrets, which would end in logs, and cuts out the lines around a character. */
function excerptAround(text: string, offset: number): string {
  const masked = maskSecrets(text);
  const before = masked.text.slice(0, masked.offsetOf(offset)).split('\n');
  return excerptAt(masked.text, before.length, [...(before.at(-1) ?? '')].length + 1);
}

/**
 * Cuts out the lines around a location, with their numbers, and puts a caret under the character as a terminal shows it.
 * Control characters, such as a tab, and invisible ones become one space. Long lines are shortened.
 */
function excerptAt(text: string, line: number, column: number): string {
  const lines = text.split('\n');
  const charactersOf = (number: number): string[] => [...blankUnsafe(lines[number - 1] ?? '')];
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const numberWidth = String(last).length;
  const before = charactersOf(line).slice(0, column - 1);
  const shownBefore = [...truncateToWidth(before.toReversed().join(''), MAX_WIDTH_BEFORE_CARET)].length;
  const omitted = before.length - shownBefore;
  const caret = ' '.repeat(displayWidth(before.slice(omitted).join('')));
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const shown = truncateToWidth(charactersOf(number).slice(omitted).join(''), MAX_LINE_WIDTH);
    rows.push(`${String(number).padStart(numberWidth)} | ${shown}`.trimEnd());
    if (number === line) rows.push(`${' '.repeat(numberWidth)} | ${caret}^`);
  }
  return rows.join('\n');
}
