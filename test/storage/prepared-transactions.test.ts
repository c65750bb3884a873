import pg from 'pg';
import { expect, test } from 'vitest';
import { migrationsDirectory, up } from '../../src/index.js';
import { startCrashServer } from '../crash/server.js';
import { SLOW } from '../support/timeouts.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { claim, exclude, list } from './rules/steps.js';

test('prepared transactions keep their mutex rows locked after a crash of the server', {
  timeout: SLOW,
}, async ({ onTestFinished }) => {
  const server = await startCrashServer({ max_prepared_transactions: '2' });
  onTestFinished(() => server.stop());
  const run = async (sql: string): Promise<unknown> => {
    const client = new pg.Client(server.url);
    await client.connect();
    return client.query(withIds(sql, rowsOfHistory)).finally(() => client.end());
  };
  const phone = '+4920009999';
  await up({ url: server.url, directory: migrationsDirectory });
  await run(history);
  await run(`begin; ${claim('ada')} prepare transaction 'a claim'`);
  await run(`begin; ${list('new', phone)} prepare transaction 'an import'`);
  await server.kill();
  await server.restart();

  const waits = { code: '55P03' };
  await expect(run(`set lock_timeout = '1s'; begin; ${claim('jack')} commit`)).rejects.toMatchObject(waits);
  await expect(run(`set lock_timeout = '1s'; ${exclude(phone)}`)).rejects.toMatchObject(waits);
  await run("commit prepared 'a claim'");
  await run("commit prepared 'an import'");
  await run(claim('jack'));
  await run(exclude(phone));
  const state = await run('select state from contacts where id = :new');
  expect(state).toMatchObject({ rows: [{ state: 'excluded' }] });
});
