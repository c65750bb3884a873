import pg from 'pg';
import { describe, expect } from 'vitest';
import { verify } from '../../../src/inspect/verify.js';
import { down } from '../../../src/migrate/down.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { startCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { runOnce } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { poolerMissing, sharedPooler } from '../../support/pgbouncer.js';
import { until } from '../../support/until.js';

/** A database with one migration, whose history the test's own session holds exclusively. */
async function held({ url, client }: TestDatabase) {
  const directory = await folderWith({
    'V1.up.sql': 'create table one ();',
    'V1.down.sql': 'drop table one;',
  });
  await up({ url, directory });
  await client.query('begin; lock table voicesurvey_migrations.history');
  return { directory, pid: Number((await client.query('select pg_backend_pid() as pid')).rows[0].pid) };
}

async function happened(events: readonly RunEvent[], kind: RunEvent['kind']): Promise<RunEvent | undefined> {
  await until(async () => events.some((event) => event.kind === kind));
  return events.find((event) => event.kind === kind);
}

describe('a history that somebody holds exclusively', () => {
  test('is waited for by a run that has nothing to do, which says for whom, and goes on when it is free', async ({
    database,
  }) => {
    const { directory, pid } = await held(database);
    const events: RunEvent[] = [];
    const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    expect(await happened(events, 'blocked')).toMatchObject({
      blocker: { pid, state: 'idle in transaction', query: 'select pg_backend_pid() as pid' },
    });
    await database.client.query('commit');
    expect(await run).toMatchObject({ applied: [], current: 'V1' });
  });

  test.for([
    ['up', (url: string, directory: string) => up({ url, directory, lockWaitMs: 300 })],
    [
      'the dry run of an up',
      (url: string, directory: string) => up({ url, directory, lockWaitMs: 300, dryRun: true }),
    ],
    ['down', (url: string, directory: string) => down({ url, directory, lockWaitMs: 300 })],
    ['status', (url: string, directory: string) => status({ url, directory })],
    ['verify', (url: string, directory: string) => verify({ url, directory })],
  ] as const)('is not waited for without bound by %s, which names who it is', async ([, look], {
    database,
  }) => {
    const { directory, pid } = await held(database);
    await expect(look(database.url, directory)).rejects.toMatchObject({
      code: 'history_held',
      message: expect.stringContaining(`locked by server process ${pid} `),
      remedy: expect.stringContaining(`pg_terminate_backend(${pid})`),
    });
  });

  test('keeps nobody who has stopped waiting for it, and no session of theirs', async ({ database }) => {
    const { directory } = await held(database);
    const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: database.url } });
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGTERM');
    expect(await result).toMatchObject({ code: 1, stderr: expect.stringContaining('error: Interrupted') });
    const ours = `select count(*)::int from pg_stat_activity
      where datname = current_database() and application_name like 'voicesurvey-db%'`;
    // On another connection: within a transaction the server shows sessions as they were at the first look.
    const left = async (): Promise<unknown> => (await runOnce(database.url, ours)).rows[0].count;
    await until(async () => (await left()) === 0);
  });

  test('by those who stand in line for it is told by who stands there', async ({ database }) => {
    const { directory } = await held(database);
    await database.client.query('commit; begin; select from voicesurvey_migrations.history');
    const inLine = new pg.Client({ connectionString: database.url, application_name: 'vacuum' });
    await inLine.connect();
    const waiting = inLine.query('begin; lock table voicesurvey_migrations.history');
    const isWaiting =
      'select count(*)::int from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())';
    await until(async () => (await database.value(isWaiting)) !== 0);
    await expect(up({ url: database.url, directory, lockWaitMs: 300 })).rejects.toMatchObject({
      message: expect.stringMatching(/locked by server process \d+ \(vacuum as .*, active /),
    });
    await database.client.query('commit');
    await waiting;
    await inLine.end();
  });
});

describe.skipIf(poolerMissing)(`a read of the history through PgBouncer ${poolerMissing ?? ''}`, () => {
  const pooler = sharedPooler({ default_pool_size: 1, query_wait_timeout: 20 });

  test('leaves no lock timeout to the next who uses the session, held or not', async ({ database }) => {
    const { directory } = await held(database);
    const url = pooler.through(database.url);
    await expect(up({ url, directory, lockWaitMs: 100 })).rejects.toMatchObject({ code: 'history_held' });
    expect((await runOnce(url, 'show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
    await database.client.query('commit');
    expect(await up({ url, directory })).toMatchObject({ applied: [] });
    expect((await runOnce(url, 'show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
  });
});
