import { displayWidth } from '../../text/terminal-width.js';
import type { Tone } from './terminal.js';

/** The result of one of several databases. */
export interface DatabaseRow {
  readonly name: string;
  /** The newest version before and after; null if the database has no version, or was not reached. */
  readonly from: string | null;
  readonly to: string | null;
  readonly applied: number;
  /** Null if the work was not started. */
  readonly seconds: number | null;
  readonly result: string;
  readonly tone: Tone | null;
}

const HEADER = ['database', 'from', 'to', 'applied', 'seconds', 'result'];
const NUMBERS = new Set(['applied', 'seconds']);

/** A line of the table; one with a tone has a color on a terminal. */
type TableLine = string | { readonly text: string; readonly tone: Tone };

/** A table with a line for each database. */
export function databasesTable(rows: readonly DatabaseRow[]): readonly TableLine[] {
  const table = rows.map(cellsOf);
  const widths = HEADER.map((name, column) =>
    Math.max(...[name, ...table.map((cells) => cells[column] ?? '')].map(displayWidth)),
  );
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const fill = ' '.repeat((widths[column] ?? 0) - displayWidth(cell));
        return NUMBERS.has(HEADER[column] ?? '') ? fill + cell : cell + fill;
      })
      .join('  ')
      .trimEnd();
  const lines = rows.map(({ tone }, index) => {
    const text = lineOf(table[index] ?? []);
    return tone === null ? text : { text, tone };
  });
  return [lineOf(HEADER), ...lines];
}

function cellsOf({ name, from, to, applied, seconds, result }: DatabaseRow): readonly string[] {
  const isStarted = seconds !== null;
  return [name, from ?? '', to ?? '', isStarted ? `${applied}` : '', seconds?.toFixed(1) ?? '', result];
}
