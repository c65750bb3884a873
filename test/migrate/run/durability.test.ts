import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accept } from '../../../src/inspect/accept.js';
import { baseline } from '../../../src/inspect/baseline.js';
import { importExclusions } from '../../../src/lists/import-exclusions.js';
import { repair } from '../../../src/migrate/repair.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { createThrowawayDatabase } from '../../../src/postgres/throwaway-database.js';
import { createRoles } from '../../../src/seed/create-roles.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { seed } from '../../../src/seed/seed.js';
import { runCli, startCli } from '../../support/cli.js';
import { createDatabase, runOnce, session } from '../../support/databases.js';
import { type DebianServer, debianPrograms, startDebianServer } from '../../support/debian-server.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { SLOW } from '../../support/timeouts.js';
import { until } from '../../support/until.js';

const files = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer);',
  'V2.down.sql': 'drop table two;',
  'V3.up.sql': 'create table three (id integer);',
  'V3.down.sql': 'drop table three;',
};

const FORGET =
  'update voicesurvey_migrations.history set snapshot = null, snapshot_format = null, snapshot_server_major = null, fingerprint = null';

describe.skipIf(debianPrograms === undefined)('on a server whose synchronous standby is gone,', () => {
  let server: DebianServer;
  let number = 0;
  beforeAll(async () => {
    server = await startDebianServer();
  }, SLOW);
  afterAll(() => server.stop());

  const standbyNames = async (names: string): Promise<void> => {
    const admin = await session(server.url);
    await admin.query('set synchronous_commit = local');
    await admin.query(`alter system set synchronous_standby_names = '${names}'`);
    await admin.query('select pg_reload_conf()');
    await until(async () => {
      const { rows } = await admin.query('show synchronous_standby_names');
      return rows[0]?.synchronous_standby_names === names;
    });
    await admin.end();
  };

  /** A database whose role shows no warnings, with the folder to apply. */
  const newDatabase = async (): Promise<string> => {
    number += 1;
    await standbyNames('');
    const url = await createDatabase(server.url, `durable_${number}`);
    await runOnce(url, `alter database durable_${number} set client_min_messages = error`);
    return url;
  };

  /** Waits until a session waits for the standby, and cancels or terminates it. */
  const endWait = async (how: 'pg_cancel_backend' | 'pg_terminate_backend'): Promise<void> => {
    const admin = await session(server.url);
    await until(async () => {
      const { rowCount } = await admin.query(
        `select ${how}(pid) from pg_stat_activity where wait_event = 'SyncRep'`,
      );
      return rowCount !== 0;
    });
    await admin.end();
  };

  /** Cancels every wait for the standby until a call has ended. */
  const endWaitsOf = async (running: Promise<unknown>): Promise<void> => {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    running.then(end, end);
    const admin = await session(server.url);
    await until(async () => {
      await admin.query("select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");
      return isOver;
    });
    await admin.end();
  };

  test(
    'sql whose wait for the standby is canceled fails, and says that the statement is committed',
    async () => {
      const url = await newDatabase();
      await runOnce(url, 'alter role current_user reset client_min_messages; create table notes (n integer)');
      await standbyNames('nobody');
      const running = startCli(
        ['sql', '--json', 'set client_min_messages = warning; insert into notes values (8)'],
        {
          env: { DATABASE_URL: url },
        },
      ).result;
      await endWait('pg_cancel_backend');
      const { code, stdout } = await running;
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'not_replicated' } });
    },
    SLOW,
  );

  test(
    'up that is interrupted in its last commit fails, reports what may be lost, and never says Done',
    async () => {
      const url = await newDatabase();
      const directory = await folderWith(files);
      await up({ url, directory, to: 'V1' });
      await standbyNames('nobody');
      const admin = await session(server.url);
      const waits = async (): Promise<boolean> =>
        (await admin.query("select from pg_stat_activity where wait_event = 'SyncRep'")).rowCount === 1;
      const running = startCli(['up', '--dir', directory], { env: { DATABASE_URL: url } });
      await until(waits);
      running.child.kill('SIGINT');
      const { code, stdout, stderr } = await running.result;
      expect([code, stdout]).toEqual([1, '']);
      const text = stderr.replaceAll(/\s+/g, ' ');
      expect(text).toContain('V2 committed in ');
      expect(text).toContain(
        'error: The run is committed on this server, but the wait for its synchronous standby was canceled, so the standby may lack it.',
      );
      // The remedy, word by word.
      const advised = /(select pg_logical_emit_message\(.*?;)/.exec(text)?.[1] ?? '';
      const emitting = session(url).then(async (client) => {
        await client.query(advised);
        await client.end();
      });
      await until(waits);
      await admin.end();
      await standbyNames('');
      await emitting;
      expect(await up({ url, directory })).toMatchObject({ applied: [], current: 'V3' });
    },
    SLOW,
  );

  test.for([
    'pg_cancel_backend',
    'pg_terminate_backend',
  ] as const)('up whose last commit is ended by %s fails with every migration unconfirmed', {
    timeout: SLOW,
  }, async (how) => {
    const url = await newDatabase();
    const directory = await folderWith(files);
    await standbyNames('nobody');
    const running = up({ url, directory });
    running.catch(() => {});
    await endWait(how);
    await expect(running).rejects.toMatchObject({
      code: 'not_replicated',
      results: ['V1', 'V2', 'V3'].map((version) => ({ version, status: 'unconfirmed' })),
    });
  });

  test(
    'up that fails after a migration reports that one as unconfirmed if the standby has not confirmed it',
    async () => {
      const url = await newDatabase();
      const directory = await folderWith({ ...files, 'V2.up.sql': 'select 1 / 0;' });
      await standbyNames('nobody');
      const running = up({ url, directory });
      running.catch(() => {});
      await endWait('pg_cancel_backend');
      await expect(running).rejects.toMatchObject({
        code: 'migration_failed',
        results: [{ status: 'unconfirmed' }, { status: 'failed' }, { status: 'not_reached' }],
      });
    },
    SLOW,
  );

  test.for([
    ['seed', migrationsDirectory],
    ['repair', null],
    ['accept', null],
    ['baseline', null],
    ['roles', migrationsDirectory],
    ['import', migrationsDirectory],
  ] as const)('%s whose commit is canceled fails', { timeout: SLOW }, async ([command, product]) => {
    const url = await newDatabase();
    const directory = product ?? (await folderWith(files));
    if (command !== 'baseline') await up({ url, directory });
    if (command === 'repair') await addFiles(directory, { 'V3.up.sql': `${files['V3.up.sql']} -- a remark` });
    if (command === 'accept') await runOnce(url, FORGET);
    const run = {
      seed: () => seed({ url }),
      repair: () => repair({ url, directory, version: 'V3', reason: 'a remark' }),
      accept: () => accept({ url, directory, reason: 'it is right' }),
      baseline: () => baseline({ url, directory, version: 'V1', acceptDifferences: true }),
      roles: () => createRoles({ url }),
      import: () => importExclusions({ url, file }),
    }[command];
    const file = join(await folderWith({ 'list.csv': 'phone_number\n+390612345678\n' }), 'list.csv');
    await standbyNames('nobody');
    const running = run();
    // The creation of a throw-away database waits, too, so every wait is canceled until the call has ended.
    await endWaitsOf(running);
    await expect(running).rejects.toMatchObject({
      code: 'not_replicated',
      message: expect.stringMatching(/^The change is committed on this server, but/),
    });
  });

  test.for([
    ['seed', []],
    ['up', ['--seed']],
    ['repair', ['V3', '--reason', 'a remark']],
    ['accept', ['--reason', 'it is right']],
    ['baseline', ['V1', '--accept-differences']],
  ] as const)('%s ends after one SIGINT while its commit waits, and never says Done', {
    timeout: SLOW,
  }, async ([command, words]) => {
    const url = await newDatabase();
    const isProduct = command === 'seed' || command === 'up';
    const directory = isProduct ? migrationsDirectory : await folderWith(files);
    if (command !== 'baseline') await up({ url, directory });
    if (command === 'repair') await addFiles(directory, { 'V3.up.sql': `${files['V3.up.sql']} -- a remark` });
    if (command === 'accept') await runOnce(url, FORGET);
    await standbyNames('nobody');
    const admin = await session(server.url);
    const folder = command === 'seed' ? [] : ['--dir', directory];
    const running = startCli([command, ...words, ...folder], { env: { DATABASE_URL: url } });
    await until(async () => {
      const { rowCount } = await admin.query("select from pg_stat_activity where wait_event = 'SyncRep'");
      return rowCount === 1;
    });
    await admin.end();
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.result;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'error: The change is committed on this server, but the wait',
    );
    expect(stderr).not.toContain('Done');
  });

  test('a throw-away database is created and dropped without the standby', { timeout: SLOW }, async () => {
    const url = await newDatabase();
    await standbyNames('nobody');
    const throwaway = await createThrowawayDatabase(url);
    await throwaway.drop();
  });
});

describe.skipIf(debianPrograms === undefined)('on a standby,', () => {
  let server: DebianServer;
  let url = '';
  beforeAll(async () => {
    server = await startDebianServer();
    url = await createDatabase(server.url, 'survey');
    await up({ url, directory: migrationsDirectory });
    await server.restartAsStandby();
  }, SLOW);
  afterAll(() => server.stop());

  test.for([
    ['seed'],
    ['check', '--url', 'URL'],
    ['check', '--locks', '--url', 'URL'],
    ['up', '--seed'],
    ['repair', 'V0001', '--reason', 'why'],
    ['accept', '--reason', 'why'],
    ['baseline', 'V0001'],
  ])('%s fails, says that it is a standby, and what to set', async (words) => {
    const { code, stderr } = await runCli(
      words.map((word) => word.replace('URL', url)),
      { env: { DATABASE_URL: url } },
    );
    const text = stderr.replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/error: \S+ is a standby: it follows another server and cannot be changed\./);
    expect(text).toMatch(/Set (DATABASE_URL|`--url <url>`) to the address of the primary server\./);
    expect(code).toBe(1);
  });

  test('status and verify work', async () => {
    expect(await status({ url, directory: migrationsDirectory })).toMatchObject({ drift: { state: 'none' } });
    expect(await runCli(['verify'], { env: { DATABASE_URL: url } })).toMatchObject({ code: 0 });
  });
});

describe.skipIf(debianPrograms === undefined)('a server that crashes', () => {
  test(
    'in a run leaves the migrations unconfirmed whose commits did not wait for the disk',
    async () => {
      const server = await startDebianServer();
      try {
        const directory = await folderWith({ ...files, 'V3.up.sql': 'select pg_advisory_lock(3);' });
        const other = new pg.Client({ connectionString: server.url });
        other.on('error', () => {});
        await other.connect();
        await other.query('select pg_advisory_lock(3)');
        const running = up({ url: server.url, directory });
        running.catch(() => {});
        await until(async () => {
          const { rows } = await other.query(
            "select count(*)::integer as waits from pg_stat_activity where wait_event = 'advisory'",
          );
          return rows[0]?.waits === 1;
        });
        await server.stop();
        await expect(running).rejects.toMatchObject({
          code: 'connection_lost',
          results: [{ status: 'unconfirmed' }, { status: 'unconfirmed' }, { status: 'unconfirmed' }],
        });
      } finally {
        await server.stop();
      }
    },
    SLOW,
  );
});
