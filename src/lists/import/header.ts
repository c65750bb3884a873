import { columnMissingError, columnTwiceError } from './errors.js';

/** The first line of a list. */
export interface Header {
  readonly delimiter: string;
  /** The names of the columns as the file has them. */
  readonly names: readonly string[];
  /** For each known column of the list, its position. */
  readonly positions: ReadonlyMap<string, number>;
  /** The names of the columns that are not imported. */
  readonly ignored: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/**
 * Reads the header of a list: names of columns in any order, with other columns, in any case, and with spaces, hyphens or
 * underscores. The delimiter is the one that makes the required column appear.
 *
 * @param text the beginning of the file
 * @param columns the known columns; the first one is required
 * @throws ExplainedError `list_without_column`, `list_column_twice`
 */
export async function readHeader(path: string, text: string, columns: readonly string[]): Promise<Header> {
  const { parse } = await import('csv-parse/sync');
  const [required = ''] = columns;
  const headers = DELIMITERS.map((delimiter) => ({ delimiter, names: firstRecord(text, delimiter, parse) }));
  const [header] = headers
    .filter(({ names }) => names.some((name) => simplify(name) === simplify(required)))
    .sort((a, b) => b.names.length - a.names.length);
  if (header === undefined) throw columnMissingError(path, columns);
  const known = new Map(columns.map((column) => [simplify(column), column]));
  const positions = new Map<string, number>();
  const ignored: string[] = [];
  for (const [index, name] of header.names.entries()) {
    const column = known.get(simplify(name));
    if (column === undefined) ignored.push(name.trim());
    else if (positions.has(column)) throw columnTwiceError(path, column);
    else positions.set(column, index);
  }
  return { ...header, positions, ignored: ignored.filter((name) => name !== '') };
}

type Parse = typeof import('csv-parse/sync').parse;

/** Splits the first line that is not empty; returns no field if its quotes do not match. */
function firstRecord(text: string, delimiter: string, parse: Parse): readonly string[] {
  const options = { bom: true, delimiter, to: 1, relax_quotes: true, skip_empty_lines: true };
  try {
    return parse(text, options)[0] ?? [];
  } catch {
    return [];
  }
}

/** `Phone Number`, `phone-number` and `phone_number` are one name. */
function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
