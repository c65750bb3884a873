import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { verify } from '../../src/inspect/verify.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { rehearse } from '../../src/rehearse/rehearse.js';
import { migrationsDirectory as directory } from '../../src/seed/paths.js';
import { createDatabase, dropDatabase, runOnce } from '../support/databases.js';
import { type DebianServer, debianPrograms, startDebianServer } from '../support/debian-server.js';
import { blocksOf } from '../support/page.js';
import { SLOW } from '../support/timeouts.js';
import { until } from '../support/until.js';

const PAGE = 'operations.md';
const contacts = Number(process.env.UPGRADE_CONTACTS ?? 150);

const sqlOf = (heading: string, index: number): string => blocksOf(PAGE, heading)[index]?.code ?? '';

/** The names and a checksum of the rows of each table, except those that belong to one database. */
async function rowsOf(url: string): Promise<Record<string, string>> {
  const { rows: tables } = await runOnce(
    url,
    `select oid::regclass::text as name
     from pg_class
     where relkind = 'r'
       and relnamespace::regnamespace::text in ('public', 'voicesurvey', 'voicesurvey_rules')
       and relname <> 'mutex_rows'`,
  );
  const sums = tables.map(
    ({ name }) =>
      `select '${name}' as name, md5(string_agg(t::text, ' ' order by t::text)) as sum from ${name} as t`,
  );
  const { rows } = await runOnce(url, sums.join(' union all '));
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}

describe.skipIf(debianPrograms === undefined && process.env.REQUIRE_PSQL !== '1')(
  'an upgrade by logical replication, as docs/operations.md describes it,',
  { timeout: SLOW },
  () => {
    const name = `${inject('runName')}_upgraded`;
    let server: DebianServer;
    let [old, upgraded] = ['', ''];

    beforeAll(async () => {
      server = await startDebianServer();
      old = await createDatabase(server.url, 'survey');
      upgraded = await createDatabase(inject('serverUrl'), name);
      for (const url of [old, upgraded]) await up({ url, directory });
    }, SLOW);

    afterAll(async () => {
      await runOnce(upgraded, 'drop subscription if exists survey').catch(() => {});
      await dropDatabase(inject('serverUrl'), name);
      await server.stop();
    });

    test('begins in the middle of campaigns, and loses no row of them', async () => {
      const subscribe = async (): Promise<void> => {
        const { port } = new URL(server.url);
        await runOnce(old, sqlOf('Logical replication', 0));
        await runOnce(
          upgraded,
          sqlOf('Logical replication', 1).replace(
            /'host=.*'/,
            `'host=127.0.0.1 port=${port} dbname=survey user=postgres'`,
          ),
        );
      };
      let subscribing: Promise<void> | undefined;
      const { violations } = await rehearse({
        url: old,
        here: true,
        contacts,
        dialers: 4,
        attempts: 1,
        failures: true,
        seed: 1,
        onProgress: ({ calls }) => {
          if (calls > contacts / 4) subscribing ??= subscribe();
        },
      });
      expect(violations).toEqual([]);
      expect(subscribing).toBeDefined();
      await subscribing;
      await until(async () => {
        const { rows } = await runOnce(
          upgraded,
          "select from pg_subscription_rel where srsubstate <> 'r' union all select from pg_subscription where not subenabled",
        );
        return rows.length === 0;
      });
      await until(async () => (await runOnce(old, sqlOf('Switch over', 0))).rows[0]?.has_caught_up === true);
      expect(await rowsOf(upgraded)).toEqual(await rowsOf(old));
      await runOnce(upgraded, 'drop subscription survey');
    });

    test('ends in a database that needs no migration and breaks no rule', async () => {
      expect(await status({ url: upgraded, directory })).toMatchObject({
        upToDate: true,
        drift: { state: 'none' },
      });
      expect(await verify({ url: upgraded, directory, data: true })).toMatchObject({ findings: [] });
    });
  },
);
