import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { test as base, inject } from 'vitest';
import { createDatabase, dropDatabase, runOnKeptSession } from './databases.js';

/** A database of one test. */
export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** A connection to it. */
  readonly client: pg.Client;
  /** The rows of a query. */
  rows<Row extends pg.QueryResultRow = Record<string, unknown>>(
    sql: string,
    values?: unknown[],
  ): Promise<Row[]>;
  /** The only value of a query. */
  value(sql: string, values?: unknown[]): Promise<unknown>;
}

/**
 * `test` with fixtures, each a separate database: `database` is empty, `migrated` has the product's schema, `first` has its
 * first version. A fixture is created if the test uses it, as a copy of a template, and dropped after the test. Only `shared`,
 * which has the product's schema as well, is one for all tests of a file: each of them rolls back what it changes.
 */
export const test = base.extend<{
  database: TestDatabase;
  migrated: TestDatabase;
  first: TestDatabase;
  shared: TestDatabase;
}>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  database: async ({}, use) => withDatabase('template0', use),
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  migrated: async ({}, use) => withDatabase(`${inject('runName')}_schema`, use),
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  first: async ({}, use) => withDatabase(`${inject('runName')}_first`, use),
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
    async ({}, use) => withDatabase(`${inject('runName')}_schema`, use),
    { scope: 'file' },
  ],
});

/**
 * Creates a database, passes it to a function, and drops it afterwards.
 *
 * @param template the database to copy
 */
export async function withDatabase(
  template: string,
  use: (database: TestDatabase) => Promise<void>,
): Promise<void> {
  const serverUrl = inject('serverUrl');
  const name = `${inject('runName')}_${randomBytes(4).toString('hex')}`;
  const url = await createDatabase(serverUrl, name, template, runOnKeptSession);
  const client = new pg.Client({ connectionString: url });
  // A test may end the connection on purpose. The next query fails then, so this event needs no handling.
  client.on('error', () => {});
  await client.connect();
  const rows = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await client.query<Row>(sql, values)).rows;
  const value = async (sql: string, values: unknown[] = []): Promise<unknown> =>
    Object.values((await rows(sql, values))[0] ?? {})[0];
  try {
    await use({ url, name, client, rows, value });
  } finally {
    await client.end();
    await dropDatabase(serverUrl, name, runOnKeptSession);
  }
}
