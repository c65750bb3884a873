import pg from 'pg';
import { test as base, expect, inject } from 'vitest';
import { NOTHING_KNOWN } from '../../../src/postgres/redaction/known-text.js';
import { redactText } from '../../../src/postgres/redaction/redact.js';
import { type TestDatabase, withDatabase } from '../../support/database.js';
import { history, rowsOfHistory } from './history.js';
import { withIds } from './names.js';

/** A database with the history for all tests of a file. Each test is rolled back. */
const test = base.extend<{ database: TestDatabase }>({
  database: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
    async ({}, use) =>
      withDatabase(`${inject('runName')}_schema`, async (database) => {
        await database.client.query(withIds(history, rowsOfHistory));
        await use(database);
      }),
    { scope: 'file' },
  ],
});

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const PERSONAL = /\+\d{7}|@|Mara|Abel/;
const ALL_ROWS = /^Table \w+, all rows\.$/;

/** Runs an action in a transaction and rolls it back. */
async function rollBackAfter<Result>(client: pg.Client, attempt: () => Promise<Result>): Promise<Result> {
  await client.query('begin');
  try {
    return await attempt();
  } finally {
    await client.query('rollback');
  }
}

/** Runs statements and the checks of a commit. */
async function runAndCheck(client: pg.Client, sql: string): Promise<void> {
  await client.query(withIds(sql, rowsOfHistory));
  await client.query('set constraints all immediate');
}

/**
 * Tests that the database refuses a write, without personal data in its error. Values that PostgreSQL itself quotes must
 * be redacted by the library.
 *
 * @param sentence what is refused; the name of the test is `refused: ${sentence}`
 * @param constraint the rule that refuses it
 * @param sqlState 23514 by default
 * @param schema of the table whose rule it is; `public` by default
 */
export function forbidden(
  sentence: string,
  sql: string,
  constraint: string,
  sqlState = '23514',
  schema = 'public',
): void {
  test(`refused: ${sentence}`, async ({ database: { client } }) => {
    const error = await rollBackAfter(client, () => runAndCheck(client, sql)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof pg.DatabaseError)) throw error ?? new Error('The database accepted the write.');
    // From version 18 on, PostgreSQL has a SQLSTATE for ON DELETE RESTRICT.
    const code = error.code === '23001' ? '23503' : error.code;
    expect([code, error.constraint, error.schema], error.message).toEqual([sqlState, constraint, schema]);
    expect(error.message).not.toMatch(PERSONAL);
    expect(JSON.stringify(redactText(error, NOTHING_KNOWN))).not.toMatch(PERSONAL);
    if (error.routine === 'exec_stmt_raise') expectOurs(error);
  });
}

/** Expects an error of ours to name the row by id, to say what to do, and to take few lines of the server's log. */
function expectOurs({ message, detail = '', hint = '', where = '', table }: pg.DatabaseError): void {
  expect(where.split('\n').filter((line) => line.includes('voicesurvey_rules.')).length, where).toBe(1);
  expect(detail).toMatch(ALL_ROWS.test(detail) ? ALL_ROWS : UUID);
  expect([message, detail, hint].join(' ')).not.toMatch(PERSONAL);
  expect(hint).toMatch(/^[A-Z].*\.$/);
  expect(table).toMatch(/^\w+$/);
}

/** Tests that the database refuses a statement for a reason other than a rule, such as a missing privilege. */
export function impossible(sentence: string, sql: string, sqlState: string): void {
  test(`refused: ${sentence}`, async ({ database: { client } }) => {
    await expect(rollBackAfter(client, () => runAndCheck(client, sql))).rejects.toMatchObject({
      code: sqlState,
    });
  });
}

/**
 * Tests that the database accepts a write.
 *
 * @param sentence what is accepted; the name of the test is `accepted: ${sentence}`
 * @param holds an expression that is true afterwards
 */
export function correct(sentence: string, sql: string, holds = 'true'): void {
  test(`accepted: ${sentence}`, async ({ database: { client, value } }) => {
    await rollBackAfter(client, async () => {
      await runAndCheck(client, sql);
      expect(await value(withIds(`select ${holds}`, rowsOfHistory)), holds).toBe(true);
    });
  });
}

/** A test with code of its own on the same database. Everything that it does is rolled back. */
export function special(
  sentence: string,
  attempt: (client: pg.Client, ids: (sql: string) => string) => Promise<void>,
): void {
  test(sentence, async ({ database: { client } }) => {
    await rollBackAfter(client, () => attempt(client, (sql) => withIds(sql, rowsOfHistory)));
  });
}
