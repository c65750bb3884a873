import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import {
  INSUFFICIENT_PRIVILEGE,
  LOCK_NOT_AVAILABLE,
  QUERY_CANCELED,
} from '../../postgres/errors/sql-states.js';

/** Rows that were counted. */
export interface RowCount {
  /** How many rows were found; null if they could not be counted. */
  readonly rows: number | null;
  /** Why they could not be counted; null if they were. */
  readonly reason: string | null;
  /** The ids of the first of them, for a query that returns ids. */
  readonly ids: readonly string[];
}

/**
 * Runs a query that counts rows. An error of the server ends only the count, and is explained without any value of a row.
 *
 * @param client in a transaction
 * @param sql one query of one row, with `rows` and, optionally, `ids`
 */
export async function countRows(client: pg.Client, sql: string): Promise<RowCount> {
  await client.query('savepoint counting');
  try {
    const [row] = await queryRows<{ rows: string; ids?: string[] }>(client, sql);
    await client.query('release savepoint counting');
    return { rows: Number(row?.rows), reason: null, ids: row?.ids ?? [] };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    await client.query('rollback to savepoint counting');
    return { rows: null, reason: describeCountError(error), ids: [] };
  }
}

function describeCountError({ code }: pg.DatabaseError): string {
  if (code === INSUFFICIENT_PRIVILEGE) return 'this role may not read the whole table';
  if (code === QUERY_CANCELED) return 'it took too long';
  if (code === LOCK_NOT_AVAILABLE) return 'the table is locked';
  return `SQLSTATE ${code}`;
}
