import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { blockersOf, findBlocker } from '../../../src/postgres/blocker.js';
import {
  removeEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from '../../../src/postgres/embedded.js';
import { createDatabase, runOnce, session } from '../../support/databases.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { makeServerFolder } from '../../support/server-folder.js';
import { SLOW } from '../../support/timeouts.js';
import { until } from '../../support/until.js';
import { untilWaiting } from '../../support/until-waiting.js';

const settings = { fsync: 'off', max_prepared_transactions: '9' };
let folder: string;
let server: string;
let count = 0;

beforeAll(async () => {
  folder = await makeServerFolder();
  server = (await startEmbeddedServer({ directory: folder, settings })).url;
}, SLOW);

afterAll(async () => {
  await removeEmbeddedServer({ directory: folder });
  await rm(folder, { recursive: true, force: true });
});

/** A database with V1, and a folder that has V2 as well. */
async function databaseWith(second: string): Promise<{ readonly url: string; readonly directory: string }> {
  count += 1;
  const url = await createDatabase(server, `prepared_${count}`);
  const directory = await folderWith({
    'V1.up.sql': 'create table t (id integer primary key); create table other (id integer);',
    'V1.down.sql': 'drop table t, other;',
  });
  await up({ url, directory });
  await addFiles(directory, { 'V2.up.sql': second, 'V2.down.sql': 'select 1;' });
  return { url, directory };
}

const prepare = (url: string, gid: string, sql: string): Promise<unknown> =>
  runOnce(url, `begin; ${sql}; prepare transaction '${gid}'`);

describe('up names the prepared transaction that holds', () => {
  test.for([
    [
      'a row',
      'of an index build',
      '-- migrate: no-transaction\ncreate index concurrently t_by_id on t (id);',
    ],
    ['a table', 'of a transaction', '-- migrate: lock-timeout 200ms\nalter table t add column a integer;'],
  ])('%s in the way %s, and goes on when it has ended', async ([, , sql = '']) => {
    const { url, directory } = await databaseWith(sql);
    await prepare(url, 'not in the way', 'insert into other values (1)');
    await prepare(url, "it''s left", 'insert into t values (1)');
    const events: RunEvent[] = [];
    const run = up({ url, directory, onEvent: (event) => events.push(event) });
    const blockers = () => events.flatMap((event) => (event.kind === 'blocked' ? [event.blocker] : []));
    await until(() => blockers().length > 0);
    await runOnce(url, "rollback prepared 'it''s left'");
    expect(await run).toMatchObject({ current: 'V2' });
    expect(blockers()).toContainEqual({
      pid: 0,
      gid: "it's left",
      role: new URL(url).username,
      state: 'prepared',
      since: expect.any(Date),
      application: null,
      host: null,
      query: null,
    });
    expect(new Set(blockers().map(({ gid }) => gid))).toEqual(new Set(["it's left"]));
    await runOnce(url, "rollback prepared 'not in the way'");
  });

  test('the lock of the runs', async () => {
    const { url, directory } = await databaseWith('select 2;');
    await prepare(url, 'one', `select pg_advisory_xact_lock(${DEFAULT_SET.lockKey})`);
    const events: RunEvent[] = [];
    await expect(
      up({ url, directory, lockWaitMs: 3000, onEvent: (event) => events.push(event) }),
    ).rejects.toMatchObject({
      code: 'lock_wait_over',
      message: expect.stringContaining("still held by the prepared transaction 'one' (of "),
      remedy: expect.stringContaining("end it with: rollback prepared 'one'; or: commit prepared 'one';"),
    });
    expect(events).toMatchObject([{ kind: 'waiting', holder: { pid: 0, gid: 'one', isRun: false } }]);
    await runOnce(url, "rollback prepared 'one'");
  });

  test('the history', async () => {
    const { url, directory } = await databaseWith('select 2;');
    await prepare(url, 'two', 'lock table voicesurvey_migrations.history');
    await expect(status({ url, directory })).rejects.toMatchObject({
      code: 'history_held',
      message: expect.stringContaining("still locked by the prepared transaction 'two' (of "),
      remedy: expect.stringContaining("rollback prepared 'two'"),
    });
    await runOnce(url, "rollback prepared 'two'");
  });

  test('a row of the history', async () => {
    const { url, directory } = await databaseWith('select 2;');
    await prepare(url, 'three', 'update voicesurvey_migrations.history set name = name');
    await expect(up({ url, directory, lockWaitMs: 3000 })).rejects.toMatchObject({
      remedy: expect.stringContaining("The history is locked by the prepared transaction 'three' (of "),
    });
    await runOnce(url, "rollback prepared 'three'");
  });
});

test('a prepared transaction whose lock does not conflict is not named', async () => {
  const { url } = await databaseWith('select 2;');
  await prepare(url, 'reads', 'select from t for update');
  const [holder, waiter, observer] = [await session(url), await session(url), await session(url)];
  try {
    await holder.query('begin; insert into t values (1)');
    const [{ pid }] = (await waiter.query('select pg_backend_pid() as pid')).rows;
    await waiter.query('begin');
    const lock = waiter.query('lock table t in share mode');
    await untilWaiting({ url }, 1, lock);
    expect(await findBlocker(observer, blockersOf(pid))).toMatchObject({
      gid: null,
      application: 'a service',
    });
    await holder.query('rollback');
    await lock;
  } finally {
    await Promise.all([holder.end(), waiter.end(), observer.end()]);
    await runOnce(url, "rollback prepared 'reads'");
  }
});

test(
  'a prepared transaction is named after a restart of the server',
  async () => {
    const { url, directory } = await databaseWith(
      '-- migrate: lock-timeout 200ms\nalter table t add column a integer;',
    );
    await prepare(url, 'survivor', 'insert into t values (1)');
    await stopEmbeddedServer({ directory: folder });
    const restarted = new URL(url);
    restarted.port = new URL((await startEmbeddedServer({ directory: folder, settings })).url).port;
    const events: RunEvent[] = [];
    const run = up({ url: restarted.href, directory, onEvent: (event) => events.push(event) });
    await until(() => events.some(({ kind }) => kind === 'blocked'));
    await runOnce(restarted.href, "rollback prepared 'survivor'");
    await run;
    expect(events).toContainEqual({ kind: 'blocked', blocker: expect.objectContaining({ gid: 'survivor' }) });
  },
  SLOW,
);
