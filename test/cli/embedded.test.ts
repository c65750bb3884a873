import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, inject, test } from 'vitest';
import { findEmbeddedServer } from '../../src/postgres/embedded.js';
import { kill } from '../postgres/embedded/support.js';
import { type CliOptions, type CliResult, runCli, runJson, runProgram, startCli } from '../support/cli.js';
import { sharedClone } from '../support/clone.js';
import { createDatabase, dropDatabase, runOnce } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { hasTerminal, runOnTerminal } from '../support/terminal.js';
import { SLOW } from '../support/timeouts.js';

// The tests of this file run one after the other on one server, as a user's commands do.
describe.sequential('in a clone without DATABASE_URL', { timeout: SLOW }, () => {
  const clone = sharedClone();
  const inClone = (args: string, options: CliOptions = {}): Promise<CliResult> =>
    runCli(args.split(' '), { cwd: clone.root, ...options, root: clone.root });
  const running = async (): Promise<{ pid: number; url: string }> => {
    const server = await findEmbeddedServer({ directory: join(clone.root, '.voicesurvey-db') });
    if (server === null) throw new Error('No server is running.');
    return server;
  };
  const count = async (sql: string): Promise<unknown> => {
    const client = new pg.Client({ connectionString: (await running()).url });
    await client.connect();
    const { rows } = await client.query(`select count(*)::integer as count from ${sql}`);
    await client.end();
    return rows[0].count;
  };

  test('the first up prints the address, what the database holds and what to do next', async () => {
    const { code, stdout, stderr } = await inClone('up --seed');
    expect(code).toBe(0);
    const { url } = await running();
    expect(stderr).toMatch(
      /^Started PostgreSQL \d+\.\d+; its data is in \.voicesurvey-db\/server\.\n(V\S+ committed in \d+ ms\n)+$/,
    );
    const lines = stdout.split('\n');
    const shorter = lines.filter((line) => !line.includes(url));
    expect(Math.max(...shorter.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines).toEqual([
      expect.stringMatching(/^Done: \d+ applied, the database is at V\d+\.$/),
      'Added 18 seed rows.',
      expect.stringMatching(
        /^on postgresql:\/\/postgres@127\.0\.0\.1:\d+\/voicesurvey \(PostgreSQL \d+\.\d+\)$/,
      ),
      '',
      `  ${url}`,
      '',
      'It holds 11 tables, 13 enum types and 18 rows.',
      'Next:',
      '  ./bin/voicesurvey-db sql "table users"  print the rows of a table',
      '  ./bin/voicesurvey-db status             see which migrations it has',
      '  ./bin/voicesurvey-db stop               stop it; the data stays',
      'Clients such as DBeaver, pgAdmin and TablePlus open the address above.',
      '',
    ]);
    expect(await count("pg_tables where schemaname = 'public'")).toBe(11);
  });

  test('the second up has nothing to do and prints no password', async () => {
    const { code, stdout, stderr } = await inClone('up --seed');
    const password = new URL((await running()).url).password;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^Nothing to do: the database is at V\d+\.\nNothing to seed: the rows are there already\.\non .*\n$/,
    );
    expect(stdout).not.toContain(password);
  });

  test('url prints the address with the password and nothing else', async () => {
    const { url } = await running();
    expect(await inClone('url')).toEqual({ code: 0, stdout: `${url}\n`, stderr: '' });
  });

  test.skipIf(!hasTerminal)(
    'db_downgrade.sh asks with the address of the server, without its password',
    async () => {
      const { url } = await running();
      const script = join(clone.root, 'scripts/db_downgrade.sh');
      const { code, stdout } = await runOnTerminal([script], { input: 'n\n' });
      expect(code).toBe(4);
      expect(stdout).toContain(`\n${url.replace(/:[^:@]+@/, '@')}\nRoll back every migration? `);
      expect(stdout).not.toContain(new URL(url).password);
    },
  );

  test('url --no-password prints the address for a command line', async () => {
    const { url } = await running();
    expect(await inClone('url --no-password')).toMatchObject({
      code: 0,
      stdout: `${url.replace(/:[^:@]+@/, '@')}\n`,
    });
  });

  test('status prints where the data, the log and the port of the embedded server are', async () => {
    const { port } = new URL((await running()).url);
    const { stdout } = await inClone('status');
    expect(stdout).toContain(
      `The embedded server has its data in .voicesurvey-db/server/data, its log in .voicesurvey-db/server/log, and port ${port}.\n`,
    );
    const { document } = await runJson(['status'], { root: clone.root });
    expect(document.embeddedServer).toEqual({
      data: join(clone.root, '.voicesurvey-db/server/data'),
      log: join(clone.root, '.voicesurvey-db/server/log'),
      port: Number(port),
      pid: (await running()).pid,
    });
  });

  test.for([
    { PGSSLMODE: 'require' },
    { PGSSLMODE: 'verify-full' },
    { PGCHANNELBINDING: 'require' },
    { PGSSLNEGOTIATION: 'direct', PGSSLMODE: 'require' },
    { PGSSLROOTCERT: 'system' },
    { PGOPTIONS: '-c default_transaction_read_only=on' },
    { PGTARGETSESSIONATTRS: 'read-only' },
    { PGREQUIREAUTH: 'gss', PGUSER: 'ann', PGPASSWORD: 'x' },
  ])('commands ignore %o, which is meant for another server', async (env) => {
    expect(await inClone('up', { env })).toMatchObject({ code: 0 });
  });

  test('start ignores variables of libpq, also those that are not supported', async () => {
    expect(await inClone('start', { env: { PGSERVICE: 'production' } })).toMatchObject({ code: 0 });
  });

  test('baseline tries migrations that create a role here, whatever the variables of libpq say of the other server', async () => {
    const name = `${inject('runName')}_baselined`;
    const url = await createDatabase(inject('serverUrl'), name);
    try {
      await runOnce(url, 'create table one ()');
      const dir = await folderWith({
        'V1.up.sql': 'create role somebody; create table one ();',
        'V1.down.sql': 'drop table one; drop role somebody;',
      });
      const env = { DATABASE_URL: `${url}?channel_binding=disable`, PGCHANNELBINDING: 'require' };
      const { code, stderr } = await inClone(`baseline V1 --dir ${dir}`, { env });
      expect([code, stderr]).toEqual([0, '']);
    } finally {
      await dropDatabase(inject('serverUrl'), name);
    }
  });

  test('start reports that the server is already running', async () => {
    const { url } = await running();
    const { code, stdout, stderr } = await inClone('start');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Nothing to do: PostgreSQL \d+\.\d+ is running\.\n/);
    expect(stdout).toContain(`\n  ${url}\n`);
  });

  test('an empty DATABASE_URL is an error and does not choose the embedded server', async () => {
    const { code, stderr } = await inClone('up', { env: { DATABASE_URL: '' } });
    expect([code, stderr]).toEqual([
      2,
      'error: DATABASE_URL is set and empty.\n' +
        'Set it to postgresql://user:password@host:5432/database, or unset it to use the embedded server.\n',
    ]);
  });

  test('up starts a killed server again with its data', async () => {
    await kill((await running()).pid);
    const { code, stdout, document } = await runJson(['up'], { cwd: '/', root: clone.root });
    expect([code, stdout.trimEnd().split('\n').length]).toEqual([
      0,
      JSON.stringify(document, null, 2).split('\n').length,
    ]);
    expect(document).toEqual({
      command: 'up',
      ok: true,
      exitCode: 0,
      server: expect.objectContaining({ address: expect.stringContaining('@127.0.0.1:') }),
      set: null,
      created: false,
      sql: null,
      applied: [],
      losses: [],
      current: expect.any(String),
      drift: [],
      driftUnknown: null,
      snapshotMissing: null,
      notices: [],
      embedded: true,
      addressSource: null,
      url: (await running()).url,
    });
    expect(await count('users')).toBe(3);
  });

  test('stop and start can be repeated, and print their documents', async () => {
    const directory = join(clone.root, '.voicesurvey-db');
    const json = (command: string): ReturnType<typeof runJson> => runJson([command], { root: clone.root });
    const head = (command: string): object => ({ command, ok: true, exitCode: 0 });
    expect((await json('stop')).document).toEqual({ ...head('stop'), stopped: true, directory });
    expect(await inClone('stop')).toMatchObject({
      code: 0,
      stdout: 'Nothing to do: no server is running in .voicesurvey-db.\n',
    });
    expect((await json('start')).document).toEqual({
      ...head('start'),
      url: expect.stringMatching(
        /^postgresql:\/\/postgres:[^@]+@127\.0\.0\.1:\d+\/voicesurvey\?sslmode=disable$/,
      ),
      directory: join(directory, 'server'),
      port: expect.any(Number),
      pid: expect.any(Number),
      version: expect.stringMatching(/^\d+\.\d+$/),
      started: true,
    });
    expect(await inClone('stop')).toMatchObject({
      code: 0,
      stdout: 'Stopped; the data stays in .voicesurvey-db.\n',
    });
  });

  test('up from another folder prints commands that run there', async () => {
    const elsewhere = join(clone.root, '..', 'elsewhere');
    await mkdir(elsewhere);
    const { stdout, stderr } = await inClone('up', { cwd: elsewhere });
    expect(stderr).toContain(`its data is in ${clone.root}/.voicesurvey-db/server.\n`);
    expect(stdout).toContain(`  ../${basename(clone.root)}/bin/voicesurvey-db sql "table users"  print`);
  });

  test('up works in a working directory that was removed', async () => {
    await inClone('stop');
    const program = `'${process.execPath}' '${clone.root}/bin/voicesurvey-db'`;
    const script = `mkdir gone && cd gone && rmdir ../gone && exec ${program} up`;
    const { code, stdout } = await runProgram('sh', ['-c', script], { cwd: join(clone.root, '..') });
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing to do: the database is at V')]);
  });

  test('up during a stop either succeeds or fails with a message and a remedy', async () => {
    for (const delay of [0, 60, 120]) {
      const stopping = pause(120).then(() => inClone('stop'));
      await pause(delay);
      const up = startCli(['up', '--seed'], { root: clone.root });
      const [stopped, { code, stderr }] = await Promise.all([stopping, up.result]);
      expect(stopped.code).toBe(0);
      if (code !== 0)
        expect([code, stderr]).toEqual([
          1,
          expect.stringMatching(/^(.*\n)*error: [^\n]+\.\n(server: .*\n)?[A-Z][^\n]+\n$/),
        ]);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(await inClone('up --seed')).toMatchObject({ code: 0 });
  });

  test('six concurrent commands start one server', async () => {
    await inClone('stop');
    const results = await Promise.all(Array.from({ length: 6 }, () => inClone('status')));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(results.filter(({ stderr }) => stderr.includes('Started PostgreSQL'))).toHaveLength(1);
  });
});
