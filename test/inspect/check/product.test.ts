import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { check } from '../../../src/inspect/check.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { addProductRows } from '../../../src/seed/product-rows.js';
import { test } from '../../support/database.js';
import { SLOW } from '../../support/timeouts.js';
import { describeFindings } from './findings.js';

test("check finds nothing in the product's migrations, over the seed and a thousand contacts", {
  timeout: SLOW,
}, async ({ database }) => {
  const result = await check({ url: database.url, directory: migrationsDirectory, rows: addProductRows });
  expect([describeFindings(result.findings), describeFindings(result.notes)]).toEqual([[], []]);
  expect(result.migrations).toBe((await readdir(migrationsDirectory)).length / 2);
});
