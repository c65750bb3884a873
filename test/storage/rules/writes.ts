import pg from 'pg';
import { test as base, expect, inject } from 'vitest';
import { redactError } from '../../../src/postgres/redaction/redact.js';
import { type TestDatabase, withDatabase } from '../../support/database.js';
import { history, rowsOfHistory } from './history.js';
import { withIds } from './names.js';

/** One database for a file, with the history in it; what a test writes is rolled back. */
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

/** Does something in a transaction that is rolled back. */
async function tried<Result>(client: pg.Client, attempt: () => Promise<Result>): Promise<Result> {
  await client.query('begin');
  try {
    return await attempt();
  } finally {
    await client.query('rollback');
  }
}

/** Runs statements and asks for the verdict that a commit would give. */
async function commitWould(client: pg.Client, sql: string): Promise<void> {
  await client.query(withIds(sql, rowsOfHistory));
  await client.query('set constraints all immediate');
}

/**
 * A write that the database must refuse: by the constraint that is named, with SQLSTATE 23514 unless told otherwise, and
 * without anything personal in what it says. What PostgreSQL itself quotes must be gone from what the library shows.
 */
export function forbidden(sentence: string, sql: string, constraint: string, sqlState = '23514'): void {
  test(`refused: ${sentence}`, async ({ database: { client } }) => {
    const error = await tried(client, () => commitWould(client, sql)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof pg.DatabaseError)) throw error ?? new Error('The database took it.');
    // From 18 on, PostgreSQL tells what RESTRICT refuses apart.
    const code = error.code === '23001' ? '23503' : error.code;
    expect([code, error.constraint, error.schema], error.message).toEqual([sqlState, constraint, 'public']);
    expect(error.message).not.toMatch(PERSONAL);
    expect(Object.values(redactError(error, '')).join(' ')).not.toMatch(PERSONAL);
    if (error.routine === 'exec_stmt_raise') expectOurs(error);
  });
}

/** An error of ours says which row, by id, and what to do. */
function expectOurs({ message, detail = '', hint = '', table }: pg.DatabaseError): void {
  expect(detail).toMatch(ALL_ROWS.test(detail) ? ALL_ROWS : UUID);
  expect([message, detail, hint].join(' ')).not.toMatch(PERSONAL);
  expect(hint).toMatch(/^[A-Z].*\.$/);
  expect(table).toMatch(/^\w+$/);
}

/** A write that the database must refuse for who writes or what it would do, with this SQLSTATE. */
export function impossible(sentence: string, sql: string, sqlState: string): void {
  test(`refused: ${sentence}`, async ({ database: { client } }) => {
    await expect(tried(client, () => commitWould(client, sql))).rejects.toMatchObject({ code: sqlState });
  });
}

/**
 * A write that must stay possible.
 *
 * @param holds an expression that is true afterwards
 */
export function correct(sentence: string, sql: string, holds = 'true'): void {
  test(`accepted: ${sentence}`, async ({ database: { client, value } }) => {
    await tried(client, async () => {
      await commitWould(client, sql);
      expect(await value(withIds(`select ${holds}`, rowsOfHistory)), holds).toBe(true);
    });
  });
}

/** What the tables above do not cover: the same database, rolled back by the test's own means. */
export function special(
  sentence: string,
  attempt: (client: pg.Client, ids: (sql: string) => string) => Promise<void>,
): void {
  test(sentence, async ({ database: { client } }) => {
    await tried(client, () => attempt(client, (sql) => withIds(sql, rowsOfHistory)));
  });
}
