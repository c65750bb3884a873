import { test } from 'vitest';
import { startStandby } from '../crash/standby.js';
import { SLOW } from '../support/timeouts.js';
import { expectNoViolations, prepareCases, SETTINGS, startServer } from './prepared-transactions.js';

test('prepared transactions break no rule at any isolation level after a crash of the server', {
  timeout: SLOW,
}, async ({ onTestFinished }) => {
  const server = await startServer(onTestFinished);
  await prepareCases(server.url);
  await server.kill();
  await server.restart();
  await expectNoViolations(server.url);
});

test('prepared transactions break no rule at any isolation level after a promotion of a standby', {
  timeout: SLOW,
}, async ({ onTestFinished }) => {
  const server = await startServer(onTestFinished);
  const standby = await startStandby(server, SETTINGS);
  onTestFinished(() => standby.stop());
  await prepareCases(server.url);
  await standby.catchUp();
  await server.kill();
  await standby.promote();
  await expectNoViolations(standby.url);
});
