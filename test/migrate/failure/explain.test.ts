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
