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
    withIds(
      "set application_name = 'dashboard'; begin; update campaigns set description = 'Spring' where id = :survey;",
      rowsOfHistory,
    ),
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

test('a pause of a busy campaign waits for the claim in progress, and not for claims that begin later', async ({
  migrated,
}) => {
  await migrated.client.query(withIds(history, rowsOfHistory));
  const [first, dashboard, later] = await Promise.all([1, 2, 3].map(() => session(migrated.url)));
  const blockersOf = (client: typeof first): Promise<unknown> =>
    client === undefined
      ? Promise.reject(new Error('no session'))
      : migrated.value('select pg_blocking_pids($1)', [
          (client as unknown as { processID: number }).processID,
        ]);
  const isBlocked = async (client: typeof first): Promise<boolean> =>
    ((await blockersOf(client)) as number[]).length > 0;
  await first?.query(withIds(`begin; ${claim('ada')}`, rowsOfHistory));
  const paused = dashboard?.query(withIds(setStatuses('survey', 'paused'), rowsOfHistory));
  await until(() => isBlocked(dashboard));
  const refused = expect(
    later?.query(withIds(`begin; ${claim('jack')} commit`, rowsOfHistory)),
  ).rejects.toMatchObject({ constraint: 'calls_start_only_in_a_running_campaign' });
  await until(() => isBlocked(later));

  await first?.query('commit');
  await paused;
  await refused;
  await Promise.all([first, dashboard, later].map((client) => client?.end()));
});

test('a change of a campaign waits for no claim of another campaign', async ({ migrated }) => {
  await migrated.client.query(withIds(history, rowsOfHistory));
  const service = await session(migrated.url);
  await service.query(withIds(`begin; ${claim('ada')}`, rowsOfHistory));
  await migrated.client.query("set lock_timeout = '1s'");
  await migrated.client.query(withIds(setStatuses('plain', 'paused'), rowsOfHistory));
  await service.end();
});

test('a call that is inserted with its end waits for no claim of another campaign', async ({ migrated }) => {
  await migrated.client.query(withIds(history, rowsOfHistory));
  const service = await session(migrated.url);
  await service.query(withIds(`begin; ${claim('ada')} set constraints all immediate;`, rowsOfHistory));
  await migrated.client.query("set lock_timeout = '1s'");
  await migrated.client.query(
    withIds(
      `begin;
       insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, ended_at, outcome)
         values (:one_of_plain, :plain, 1, 'late', now(), now(), 'busy');
       update contacts set attempts_count = 1, last_attempt_at = now(), last_outcome = 'busy' where id = :one_of_plain;
       commit`,
      rowsOfHistory,
    ),
  );
  await service.end();
});
