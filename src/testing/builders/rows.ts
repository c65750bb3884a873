import pg from '../../postgres/driver/pg.js';
import type { Queryable } from '../../schema/queryable.js';
import type { RowsByTable } from '../../schema/rows.js';

/** The tables that the builders insert into. */
type Table = 'campaigns' | 'contacts';

/** Runs a statement, and returns its rows as the type that the caller knows. */
export async function rowsOf<Row>(database: Queryable, sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await database.query(sql, values)).rows as Row[];
}

/** Runs a statement, and returns its only row. */
export async function rowOf<Row>(database: Queryable, sql: string, values: unknown[] = []): Promise<Row> {
  const [row] = await rowsOf<Row>(database, sql, values);
  if (row === undefined) throw new Error(`The statement returned no row: ${sql}`);
  return row;
}

/** Inserts rows that all have the columns of the first. */
export function insertRows<Name extends Table>(
  database: Queryable,
  table: Name,
  rows: readonly object[],
): Promise<RowsByTable[Name][]> {
  const columns = Object.keys(rows[0] ?? {})
    .map((column) => pg.escapeIdentifier(column))
    .join(', ');
  return rowsOf(
    database,
    `insert into public.${table} (${columns})
     select ${columns} from jsonb_populate_recordset(null::public.${table}, $1) returning *`,
    [JSON.stringify(rows)],
  );
}
