import { describe, expect } from 'vitest';
import { baseline } from '../../src/inspect/baseline.js';
import { redo } from '../../src/migrate/redo.js';
import { up } from '../../src/migrate/up.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { type CliResult, type RunningCli, startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { session } from '../support/databases.js';
import { addFiles, folderWith } from '../support/folder.js';
import { listen } from '../support/listeners.js';
import { SLOW } from '../support/timeouts.js';
import { until } from '../support/until.js';
import { untilWaiting } from '../support/until-waiting.js';

const files = {
  'V1.up.sql': 'create table one (id integer); create view ones as select id from one;',
  'V1.down.sql': 'drop view ones; drop table one;',
  'V2.up.sql': 'create table two (id integer);',
  'V2.down.sql': 'drop table two;',
};

/** Sends one signal, and checks that the command ends within seconds with a message. */
async function interrupt(
  { child, result }: RunningCli,
  signal: NodeJS.Signals = 'SIGINT',
): Promise<CliResult> {
  const start = performance.now();
  child.kill(signal);
  const ended = await result;
  expect(ended.stderr).toContain('Interrupted: canceling the current work.');
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: Interrupted[ :]/m) });
  expect(performance.now() - start).toBeLessThan(5000);
  return ended;
}

describe('a command that one signal interrupts while its server is silent ends', () => {
  test.for([
    ['up'],
    ['up', '--create'],
    ['up', '--dry-run'],
    ['down'],
    ['status'],
    ['verify'],
    ['baseline', 'V1'],
    ['check', '--url', 'URL'],
    ['check', '--locks', '--url', 'URL'],
    ['docs', '--out', '/tmp'],
    ['types'],
    ['repair', 'V1', '--reason', 'why'],
    ['accept', '--reason', 'why'],
    ['seed'],
    ['sql', 'select 1'],
    ['restore', 'BACKUP'],
  ])('%s %s %s %s', { timeout: SLOW }, async (words) => {
    let isConnected = false;
    await using silent = await listen(() => {
      isConnected = true;
    });
    const url = `postgresql://ann:secret@127.0.0.1:${silent.port}/survey?connect_timeout=0`;
    const backup = await folderWith({ 'restore.sql': 'select 1;' });
    const running = startCli(
      words.map((word) => word.replace('URL', url).replace('BACKUP', backup)),
      { env: { DATABASE_URL: url } },
    );
    await until(() => isConnected);
    await interrupt(running, words[0] === 'status' ? 'SIGTERM' : 'SIGINT');
  });
});

const sessionsLeft = (database: TestDatabase): Promise<unknown> =>
  database.value(
    `select count(*)::integer from pg_stat_activity
     where datname = current_database() and application_name like 'voicesurvey-db%'`,
  );

describe('a command that one signal interrupts while a statement waits for a lock ends, and its statement, too:', () => {
  test.for([
    ['seed', 'lock table users', []],
    ['repair', 'update voicesurvey_migrations.history set name = name', ['V2', '--reason', 'why']],
    ['docs', 'lock table one', ['--out', '/tmp']],
    ['types', 'lock table one', []],
    ['verify', 'lock table one', ['--statement-timeout', '60', '--no-rules']],
    ['down', 'lock table two', ['--dry-run', '--lose', 'two']],
    ['down', 'lock table two', ['--lose', 'two']],
    ['down', 'lock table voicesurvey_migrations.history', []],
    ['up', 'lock table voicesurvey_migrations.history', ['--to', 'V1']],
    ['status', 'lock table voicesurvey_migrations.history', []],
    ['accept', 'lock table one', ['--reason', 'why']],
    ['sql', 'lock table one', ['select * from one']],
  ] as const)('%s after %s', { timeout: SLOW }, async ([command, lock, words], { database }) => {
    const isProduct = command === 'seed';
    const directory = isProduct ? migrationsDirectory : await folderWith(files);
    await up({ url: database.url, directory });
    await database.client.query(isProduct ? 'select' : 'insert into two values (1)');
    if (command === 'repair') await addFiles(directory, { 'V2.up.sql': `${files['V2.up.sql']} -- a remark` });
    const other = await session(database.url);
    try {
      await other.query(`begin; ${lock}`);
      const folder = isProduct || command === 'sql' ? [] : ['--dir', directory];
      const running = startCli([command, ...words, ...folder], { env: { DATABASE_URL: database.url } });
      await untilWaiting(database);
      await interrupt(running);
      await expect.poll(() => sessionsLeft(database)).toBe(0);
    } finally {
      await other.end();
    }
  });
});

test('restore that one signal interrupts while a statement waits for a lock ends, and restores nothing', {
  timeout: SLOW,
}, async ({ database }) => {
  await database.client.query('create table one (id integer); create table two (id integer)');
  const backup = await folderWith({
    'restore.sql': 'begin;\ninsert into two values (1);\nlock table one;\ncommit;\n',
  });
  const other = await session(database.url);
  try {
    await other.query('begin; lock table one');
    const running = startCli(['restore', backup], { env: { DATABASE_URL: database.url } });
    await untilWaiting(database);
    await interrupt(running);
    await expect.poll(() => sessionsLeft(database)).toBe(0);
    expect(await database.value('select count(*)::integer from two')).toBe(0);
  } finally {
    await other.end();
  }
});

test('a redo that is interrupted in its throw-away database rolls nothing back and says so', {
  timeout: SLOW,
}, async ({ database }) => {
  const directory = await folderWith({ ...files, 'V1.up.sql': `${files['V1.up.sql']} select pg_sleep(3);` });
  await up({ url: database.url, directory });
  await database.client.query('insert into two values (1)');
  const controller = new AbortController();
  const call = redo({ url: database.url, directory, signal: controller.signal });
  call.catch(() => undefined);
  const sleeping = `select from pg_stat_activity
    where wait_event = 'PgSleep' and datname like 'voicesurvey_throwaway%' and query like '%pg_sleep(3)%'`;
  await until(async () => (await database.rows(sleeping)).length > 0);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: 'interrupted' });
  expect(await database.rows('select name from voicesurvey_migrations.history')).toHaveLength(2);
});

describe('an interrupted baseline', () => {
  test('ends its migrations, and drops its throw-away database', { timeout: SLOW }, async ({ database }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select pg_sleep(60);', 'V1.down.sql': 'select 1;' });
    const controller = new AbortController();
    const call = baseline({ url: database.url, directory, version: 'V1', signal: controller.signal });
    call.catch(() => undefined);
    const sleeping = `select datname from pg_stat_activity where wait_event = 'PgSleep' and datname like 'voicesurvey_throwaway%'
      and query like '%pg_sleep(60)%'`;
    await until(async () => (await database.rows(sleeping)).length > 0);
    const [row] = await database.rows<{ datname: string }>(sleeping);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'interrupted' });
    expect(await database.rows('select from pg_database where datname = $1', [row?.datname])).toEqual([]);
  });
});
