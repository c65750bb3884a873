import { inspect } from 'node:util';
import { expect } from 'vitest';
import { withDatabase } from '../../src/migrate/database.js';
import { test } from '../support/database.js';

test.for([
  "select 'Secret'::uuid",
  "select pg_terminate_backend(pg_backend_pid()), 'Secret'",
  "do $$ begin raise exception 'Secret' using errcode = '42501', detail = 'Secret'; end $$",
  "create temporary table t (said text unique); insert into t values ('Secret'), ('Secret')",
])('an error that a caller of the library gets shows no value: %s', async (sql, { database: { url } }) => {
  const error: unknown = await withDatabase({ url }, ({ connection }) => connection.client.query(sql)).catch(
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(Error);
  expect(inspect(error, { depth: 9 })).not.toContain('Secret');
});
