import type { StatementReceiver } from '../../inspect/run-sql.js';
import type { Column } from '../../postgres/stream-query.js';

/** The result of a statement in the document. */
export interface JsonResult {
  /** Such as `SELECT 3`. */
  readonly command: string;
  /** Null for a statement without a result. */
  readonly columns: readonly string[] | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Collects the results of statements for the document.
 *
 * @param results receives each result when its statement has succeeded
 */
export function jsonReceiver(results: JsonResult[]): StatementReceiver {
  let columns: readonly Column[] | null = null;
  let names: readonly string[] = [];
  let rows: Readonly<Record<string, unknown>>[] = [];
  return {
    columns: (received) => {
      columns = received;
      names = uniqueNames(received.map(({ name }) => name));
    },
    row: (row) => {
      const values = row.map((value, index) => [
        names[index] ?? '',
        jsonValue(value, columns?.[index]?.type),
      ]);
      rows.push(Object.fromEntries(values));
      return undefined;
    },
    completed: (command) => {
      results.push({ command, columns: columns === null ? null : names, rows });
      [columns, names, rows] = [null, [], []];
    },
  };
}

/** Columns may have one name: `id`, `id` becomes `id`, `id_2`. */
function uniqueNames(names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let number = 2; used.has(unique); number += 1) unique = `${name}_${number}`;
    used.add(unique);
    return unique;
  });
}

const BOOLEAN = 16;
/** smallint, integer, real, double precision. JSON numbers hold them exactly, but not bigint and numeric. */
const NUMBERS = new Set([21, 23, 700, 701]);
/** json, jsonb. */
const DOCUMENTS = new Set([114, 3802]);

function jsonValue(value: string | null, type = 0): unknown {
  if (value === null) return null;
  if (type === BOOLEAN) return value === 't';
  if (DOCUMENTS.has(type)) return documentOf(value);
  const number = NUMBERS.has(type) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : value;
}

/** A document that is nested more deeply cannot be written by JavaScript. */
const MOST_NESTED = 500;
/** The numbers and brackets of a document, and the beginnings of its strings. */
const TOKEN = /"|-?\d[\d.eE+-]*|[[\]{}]/g;

/** Parses a document; one that JavaScript would change or could not write stays a text, as bigint and numeric do. */
function documentOf(text: string): unknown {
  let depth = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    if (token === '"') TOKEN.lastIndex = endOfString(text, match.index);
    else if ('[{'.includes(token)) depth += 1;
    else if (']}'.includes(token)) depth -= 1;
    else if (!isExact(token)) return text;
    if (depth > MOST_NESTED) return text;
  }
  return JSON.parse(text);
}

/** The index after a string of JSON; an expression would need memory for each of its escapes. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; ; index += 1) {
    index = text.indexOf('"', index);
    if (index < 0) return text.length;
    let first = index;
    while (text[first - 1] === '\\') first -= 1;
    if ((index - first) % 2 === 0) return index + 1;
  }
}

/** Whether JavaScript writes a number with the same value as it is written. */
function isExact(number: string): boolean {
  return normalize(String(Number(number))) === normalize(number);
}

/** The digits of a number without zeros around them, and the power of ten of the last one. */
function normalize(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/(?<!0)0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${number.startsWith('-') ? '-' : ''}${significant}e${power}`;
}
