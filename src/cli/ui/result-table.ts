import type { Column, TextRow } from '../../postgres/stream-query.js';
import { encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { displayWidth } from '../../text/terminal-width.js';

/** The result of a statement, or the beginning of a long one. */
export interface ShownResult {
  readonly columns: readonly Column[];
  readonly rows: readonly TextRow[];
  /** How many rows the result has. */
  readonly count: number;
}

/** The numbers of the types whose values are aligned to the right: integers, floats, numeric, money. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 790, 1700]);
const SEPARATOR = ' | ';

/**
 * Formats a result as a table or, if that is wider than the terminal, as one line for each value.
 *
 * A null is shown as `NULL`, and the text `NULL` as `"NULL"`. Control characters are encoded.
 *
 * @param width of the terminal, in cells; undefined for no limit
 * @example
 * ```ts
 * resultTable({ columns: [{ name: 'id', type: 23 }], rows: [['1'], [null]], count: 2 }, 80);
 * // [' id', '-----', '   1', 'NULL', '(2 rows)']
 * ```
 */
export function resultTable({ columns, rows, count }: ShownResult, width: number | undefined): string[] {
  const names = columns.map(({ name }) => encodeName(name));
  const cells = rows.map((row) => row.map(showValue));
  const widths = names.map((name, column) =>
    cells.reduce((most, row) => Math.max(most, displayWidth(row[column] ?? '')), displayWidth(name)),
  );
  const total = widths.reduce((sum, one) => sum + one, SEPARATOR.length * (widths.length - 1));
  const isWide = width !== undefined && total > width && rows.length > 0;
  return [
    ...(isWide ? recordLines(names, cells) : tableLines(columns, names, cells, widths)),
    countLine(rows.length, count),
  ];
}

function showValue(value: string | null): string {
  if (value === null) return 'NULL';
  return value === 'NULL' ? '"NULL"' : encodeName(value);
}

function tableLines(
  columns: readonly Column[],
  names: readonly string[],
  cells: readonly (readonly string[])[],
  widths: readonly number[],
): string[] {
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const fill = ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
        return NUMBERS.has(columns[column]?.type ?? 0) ? fill + cell : cell + fill;
      })
      .join(SEPARATOR)
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('-+-');
  return [line(names), rule, ...cells.map(line)];
}

function recordLines(names: readonly string[], cells: readonly (readonly string[])[]): string[] {
  const width = names.reduce((most, name) => Math.max(most, displayWidth(name)), 0);
  return cells.flatMap((row, index) => [
    `- row ${index + 1}`,
    ...names.map((name, column) =>
      `${name}${' '.repeat(width - displayWidth(name))}${SEPARATOR}${row[column] ?? ''}`.trimEnd(),
    ),
  ]);
}

function countLine(shown: number, count: number): string {
  return shown === count
    ? `(${plural(count, 'row')})`
    : `(the first ${shown} of ${count} rows; --csv prints all)`;
}
