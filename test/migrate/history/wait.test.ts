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
import { untilWaiting } from '../../support/until-waiting.js';

/** Applies one migration, then locks the history exclusively in the session of the test. */
async function lockHistory({ url, client }: TestDatabase) {
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

describe('while another session holds the history exclusively,', () => {
  test('up waits, reports the session, and finishes when the history is released', async ({ database }) => {
    const { directory, pid } = await lockHistory(database);
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
  ] as const)('%s fails after its longest wait and names the session', async ([, call], { database }) => {
    const { directory, pid } = await lockHistory(database);
    await expect(call(database.url, directory)).rejects.toMatchObject({
      code: 'history_held',
      message: expect.stringContaining(`locked by server process ${pid} `),
      remedy: expect.stringContaining(`pg_terminate_backend(${pid})`),
    });
  });

  test('the command up stops at SIGTERM and leaves no session behind', async ({ database }) => {
    const { directory } = await lockHistory(database);
    const { child, result } = startCli(['up', '--dir', directory], { env: { DATABASE_URL: database.url } });
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGTERM');
    expect(await result).toMatchObject({ code: 1, stderr: expect.stringContaining('error: Interrupted') });
    const ours = `select count(*)::int from pg_stat_activity
      where datname = current_database() and application_name like 'voicesurvey-db%'`;
    // On another connection: within a transaction the server shows sessions as they were at the first query.
    const left = async (): Promise<unknown> => (await runOnce(database.url, ours)).rows[0].count;
    await until(async () => (await left()) === 0);
  });

  test('the error names the session that is queued for the lock if none holds it', async ({ database }) => {
    const { directory } = await lockHistory(database);
    await database.client.query('commit; begin; select from voicesurvey_migrations.history');
    const inLine = new pg.Client({ connectionString: database.url, application_name: 'vacuum' });
    await inLine.connect();
    const waiting = inLine.query('begin; lock table voicesurvey_migrations.history');
    await untilWaiting(database);
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

  test('leaves no lock timeout to the next client of the server process', async ({ database }) => {
    const { directory } = await lockHistory(database);
    const url = pooler.through(database.url);
    await expect(up({ url, directory, lockWaitMs: 100 })).rejects.toMatchObject({ code: 'history_held' });
    expect((await runOnce(url, 'show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
    await database.client.query('commit');
    expect(await up({ url, directory })).toMatchObject({ applied: [] });
    expect((await runOnce(url, 'show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
  });
});
