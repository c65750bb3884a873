import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { test } from '../support/database.js';
import { session } from '../support/databases.js';
import { until } from '../support/until.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { claim, setStatuses } from './rules/steps.js';

test('the query of docs/locking.md names the session that a claim waits for', async ({ migrated }) => {
  const page = await readFile(new URL('../../docs/locking.md', import.meta.url), 'utf8');
  const [, query = ''] = /```sql\n(select\n {2}waiting\.pid.*?)```/s.exec(page) ?? [];
  await migrated.client.query(withIds(history, rowsOfHistory));
  const [holder, service] = [await session(migrated.url), await session(migrated.url)];
  await holder.query(
    withIds(`set application_name = 'dashboard'; begin; ${setStatuses('plain', 'paused')}`, rowsOfHistory),
  );
  const claimed = service.query(withIds(`begin; ${claim('ada')} commit`, rowsOfHistory));

  await until(async () => (await migrated.rows(query)).length > 0);
  expect(await migrated.rows(query)).toMatchObject([
    { application_name: 'a service', holder_application: 'dashboard', holder_state: 'idle in transaction' },
  ]);

  await holder.query('commit');
  await claimed;
  await Promise.all([holder.end(), service.end()]);
});
