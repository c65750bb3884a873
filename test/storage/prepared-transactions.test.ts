import { test } from 'vitest';
import { SLOW } from '../support/timeouts.js';
import { expectNoViolations, prepareCases, startServer } from './prepared-transactions.js';

test('prepared transactions break no rule at any isolation level', {
  timeout: SLOW,
}, async ({ onTestFinished }) => {
  const { url } = await startServer(onTestFinished);
  await prepareCases(url);
  await expectNoViolations(url);
});
