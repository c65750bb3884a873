import { randomBytes } from 'node:crypto';
import { describe, expect, inject } from 'vitest';
import { type CliResult, runCli, runJson } from '../support/cli.js';
import { test } from '../support/database.js';
import { runOnce, withDatabaseName } from '../support/databases.js';
import { folderWith } from '../support/folder.js';

const SECRET = 'Geh3im';

/** A sentence that says what is wrong, and after it at least one that says what to do; nothing else. */
const TWO_SENTENCES = /^error: [^\n]+\.\n[A-Z`][^\n]+\n$/;

/** Runs a command by an address that does not work, once for people and once for programs. */
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

/** A role of this test's, and its address with a password that is written as it is, without encoding anything. */
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

function letsIn(url: string): Promise<boolean> {
  return runOnce(url, 'select 1').then(
    () => true,
    () => false,
  );
}

describe('an address that is none', () => {
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
  ] as const)('(%s) is exit code 2, and nothing of it is shown', async ([, url, errorCode]) => {
    const { code, error } = await fail(url);
    expect(code).toBe(2);
    expect(error).toMatchObject({ code: expect.stringMatching(errorCode) });
  });

  test.for(['', '  \n'])('(%j) is not taken for one that is not set', async (url) => {
    const { code, error } = await fail(url, 'up');
    expect([code, error]).toEqual([2, expect.objectContaining({ code: 'empty_url' })]);
  });

  test('contradicts --embedded', async ({ database }) => {
    const { code, stderr } = await runCli(['up', '--embedded'], { env: { DATABASE_URL: database.url } });
    expect([code, stderr]).toEqual([
      2,
      'error: DATABASE_URL names one server and --embedded another.\nUnset DATABASE_URL, or leave --embedded out.\n',
    ]);
  });
});

describe('a server that cannot be worked on', () => {
  test('where nobody listens', async () => {
    const { code, error } = await fail(`postgresql://ann:${SECRET}@127.0.0.1:1/survey`, 'up');
    expect([code, error]).toMatchObject([1, { code: 'connection_refused' }]);
  });

  test('whose name nobody knows', async () => {
    const { code, error } = await fail(`postgresql://ann:${SECRET}@no-such-host.invalid/survey`, 'seed');
    expect([code, error]).toMatchObject([1, { code: 'host_not_found' }]);
  });

  test('with a wrong password', async ({ skip }) => {
    const { role, addressWith, drop } = await createRole('another');
    try {
      skip(await letsIn(addressWith(SECRET)), 'this server lets everybody in without a password');
      const { code, error } = await fail(addressWith(SECRET), 'down');
      expect([code, error]).toMatchObject([
        1,
        { code: 'wrong_password', message: expect.stringContaining(role) },
      ]);
    } finally {
      await drop();
    }
  });

  test('without the database, and how to create it', async () => {
    const { code, stderr } = await fail(
      withDatabaseName(inject('serverUrl'), `${SECRET.toLowerCase()}_none`),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/\/geh3im_none does not exist: .*\n.*`voicesurvey-db up --create`/);
  });

  test('that does no TLS where TLS is asked for', async ({ database, skip }) => {
    skip((await database.value('show ssl')) === 'on', 'this server does TLS');
    const { code, error } = await fail(`${database.url}?sslmode=require`, 'up');
    expect([code, error]).toMatchObject([1, { code: 'tls_not_supported' }]);
  });
});

test('a # in the password need not be encoded, and the password is not shown', async () => {
  const password = `x#${SECRET}`;
  const { role, addressWith, drop } = await createRole(password);
  try {
    const { code, stdout, stderr } = await runCli(['status'], {
      env: { DATABASE_URL: addressWith(password) },
    });
    expect([[0, 3], stdout]).toEqual([expect.arrayContaining([code]), '']);
    expect(stderr).toContain(`on postgresql://${role}@`);
    expect(stderr).not.toContain(SECRET);
  } finally {
    await drop();
  }
});

test('a migration that fails shows no password, and names the server', async ({ database }) => {
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
