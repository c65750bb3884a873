import { randomBytes } from 'node:crypto';
import { describe, expect, inject } from 'vitest';
import { type CliResult, runCli, runJson } from '../support/cli.js';
import { test } from '../support/database.js';
import { runOnce, withDatabaseName } from '../support/databases.js';
import { folderWith } from '../support/folder.js';

const SECRET = 'Geh3im';

/** One sentence that says what is wrong, then at least one that says what to do, and nothing else. */
const TWO_SENTENCES = /^error: [^\n]+\.\n[A-Z`][^\n]+\n$/;

/** Runs a command with an address that does not work, once for people and once for programs. */
async function fail(url: string, command = 'status'): Promise<CliResult & { readonly error: unknown }> {
  const options = { env: { DATABASE_URL: url } };
  const [people, program] = await Promise.all([runCli([command], options), runJson([command], options)]);
  expect(people).toMatchObject({ stdout: '', stderr: expect.stringMatching(TWO_SENTENCES) });
  expect(program).toMatchObject({ code: people.code, stderr: '' });
  const { error, ...rest } = program.document;
  expect(rest).toEqual({
    command,
    ok: false,
    exitCode: people.code,
    server: people.code === 2 ? null : { address: expect.stringMatching(/^postgresql:\/\/[^:]*@/) },
  });
  expect(people.stderr).toBe(
    `error: ${(error as { message: string }).message}\n${(error as { remedy: string }).remedy}\n`,
  );
  for (const text of [people.stderr, program.stdout]) {
    expect(text).not.toMatch(/\bat \S+ \(|node:internal|^\s+at /m);
    expect(text).not.toContain(SECRET);
  }
  return { ...people, error };
}

/** Creates a role for one test; its address contains the password as it is, not percent-encoded. */
async function createRole(password: string): Promise<{
  role: string;
  addressWith(password: string): string;
  drop(): Promise<unknown>;
}> {
  const serverUrl = inject('serverUrl');
  const role = `${inject('runName')}_${randomBytes(4).toString('hex')}`;
  await runOnce(serverUrl, `create role ${role} login password '${password}'`);
  const { host, pathname } = new URL(serverUrl);
  return {
    role,
    addressWith: (text) => `postgresql://${role}:${text}@${host}${pathname}`,
    drop: () => runOnce(serverUrl, `drop role ${role}`),
  };
}

function canConnect(url: string): Promise<boolean> {
  return runOnce(url, 'select 1').then(
    () => true,
    () => false,
  );
}

describe('an invalid DATABASE_URL', () => {
  test.for([
    ['a string of keywords', `host=localhost password=${SECRET} dbname=survey`, 'keyword_string'],
    ['several hosts', `postgresql://ann:${SECRET}@one,two/survey`, 'invalid_url'],
    ['JDBC', `jdbc:postgresql://db/survey?user=ann&password=${SECRET}`, 'invalid_url'],
    ['another database', `mysql://ann:${SECRET}@db/survey`, 'invalid_url'],
    ['a password alone', SECRET, 'invalid_url'],
    ['white space', `postgresql://ann:${SECRET} x@db/survey`, 'invalid_url'],
    ['a slash in the password', `postgresql://ann:x/${SECRET}@db/survey`, 'invalid_url'],
    ['an @ in the password', `postgresql://ann:x@${SECRET}@db/survey`, 'invalid_url'],
    ['a port out of range', `postgresql://ann:${SECRET}@db:65536/survey`, 'invalid_parameter'],
    ['an unknown parameter', `postgresql://ann:${SECRET}@db/survey?passwort=${SECRET}`, 'unknown_parameter'],
    ['quotes', `"postgresql://ann:${SECRET}@db/survey"`, 'invalid_url'],
  ] as const)('%s fails with exit code 2, and no part of the address is printed', async ([
    ,
    url,
    errorCode,
  ]) => {
    const { code, error } = await fail(url);
    expect(code).toBe(2);
    expect(error).toMatchObject({ code: expect.stringMatching(errorCode) });
  });

  test.for(['', '  \n'])('%j is empty, which is not the same as unset', async (url) => {
    const { code, error } = await fail(url, 'up');
    expect([code, error]).toEqual([2, expect.objectContaining({ code: 'empty_url' })]);
  });

  test('DATABASE_URL and --embedded contradict each other', async ({ database }) => {
    const { code, stderr } = await runCli(['up', '--embedded'], { env: { DATABASE_URL: database.url } });
    expect([code, stderr]).toEqual([
      2,
      'error: DATABASE_URL names one server and --embedded another.\nUnset DATABASE_URL, or remove --embedded.\n',
    ]);
  });
});

describe('a server that cannot be used', () => {
  test('up to a port without a listener fails with connection_refused', async () => {
    const { code, error } = await fail(`postgresql://ann:${SECRET}@127.0.0.1:1/survey`, 'up');
    expect([code, error]).toMatchObject([1, { code: 'connection_refused' }]);
  });

  test('seed on an unknown host fails with host_not_found', async () => {
    const { code, error } = await fail(`postgresql://ann:${SECRET}@no-such-host.invalid/survey`, 'seed');
    expect([code, error]).toMatchObject([1, { code: 'host_not_found' }]);
  });

  test('down with a wrong password fails with wrong_password and names the role', async ({ skip }) => {
    const { role, addressWith, drop } = await createRole('another');
    try {
      skip(await canConnect(addressWith(SECRET)), 'this server accepts connections without a password');
      const { code, error } = await fail(addressWith(SECRET), 'down');
      expect([code, error]).toMatchObject([
        1,
        { code: 'wrong_password', message: expect.stringContaining(role) },
      ]);
    } finally {
      await drop();
    }
  });

  test('status of a missing database fails and advises up --create', async () => {
    const { code, stderr } = await fail(
      withDatabaseName(inject('serverUrl'), `${SECRET.toLowerCase()}_none`),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/\/geh3im_none does not exist: .*\n.*`voicesurvey-db up --create`/);
  });

  test('up with sslmode=require fails on a server without TLS', async ({ database, skip }) => {
    skip((await database.value('show ssl')) === 'on', 'this server has TLS');
    const { code, error } = await fail(`${database.url}?sslmode=require`, 'up');
    expect([code, error]).toMatchObject([1, { code: 'tls_not_supported' }]);
  });
});

test('status connects with an unencoded # in the password and does not print the password', async () => {
  const password = `x#${SECRET}`;
  const { role, addressWith, drop } = await createRole(password);
  try {
    const { code, stdout, stderr } = await runCli(['status'], {
      env: { DATABASE_URL: addressWith(password) },
    });
    expect([[0, 3], stderr]).toEqual([expect.arrayContaining([code]), '']);
    expect(stdout).toContain(`on postgresql://${role}@`);
    expect(stdout).not.toContain(SECRET);
  } finally {
    await drop();
  }
});

test('up that fails in a migration names the server without its password', async ({ database }) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table one (id integer);\nselect wrong;\n',
    'V1.down.sql': 'drop table one;',
  });
  const url = new URL(database.url);
  const { code, stderr, stdout } = await runCli(['up', '--dir', directory], {
    env: { DATABASE_URL: url.href },
  });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(`server: postgresql://${url.username}@${url.host}${url.pathname}\n`);
  if (url.password !== '') expect(stderr).not.toContain(url.password);
});
