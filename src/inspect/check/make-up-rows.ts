import { insertOf } from './made-up-values.js';
import type { RowSource } from './rows.js';
import { readTables } from './tables.js';

const ROWS_AT_A_TIME = 5;

/**
 * A source that reads the catalog and makes up rows for every table, some more each time, so that columns and labels
 * that have come since have values, too. A row that the database refuses is left out.
 */
export function makeUpRows(): RowSource {
  let made = 0;
  return async (client, schemas) => {
    const tables = await readTables(client, schemas);
    const numbers = Array.from({ length: ROWS_AT_A_TIME }, () => made++);
    const results = await Promise.all(
      tables.map((table) =>
        Promise.allSettled(numbers.map((number) => client.query(insertOf(table, number)))),
      ),
    );
    const refused = tables.flatMap(({ name }, index) => {
      const errors = (results[index] ?? []).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      return errors.length === ROWS_AT_A_TIME ? [{ name, error: errors[0] }] : [];
    });
    if (refused.length === 0) return new Map();
    const { rows } = await client.query<{ filled: boolean[] }>(
      `select array[${refused.map(({ name }) => `exists (select from ${name})`).join(', ')}] as filled`,
    );
    return new Map(
      refused
        .filter((_, index) => rows[0]?.filled[index] === false)
        .map(({ name, error }) => [name, error instanceof Error ? error.message : String(error)]),
    );
  };
}
