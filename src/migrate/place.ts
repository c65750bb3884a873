import type { Explanation } from '../postgres/errors.js';
import { MigrationFileError, type Place } from './errors.js';

const CONTEXT_LINES = 2;
/** With the line's number before it, one line of a terminal. */
const WIDEST_LINE = 74;

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
export function locationOf({ file, line, column }: Omit<Place, 'excerpt'>): string {
  return `${file}:${line}:${column}`;
}

/**
 * The place of a character in a source, with the lines around it.
 *
 * @param offset counts UTF-16 code units from 0, as JavaScript does
 */
export function placeAt(source: Source, offset: number): Place {
  const before = source.text.slice(0, offset);
  const line = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  const column = [...before.slice(lineStart)].length + 1;
  return { file: source.path, line, column, excerpt: excerptAt(source.text, line, column) };
}

/** The lines around a place, numbered, with a caret under the character. Tabs count as one space, long lines are cut. */
function excerptAt(text: string, line: number, column: number): string {
  const lines = text.split('\n');
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const cut = Math.max(0, column - Math.floor(WIDEST_LINE * 0.8));
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const characters = [...(lines[number - 1] ?? '').replaceAll('\t', ' ')].slice(cut, cut + WIDEST_LINE);
    rows.push(`${String(number).padStart(width)} | ${characters.join('')}`.trimEnd());
    if (number === line) rows.push(`${' '.repeat(width)} | ${' '.repeat(column - 1 - cut)}^`);
  }
  return rows.join('\n');
}
