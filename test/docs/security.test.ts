import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { migrationsDirectory, up } from '../../src/index.js';
import { history, rowsOfHistory } from '../storage/rules/history.js';
import { withIds } from '../storage/rules/names.js';
import { type TestDatabase, withDatabase } from '../support/database.js';
import { runOnce } from '../support/databases.js';
import { blocksOf } from '../support/page.js';
import { SLOW } from '../support/timeouts.js';

test('with the roles of SECURITY.md, the owner migrates, a service works, and no other role connects', {
  timeout: SLOW,
}, async () => {
  const roles = ['owner', 'of_service', 'other'].map((name) => `${inject('runName')}_${name}`);
  // The roles can be dropped when the database of the owner is gone.
  await withDatabase('template0', (database) => checkRoles(database, roles)).finally(() =>
    runOnce(inject('serverUrl'), `drop role if exists ${roles.join(', ')}`),
  );
});

async function checkRoles(database: TestDatabase, [owner, service, other]: string[]): Promise<void> {
  const page = await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8');
  const [, block = ''] = /```sql\n(.*?)```/s.exec(page) ?? [];
  const grants = blocksOf('services-by-hand.md', 'Privileges of a service')[0]?.code ?? '';
  const prepare = (text: string): string =>
    text
      .replaceAll('survey_service', service ?? '')
      .replaceAll(/\bdeploy\b/g, owner ?? '')
      .replaceAll(' login', " login password 'a password of a test'")
      .replaceAll(/database survey\b/g, `database ${pg.escapeIdentifier(database.name)}`);
  const as = (role = ''): string => {
    const url = new URL(database.url);
    url.username = role;
    url.password = 'a password of a test';
    return url.href;
  };

  await database.client.query(prepare(block));
  await database.client.query(prepare(`create role ${other} login`));
  await up({ url: as(owner), directory: migrationsDirectory });
  await runOnce(as(owner), prepare(grants.replace(/create role .*;/, '')));
  await runOnce(as(service), withIds(history, rowsOfHistory));
  expect(await database.value('select count(*) > 10 from call_attempts')).toBe(true);
  await expect(runOnce(as(other), 'select 1')).rejects.toMatchObject({ code: '42501' });
  for (const forbidden of [
    'create table public.mine ()',
    'create temporary table mine ()',
    'create schema mine',
    'select from voicesurvey_migrations.history',
    'create trigger mine before insert on contacts for each row execute function keep_updated_at()',
    "set session_replication_role = 'replica'",
  ]) {
    await expect(runOnce(as(service), forbidden), forbidden).rejects.toMatchObject({ code: '42501' });
  }
}
