import type { Explanation } from '../postgres/errors.js';
import { displayWidth, truncateToWidth } from '../text/terminal-width.js';
import { MigrationFileError, type SourceLocation } from './errors.js';

const CONTEXT_LINES = 2;
/** In cells; with the line's number before it, one line of a terminal. */
const WIDEST_LINE = 74;
/** Of it, before the caret. */
const WIDEST_BEFORE = 58;
const CONTROLS = /\p{Cc}/gu;

/** A text with places in it. */
interface Source {
  readonly path: string;
  readonly text: string;
}

/**
 * The error for something in a file, with its place.
 *
 * @param offset as of {@link placeAt}
 * @param what is wrong there, to follow the place, without a full stop
 */
export function errorAt(
  source: Source,
  offset: number,
  code: string,
  what: string,
  explanation: Explanation,
): MigrationFileError {
  const place = placeAt(source, offset);
  return new MigrationFileError(code, `${locationOf(place)}: ${what}.`, { ...explanation, place });
}

/** A place as a message begins with it: `sql/V2.up.sql:3:14`. */
export function locationOf({ file, line, column }: Omit<SourceLocation, 'excerpt'>): string {
  return `${file}:${line}:${column}`;
}

/**
 * The place of a character in a source, with the lines around it.
 *
 * @param offset counts UTF-16 code units from 0, as JavaScript does
 */
export function placeAt(source: Source, offset: number): SourceLocation {
  const before = source.text.slice(0, offset);
  const line = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  const column = [...before.slice(lineStart)].length + 1;
  return { file: source.path, line, column, excerpt: excerptAt(source.text, line, column) };
}

/**
 * The lines around a place, numbered, with a caret under the character as a terminal shows it. Tabs and other control
 * characters count as one space, long lines are cut.
 */
function excerptAt(text: string, line: number, column: number): string {
  const lines = text.split('\n');
  const charactersOf = (number: number): string[] => [...(lines[number - 1] ?? '').replaceAll(CONTROLS, ' ')];
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const before = charactersOf(line).slice(0, column - 1);
  const shownBefore = [...truncateToWidth(before.toReversed().join(''), WIDEST_BEFORE)].length;
  const cut = before.length - shownBefore;
  const caret = ' '.repeat(displayWidth(before.slice(cut).join('')));
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const shown = truncateToWidth(charactersOf(number).slice(cut).join(''), WIDEST_LINE);
    rows.push(`${String(number).padStart(width)} | ${shown}`.trimEnd());
    if (number === line) rows.push(`${' '.repeat(width)} | ${caret}^`);
  }
  return rows.join('\n');
}
