import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, inject, onTestFinished } from 'vitest';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { openTestServer } from '../../src/testing/server.js';
import { dropTestDatabase, testDatabase } from '../../src/testing.js';
import { repository, runProgram } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { until } from '../support/until.js';

const url = inject('serverUrl');

const exists = ({ value }: TestDatabase, name: string): Promise<unknown> =>
  value('select exists (select from pg_database where datname = $1)', [name]);

/** A program that makes a database, prints its name, and does something with it. */
const program = (work: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { testDatabase } from 'voicesurvey-db/testing';
   const database = await testDatabase();
   process.stdout.write(database.name + '\\n');
   ${work}`,
];

const environment = (serverUrl = url): Record<string, string> => ({ TEST_DATABASE_URL: serverUrl });

/** Starts a program that makes a database and waits, and returns the name of the database. */
async function startOwner(serverUrl = url): Promise<{ child: ChildProcess; name: string }> {
  const child = spawn(process.execPath, program('setInterval(() => {}, 1000)'), {
    cwd: repository,
    env: { ...process.env, ...environment(serverUrl) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { child, name: String(line).trim() };
}

test('testDatabase gives a database with the newest schema and the settings, and drop deletes it while it is used', async ({
  migrated,
}) => {
  const database = await testDatabase({ url, settings: { 'voicesurvey.time_zone': 'Europe/Rome' } });
  const state = `select current_setting('voicesurvey.time_zone', true) as zone, current_setting('synchronous_commit') as waits,
    (select max(version) from voicesurvey_migrations.history) as version, (select count(*)::integer from users) as users`;
  const client = await database.pool.connect();
  expect((await client.query(state)).rows).toEqual([
    {
      zone: 'Europe/Rome',
      waits: 'off',
      version: await migrated.value('select max(version) from voicesurvey_migrations.history'),
      users: 0,
    },
  ]);
  await database.drop();
  await database.drop();
  expect(await exists(migrated, database.name)).toBe(false);
});

test('a call after the server has ended an idle session opens another one', async ({ database }) => {
  const server = await openTestServer(parseDatabaseUrl(url));
  const readPid = (): Promise<number> =>
    server.run(async (client) => (await client.query('select pg_backend_pid() as pid')).rows[0].pid);
  const pid = await readPid();
  await database.client.query('select pg_terminate_backend($1, 10000)', [pid]);
  expect(await readPid()).not.toBe(pid);
});

test('concurrent calls of a process make databases of one owner', async () => {
  const { code, stdout, stderr } = await runProgram(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { testDatabase } from 'voicesurvey-db/testing';
       const databases = await Promise.all([1, 2, 3, 4].map(() => testDatabase()));
       process.stdout.write(databases.map(({ name }) => name.split('_')[3]).join());
       await Promise.all(databases.map((database) => database.drop()));`,
    ],
    { cwd: repository, env: environment() },
  );
  expect([code, stderr]).toEqual([0, '']);
  expect(new Set(stdout.split(',')).size).toBe(1);
});

test('testDatabase of another process drops no database in use, also if the server ends sessions that idle', async ({
  database,
}) => {
  const ending = `${url}${url.includes('?') ? '&' : '?'}options=-c%20idle_session_timeout%3D200`;
  const { name } = await startOwner(ending);
  const owner = Number.parseInt(name.split('_')[3] ?? '', 16);
  const owning = `from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and objid = ${owner}`;
  await until(
    async () =>
      (await database.rows(`select ${owning}`)).length === 0 ||
      (await database.rows(`select ${owning} and now() - state_change > interval '1 s'`)).length === 1,
  );
  const { code } = await runProgram(process.execPath, program('await database.drop();'), {
    cwd: repository,
    env: environment(),
  });
  expect([code, await exists(database, name)]).toEqual([0, true]);
  await dropTestDatabase({ url, name });
});

test('testDatabase with seed gives the seed rows, and await using drops the database', async ({
  database,
}) => {
  const own = await testDatabase({ url, seed: true });
  expect((await own.pool.query('select from users')).rowCount).toBe(3);
  await own[Symbol.asyncDispose]();
  expect(await exists(database, own.name)).toBe(false);
});

test('testDatabase fails with the error of the server for a setting that does not exist, and leaves no database', async ({
  database,
}) => {
  await expect(testDatabase({ url, settings: { no_such_setting: '1' } })).rejects.toThrow(/no_such_setting/);
  const { value } = database;
  expect(
    await value(`select count(*)::integer from pg_database where datname ~ '^voicesurvey_test_\\d{10}_' and datname in
      (select datname from pg_stat_activity)`),
  ).toBe(0);
});

test('concurrent processes of a role build one template, and copy it', async ({
  database: { client, value },
}) => {
  const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
  await client.query(`create role ${role} login createdb password 'secret'`);
  const address = Object.assign(new URL(url), { username: role, password: 'secret' }).href;
  const ofRole = 'from pg_database where datdba = $1::regrole';
  try {
    const options = { cwd: repository, env: environment(address) };
    const results = await Promise.all(
      [1, 2, 3].map(() => runProgram(process.execPath, program('await database.drop()'), options)),
    );
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    expect(await value(`select array_agg(datname::text) ${ofRole}`, [role])).toEqual([
      expect.stringMatching(/^voicesurvey_template_[0-9a-f]{16}$/),
    ]);
  } finally {
    const names = (await value(`select array_agg(datname::text) ${ofRole}`, [role])) as string[] | null;
    for (const name of names ?? []) {
      await client.query(`alter database ${name} is_template false`);
      await client.query(`drop database ${name} with (force)`);
    }
    await client.query(`drop role ${role}`);
  }
});

test('the databases of a killed process are dropped by the next process, and those of a running one are not', async ({
  database,
}) => {
  const [killed, running] = await Promise.all([startOwner(), startOwner()]);
  killed.child.kill('SIGKILL');
  await once(killed.child, 'exit');
  // The server notices the end of the session some time after the process has ended.
  await until(async () => {
    await runProgram(process.execPath, program('await database.drop()'), {
      cwd: repository,
      env: environment(),
    });
    return (await exists(database, killed.name)) === false;
  });
  expect(await exists(database, running.name)).toBe(true);
});

test('a database that was kept is dropped by name, and no other database is', async ({ database }) => {
  const own = await testDatabase({ url });
  expect(await own.keep('because')).toMatch(new RegExp(`^postgresql://[^:]*@[^/]+/${own.name}$`));
  await runProgram(process.execPath, program('await database.drop()'), {
    cwd: repository,
    env: environment(),
  });
  expect(await exists(database, own.name)).toBe(true);
  await dropTestDatabase({ url, name: own.name });
  expect(await exists(database, own.name)).toBe(false);
  await expect(dropTestDatabase({ url, name: database.name })).rejects.toMatchObject({
    code: 'not_a_test_database',
  });
});
