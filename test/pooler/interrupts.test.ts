import { describe, expect } from 'vitest';
import { down } from '../../src/migrate/down.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { connect, endConnection } from '../../src/postgres/connect.js';
import { ConnectionError } from '../../src/postgres/errors/explained-error.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { seed } from '../../src/seed/seed.js';
import { test } from '../support/database.js';
import { session } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { poolerMissing, sharedPooler } from '../support/pgbouncer.js';
import { SLOW } from '../support/timeouts.js';
import { until } from '../support/until.js';
import { untilWaiting } from '../support/until-waiting.js';

describe.skipIf(poolerMissing).for(['transaction', 'session'])(
  `through PgBouncer in %s mode ${poolerMissing ?? ''}`,
  (mode) => {
    const pooler = sharedPooler({ pool_mode: mode, default_pool_size: 4 });

    // PgBouncer 1.18 ends with an error if the connection of a request to cancel is closed before the answer.
    test('an interrupted call cancels its statement, and the pooler and its other clients go on', {
      timeout: SLOW,
    }, async ({ migrated }) => {
      const url = pooler.through(migrated.url);
      const other = await session(migrated.url);
      const waiting =
        "select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      try {
        await other.query('begin; lock table users');
        for (let attempt = 0; attempt < 10; attempt++) {
          const controller = new AbortController();
          const call = seed({ url, signal: controller.signal });
          call.catch(() => undefined);
          await untilWaiting(migrated);
          controller.abort();
          await expect(call).rejects.toMatchObject({ code: 'interrupted' });
          expect(await status({ url, directory: migrationsDirectory })).toMatchObject({ upToDate: true });
        }
        expect(await migrated.value(waiting)).toBe(0);
      } finally {
        await other.end();
      }
    });

    test('an interrupted up rolls its migration back', { timeout: SLOW }, async ({ database }) => {
      const directory = await folderWith({
        'V1.up.sql': 'create table one (id integer); select pg_sleep(60);',
        'V1.down.sql': 'drop table one;',
      });
      const controller = new AbortController();
      const call = up({ url: pooler.through(database.url), directory, signal: controller.signal });
      call.catch(() => undefined);
      const sleeping =
        "select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
      await until(async () => (await database.value(sleeping)) === 1);
      controller.abort();
      await expect(call).rejects.toMatchObject({ code: 'interrupted' });
      await expect.poll(() => database.value(sleeping)).toBe(0);
      expect(await database.value("select to_regclass('one')")).toBeNull();
    });
  },
);

describe.skipIf(poolerMissing)(`through PgBouncer in statement mode ${poolerMissing ?? ''}`, () => {
  const pooler = sharedPooler({ pool_mode: 'statement' });

  test('status, down and seed fail with the mode to set, or with the log to read if PgBouncer’s last message is lost', async ({
    migrated,
  }) => {
    const url = pooler.through(migrated.url);
    const directory = migrationsDirectory;
    for (const call of [
      () => status({ url, directory }),
      () => down({ url, directory }),
      () => seed({ url }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'connection_lost',
        // PgBouncer closes before it has read all that was sent, and then the system may discard its last message.
        remedy: expect.stringMatching(/Set pool_mode to transaction or session|that of the pooler/),
      });
    }
  });
});

describe.skipIf(poolerMissing)(
  `through PgBouncer with one connection to the server ${poolerMissing ?? ''}`,
  () => {
    const pooler = sharedPooler({ default_pool_size: 1 });

    test('no other client gets an answer to the queries of a connection that is lost', async ({
      migrated,
    }) => {
      const url = pooler.through(migrated.url);
      const lost = await connect(parseDatabaseUrl(url), { pipeline: true });
      const first = lost.client.query('select 1');
      const second = lost.client.query("select pg_sleep(1), 'an answer to another client' as text");
      const failed = expect(second).rejects.toThrow();
      await first;
      const sleeping =
        "select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')";
      await until(async () => (await migrated.value(sleeping)) === true);
      endConnection(lost, new ConnectionError('connection_lost', 'Lost.', { remedy: '' }));
      await failed;
      const other = await session(url);
      expect((await other.query("select 'mine' as text")).rows).toEqual([{ text: 'mine' }]);
      await other.end();
    });
  },
);
