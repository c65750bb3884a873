import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject } from 'vitest';
import { OK, SESSION } from '../postgres/connection/hostile-server.js';
import { type CliResult, type RunningCli, repository, runCli, runProgram, startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { listen } from '../support/listeners.js';
import { SLOW } from '../support/timeouts.js';
import { until } from '../support/until.js';

const slow = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer);\nselect pg_sleep(60);',
  'V2.down.sql': 'drop table two;',
};

/** Starts an `up` and waits until its second migration sleeps in the server. */
async function startSlowUp(database: TestDatabase, ...args: string[]): Promise<RunningCli & { dir: string }> {
  const dir = await folderWith(slow);
  const running = startCli(['up', '--dir', dir, ...args], { env: { DATABASE_URL: database.url } });
  const sleeping =
    "select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
  await until(async () => (await database.value(sleeping)) !== 0);
  return { ...running, dir };
}

const statementsLeft = (database: TestDatabase): Promise<unknown> =>
  database.value(
    `select count(*)::integer from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
  );

describe('up', { timeout: SLOW }, () => {
  test.for([
    'SIGINT',
    'SIGTERM',
  ] as const)('interrupted by %s ends its statement in the server and leaves whole migrations applied', async (signal, {
    database,
  }) => {
    const { child, result } = await startSlowUp(database);
    child.kill(signal);
    const { code, stdout, stderr } = await result;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^V1 committed in \d+ ms\nInterrupted: .*\nerror: Interrupted in V2\. /);
    // The process ends before the server has noticed the closed connection.
    await expect.poll(() => statementsLeft(database)).toBe(0);
    expect(await database.rows('select name from voicesurvey_migrations.history')).toEqual([{ name: 'V1' }]);
  });

  test('interrupted by a second signal ends immediately', async ({ database }) => {
    const { child, result } = await startSlowUp(database);
    child.kill('SIGINT');
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await result;
    // The first may have been answered before the second came.
    expect(code === null || stderr.includes('error: Interrupted')).toBe(true);
  });

  test('interrupted by a second signal does not close a request to cancel before the server does', async () => {
    const CANCEL_REQUEST = '0000001004d2162e';
    let cancel: Socket | undefined;
    let hasQuery = false;
    await using server = await listen((socket) => {
      let isLoggedIn = false;
      socket.on('data', (bytes) => {
        if (bytes.toString('hex').startsWith(CANCEL_REQUEST)) cancel = socket;
        else if (isLoggedIn) hasQuery = true;
        else socket.write(Buffer.concat([OK, SESSION]));
        isLoggedIn = true;
      });
    });
    const url = `postgresql://ann@127.0.0.1:${server.port}/survey?sslmode=disable`;
    const { child, result } = startCli(['status'], { env: { DATABASE_URL: url } });
    await until(() => hasQuery);
    child.kill('SIGINT');
    await until(() => cancel !== undefined);
    let isClosed = false;
    cancel?.once('end', () => {
      isClosed = true;
    });
    child.kill('SIGINT');
    await pause(300);
    expect(isClosed).toBe(false);
    cancel?.end();
    expect((await result).code).toBeNull();
  });

  test('interrupted with --json prints one document and nothing else', async ({ database }) => {
    const { child, result } = await startSlowUp(database, '--json');
    child.kill('SIGTERM');
    const { stdout, stderr } = await result;
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'interrupted' },
      migrations: [{ status: 'applied' }, { status: 'failed' }],
    });
  });

  // The process takes about 300 ms, so these delays hit different points of a run.
  test.for([90, 160, 200, 240, 280])('killed after %i ms does not block the next run', async (delay, {
    database,
  }) => {
    const env = { DATABASE_URL: database.url };
    const { child, result } = startCli(['up', '--seed'], { env });
    await pause(delay);
    child.kill('SIGKILL');
    await result;
    const next = await runCli(['up', '--seed'], { env });
    expect(next).toMatchObject({ code: 0, stdout: expect.stringMatching(/ the database is at V\d+\.\n/) });
    expect(await database.value('select count(*)::integer from users')).toBe(3);
  });
});

describe('a command whose output cannot be written', () => {
  /** Runs the command line in a shell with redirected outputs; prints its exit code on standard output. */
  const inShell = (url: string, args: string, template: (command: string) => string): Promise<CliResult> => {
    const command = `'${process.execPath}' '${repository}bin/voicesurvey-db' ${args}; echo $? >&3`;
    return runProgram('sh', ['-c', template(command)], { env: { DATABASE_URL: url } });
  };

  test.for([
    ['standard output', '--json', (command: string) => `{ { ${command}; } | true; } 3>&1`],
    ['standard output', '', (command: string) => `{ { ${command}; } 2>/dev/null | true; } 3>&1`],
    ['standard error', '', (command: string) => `{ { ${command}; } 2>&1 | true; } 3>&1`],
  ] as const)('succeeds if the reader of %s has gone', async ([, json, template], { database }) => {
    const dir = await folderWith({ ...slow, 'V2.up.sql': 'select pg_sleep(0.3);' });
    const { stdout, stderr } = await inShell(database.url, `up --dir '${dir}' ${json}`, template);
    expect([stdout, stderr]).toEqual(['0\n', '']);
    expect(await database.value('select count(*)::integer from voicesurvey_migrations.history')).toBe(2);
  });

  test.skipIf(process.platform !== 'linux').for([
    ['after its work', 'url --json'],
    ['during its work', 'sql --csv --quiet "select 1; select pg_sleep(0.3)"'],
  ] as const)('fails if the disk is full %s', async ([, args]) => {
    const { stdout, stderr } = await inShell(
      inject('serverUrl'),
      args,
      (command) => `exec 3>&1; { ${command}; } >/dev/full`,
    );
    expect(stdout).toBe('1\n');
    expect(stderr).toMatch(/^error: The result cannot be written to standard output: .*ENOSPC.*\n[^\n]+\n$/);
  });
});
