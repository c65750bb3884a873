import { dirname } from 'node:path';
import { describe, expect } from 'vitest';
import { accept } from '../../../src/inspect/accept.js';
import { repair } from '../../../src/inspect/repair.js';
import { down } from '../../../src/migrate/down.js';
import { restore } from '../../../src/migrate/restore.js';
import type { Listener, RunEvent } from '../../../src/migrate/run/events.js';
import { up } from '../../../src/migrate/up.js';
import { startCli } from '../../support/cli.js';
import { type TestDatabase, test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { poolerMissing, sharedPooler } from '../../support/pgbouncer.js';
import { until } from '../../support/until.js';

const FILES = {
  'V1.up.sql': 'create table one (id integer primary key);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer primary key);',
  'V2.down.sql': 'drop table two;',
};

type Call = (url: string, onEvent: Listener) => Promise<unknown>;

/** Prepares a database for a command that changes its history, and returns the call. */
const CALLS: readonly (readonly [name: string, (database: TestDatabase) => Promise<Call>])[] = [
  [
    'repair',
    async (database) => {
      const directory = await folderWith(FILES);
      await up({ url: database.url, directory });
      await addFiles(directory, { 'V1.up.sql': `-- a table\n${FILES['V1.up.sql']}` });
      return (url, onEvent) => repair({ url, directory, version: 'V1', reason: 'a comment', onEvent });
    },
  ],
  [
    'accept',
    async (database) => {
      const directory = await folderWith(FILES);
      await up({ url: database.url, directory });
      await database.client.query('create index by_hand on one (id)');
      return (url, onEvent) => accept({ url, directory, reason: 'needed', onEvent });
    },
  ],
  [
    'restore',
    async (database) => {
      const directory = await folderWith(FILES);
      await up({ url: database.url, directory });
      await database.client.query('insert into two values (1)');
      const options = { url: database.url, directory, backupFolder: await folderWith({}) };
      const { losses } = await down({ ...options, lose: ['two'] });
      await up(options);
      const folder = dirname(losses[0]?.file ?? '');
      return (url, onEvent) => restore({ url, folder, onEvent });
    },
  ],
];

/** Does work while another session holds every row of the history, until something is true. */
async function whileHeld(
  { url }: TestDatabase,
  isReported: () => boolean,
  start: () => Promise<unknown>,
): Promise<number> {
  const holder = await session(url);
  const [{ pid }] = (await holder.query('select pg_backend_pid() as pid')).rows;
  await holder.query('begin; update voicesurvey_migrations.history set name = name');
  const done = start();
  try {
    await until(isReported);
  } finally {
    await holder.end();
  }
  await done;
  return pid;
}

async function expectReport(database: TestDatabase, url: string, call: Call): Promise<void> {
  const events: RunEvent[] = [];
  const pid = await whileHeld(
    database,
    () => events.some(({ kind }) => kind === 'blocked'),
    () => call(url, (event) => events.push(event)),
  );
  expect(events).toContainEqual({ kind: 'blocked', blocker: expect.objectContaining({ pid, gid: null }) });
}

describe('a call reports the session that holds a row of the history, for which it waits', () => {
  test.for(CALLS)('%s', async ([, prepare], { database }) => {
    await expectReport(database, database.url, await prepare(database));
  });

  describe.skipIf(poolerMissing)(`through PgBouncer in transaction mode ${poolerMissing ?? ''}`, () => {
    const pooler = sharedPooler({ default_pool_size: 4 });

    test.for(CALLS)('%s', async ([, prepare], { database }) => {
      await expectReport(database, pooler.through(database.url), await prepare(database));
    });
  });
});

test.for([
  ['repair', 'V1', '--reason', 'a comment'],
  ['accept', '--reason', 'a comment'],
])('%s prints the session that holds a row of the history', async (words, { database }) => {
  const directory = await folderWith(FILES);
  await up({ url: database.url, directory });
  await database.client.query('create index by_hand on one (id)');
  await addFiles(directory, { 'V1.up.sql': `-- a table\n${FILES['V1.up.sql']}` });
  const env = { DATABASE_URL: database.url };
  let stderr = '';
  const pid = await whileHeld(
    database,
    () => stderr.includes('waiting for a lock'),
    () => {
      const { child, result } = startCli([...words, '--dir', directory], { env });
      child.stderr?.on('data', (text) => {
        stderr += text;
      });
      return result;
    },
  );
  expect(stderr).toContain(`waiting for a lock held by server process ${pid} (`);
});
