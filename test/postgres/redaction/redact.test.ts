import pg from 'pg';
import { expect } from 'vitest';
import { redactCause, redactError } from '../../../src/postgres/redaction/redact.js';
import { type TestDatabase, test } from '../../support/database.js';

const ID = '5eed0001-0000-4000-8000-000000000001';

/** Runs SQL that fails on a table with one row, and returns the error. */
async function errorOf({ client }: TestDatabase, sql: string): Promise<pg.DatabaseError> {
  await client.query('create table people (id uuid, email text constraint one_address unique, age integer)');
  await client.query(`insert into people values ('${ID}', 'ann@example.com', 1)`);
  const error: unknown = await client.query(sql).catch((caught: unknown) => caught);
  if (!(error instanceof pg.DatabaseError)) throw new Error('The SQL did not fail.');
  return error;
}

test('redactError shows table, constraint and ids of a broken constraint, and no other value', async ({
  database,
}) => {
  const error = await errorOf(database, 'alter table people add constraint of_age check (age > 17)');
  expect(redactError(error, '').detail).toBe(
    'table public.people, constraint of_age; the other values of the row are not shown',
  );
  const row = await database.client
    .query(`alter table people add constraint of_age check (age > 17) not valid; update people set age = 2`)
    .catch((caught: unknown) => caught);
  expect(redactError(row as pg.DatabaseError, '').detail).toContain(`ids ${ID};`);
});

test('redactError shows the detail of an error that contains no value', async ({ database }) => {
  const error = await errorOf(database, 'create view names as select id from people; drop table people');
  expect(redactError(error, '').detail).toBe('view names depends on table people');
});

test('redactCause copies the error without its values and leaves the original unchanged', async ({
  database,
}) => {
  const error = await errorOf(database, "insert into people values (null, 'ann@example.com')");
  const cause = redactCause(error, redactError(error, ''));
  expect(cause).toBeInstanceOf(pg.DatabaseError);
  expect(cause).toMatchObject({ code: '23505', constraint: 'one_address', message: error.message });
  expect(cause.detail).not.toContain('ann@example.com');
  expect(error.detail).toContain('ann@example.com');
});
