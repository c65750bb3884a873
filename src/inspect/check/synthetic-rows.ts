import { queryRows } from '../../postgres/driver/search-path.js';
import type { RowSource } from './row-source.js';
import { insertSql } from './synthetic-values.js';
import { readTables } from './tables.js';

const ROWS_PER_CALL = 5;

/**
 * Makes a source of synthetic rows. It reads the catalog and adds rows to every table with each call, so that new columns
 * and labels also get values. A row that the database refuses is left out.
 */
export function syntheticRows(): RowSource {
  let count = 0;
  return async (client, schemas) => {
    const tables = await readTables(client, schemas);
    const numbers = Array.from({ length: ROWS_PER_CALL }, () => count++);
    const results = await Promise.all(
      tables.map((table) =>
        Promise.allSettled(numbers.map((number) => queryRows(client, insertSql(table, number)))),
      ),
    );
    const refused = tables.flatMap(({ name }, index) => {
      const errors = (results[index] ?? []).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      return errors.length === ROWS_PER_CALL ? [{ name, error: errors[0] }] : [];
    });
    if (refused.length === 0) return new Map();
    const [row] = await queryRows<{ filled: boolean[] }>(
      client,
      `select array[${refused.map(({ name }) => `exists (select from ${name})`).join(', ')}] as filled`,
    );
    return new Map(
      refused
        .filter((_, index) => row?.filled[index] === false)
        .map(({ name, error }) => [name, error instanceof Error ? error.message : String(error)]),
    );
  };
}
