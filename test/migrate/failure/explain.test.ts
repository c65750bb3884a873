import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { catchFailure } from './catch-failure.js';

test('an error has the hint of the server', async ({ database }) => {
  expect((await catchFailure(database, 'insert into guarded values (1);')).server?.hint).toBe('knock first');
});

test('a file with two wrong statements fails with the error of the first', async ({ database }) => {
  const error = await catchFailure(database, 'select 1;\nselect first;\nselect second;');
  expect(error).toMatchObject({ server: { sqlState: '42703' }, location: { line: 2 } });
});

for (const sqlState of ['VS001', 'VS002', 'VS003', 'VS004', 'VS005', 'VS008']) {
  test(`a file that raises ${sqlState}, which the engine raises too, fails with what it raises`, async ({
    database,
  }) => {
    const sql = `do $$ begin raise exception 'mine' using errcode = '${sqlState}'; end $$;`;
    expect(await catchFailure(database, sql)).toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining(`mine (SQLSTATE ${sqlState})`),
    });
  });
}
