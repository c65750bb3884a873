import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { verify } from '../../src/inspect/verify.js';
import { status } from '../../src/migrate/status.js';
import { migrationsDirectory as directory } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';
import { runOnce } from '../support/databases.js';
import { poolerMissing, sharedPooler } from '../support/pgbouncer.js';

const drifts = async (url: string): Promise<unknown> => ({
  status: (await status({ url, directory })).drift.state,
  verify: (await verify({ url, directory })).findings.map(({ object, finding }) => `${object}: ${finding}`),
});

const none = { status: 'none', verify: [] };
const drifted = {
  status: 'drifted',
  verify: [expect.stringMatching(/^column contacts\.email: .*null/)],
};

async function changeByHand({ client }: TestDatabase): Promise<void> {
  await client.query('alter table contacts alter column email set not null');
}

const settings = async (url: string): Promise<unknown> =>
  (
    await runOnce(
      url,
      "select name, setting from pg_settings where source = 'session' and name not like 'application%' order by 1",
    )
  ).rows;

describe.skipIf(poolerMissing)(`status and verify through PgBouncer ${poolerMissing ?? ''}`, () => {
  // With one server connection, the next read meets whatever a read leaves in its session.
  const pooler = sharedPooler({ default_pool_size: 1, query_wait_timeout: 20 });

  test('find drift, and leave no setting in the session of the server', async ({ migrated }) => {
    const url = pooler.through(migrated.url);
    const before = await settings(url);
    expect(await drifts(url)).toEqual(none);
    await changeByHand(migrated);
    expect(await drifts(url)).toEqual(drifted);
    expect(await settings(url)).toEqual(before);
  });

  test('work concurrently', async ({ migrated }) => {
    const url = pooler.through(migrated.url);
    expect(await Promise.all(Array.from({ length: 6 }, () => drifts(url)))).toEqual(Array(6).fill(none));
  });
});

test('status and verify need only the privileges that docs/drift.md grants', async ({ migrated }) => {
  const role = `voicesurvey_test_monitoring_${randomBytes(4).toString('hex')}`;
  await migrated.client.query(`create role ${role} login password 'secret';
    grant usage on schema voicesurvey_migrations to ${role};
    grant select on voicesurvey_migrations.history to ${role}`);
  const url = new URL(migrated.url);
  url.username = role;
  url.password = 'secret';
  try {
    expect(await drifts(url.href)).toEqual(none);
    await changeByHand(migrated);
    expect(await drifts(url.href)).toEqual(drifted);
  } finally {
    await migrated.client.query(`drop owned by ${role}; drop role ${role}`);
  }
});
