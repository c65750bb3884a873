import { type TestDatabase, type TestDatabaseOptions, testDatabase } from './test-database.js';

/** The part of a test context of Vitest that a fixture needs. */
export interface VitestContext {
  readonly task: {
    readonly name: string;
    readonly result?: { readonly state: string } | undefined;
  };
}

/** The part of a test context of `node:test` that {@link useTestDatabase} needs. */
export interface NodeTestContext {
  readonly name: string;
  readonly passed: boolean;
  after(hook: () => Promise<void>): void;
}

/**
 * A fixture for Vitest: each test that names it gets a {@link testDatabase}, which is dropped after the test, or kept if the
 * test fails.
 *
 * @example
 * ```ts
 * import { test as base } from 'vitest';
 * import { databaseFixture } from 'voicesurvey-db/testing';
 *
 * const test = base.extend({ database: databaseFixture({ seed: true }) });
 *
 * test('the seed has one campaign', async ({ database }) => {
 *   expect((await database.pool.query('select from campaigns')).rowCount).toBe(1);
 * });
 * ```
 */
export function databaseFixture(
  options: TestDatabaseOptions = {},
): (context: VitestContext, use: (database: TestDatabase) => Promise<void>) => Promise<void> {
  // Vitest reads the names of the fixtures from the pattern.
  return async ({ task }, use) => {
    const database = await testDatabase(options);
    await use(database);
    await end(database, task.name, task.result?.state === 'fail');
  };
}

/**
 * Gives a test of `node:test` a {@link testDatabase}, which is dropped after the test, or kept if the test fails.
 *
 * @param test the context that the test gets
 * @example
 * ```ts
 * test('the seed has one campaign', async (t) => {
 *   const { pool } = await useTestDatabase(t, { seed: true });
 *   assert.equal((await pool.query('select from campaigns')).rowCount, 1);
 * });
 * ```
 */
export async function useTestDatabase(
  test: NodeTestContext,
  options: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const database = await testDatabase(options);
  test.after(() => end(database, test.name, !test.passed));
  return database;
}

async function end(database: TestDatabase, test: string, hasFailed: boolean): Promise<void> {
  if (!hasFailed) return database.drop();
  const address = await database.keep(`the test "${test}" failed.`);
  process.stderr.write(`The database of the failed test "${test}" is kept for a day: ${address}\n`);
}
