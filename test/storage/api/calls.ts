import pg from 'pg';
import type { TestDatabase } from '../../support/database.js';
import { history, rowsOfHistory } from '../rules/history.js';
import { withIds } from '../rules/names.js';

/** Writes the history of `rules/history.ts` into a database. */
export const writeHistory = ({ client }: TestDatabase): Promise<unknown> =>
  client.query(withIds(history, rowsOfHistory));

/** Runs SQL in which rows are named, and returns the rows of its result. */
export const query = async <Row extends pg.QueryResultRow = Record<string, unknown>>(
  { client }: Pick<TestDatabase, 'client'>,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> => (await client.query<Row>(withIds(sql, rowsOfHistory), values)).rows;

/** Opens another session, and ends it after the function. */
export async function withSession<Result>(
  { url }: TestDatabase,
  use: (session: Pick<TestDatabase, 'client'>) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await use({ client });
  } finally {
    await client.end();
  }
}

/** The error of an API function that is called with a value it cannot use. */
export const invalidInput = (constraint: string): { code: string; constraint: string } => ({
  code: '22023',
  constraint,
});
