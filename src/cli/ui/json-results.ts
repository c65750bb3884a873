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
  if (DOCUMENTS.has(type)) return JSON.parse(value);
  const number = NUMBERS.has(type) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : value;
}
