import { expect } from 'vitest';
import { explainStatementError } from '../../src/postgres/statement-errors.js';
import { test } from '../support/database.js';

test.for([
  ['XX001', 'server_failed'],
  ['XX000', 'server_failed'],
  ['58030', 'server_failed'],
  ['53300', 'server_exhausted'],
  ['53000', 'server_exhausted'],
  ['42501', 'permission_denied'],
] as const)('an error of the server with the SQLSTATE %s is no bug of this package', async ([
  sqlState,
  code,
], { database }) => {
  const error: unknown = await database.client
    .query(`do $$ begin raise exception 'a failure' using errcode = '${sqlState}'; end $$`)
    .catch((thrown: unknown) => thrown);
  expect(explainStatementError(error)).toMatchObject({ code, remedy: expect.any(String) });
});

test('an error in the SQL itself is left to the caller', async ({ database }) => {
  const error: unknown = await database.client.query('select nothing').catch((thrown: unknown) => thrown);
  expect(explainStatementError(error)).toBeUndefined();
});
