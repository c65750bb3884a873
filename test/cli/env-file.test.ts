import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, inject } from 'vitest';
import { type CliOptions, type CliResult, runCli, runJson } from '../support/cli.js';
import { sharedClone } from '../support/clone.js';
import { test } from '../support/database.js';
import { SLOW } from '../support/timeouts.js';

const NOWHERE = 'postgresql://ann@127.0.0.1:1/survey';

describe.sequential('the file .env of a clone', { timeout: SLOW }, () => {
  const clone = sharedClone();
  const file = () => join(clone.root, '.env');
  const options = (env: CliOptions['env'] = {}): CliOptions => ({ cwd: clone.root, root: clone.root, env });
  const url = (env?: CliOptions['env'], ...args: readonly string[]): Promise<CliResult> =>
    runCli(['url', ...args], options(env));
  afterEach(() => rm(file(), { recursive: true, force: true }));

  test('names the database, and results and errors say so', async ({ migrated }) => {
    await writeFile(file(), `# for development\nexport DATABASE_URL="${migrated.url}"\n`);
    const { code, stdout } = await runCli(['status'], options());
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^on postgresql:.*\), from DATABASE_URL in \.env$/m),
    ]);
    const { document } = await runJson(['status'], options());
    expect(document).toMatchObject({ embedded: false, addressSource: 'DATABASE_URL in .env' });

    await writeFile(file(), `DATABASE_URL=${NOWHERE}`);
    const failed = await runCli(['status'], options());
    expect([failed.code, failed.stderr]).toEqual([
      1,
      expect.stringMatching(
        /, from DATABASE_URL in \.env\n[\s\S]*run `\.\/bin\/voicesurvey-db start`, which prints its address\.\n$/,
      ),
    ]);
  });

  test.for([
    [
      'with a byte order mark and carriage returns',
      '\uFEFFDATABASE_URL=postgresql://ann@db:5433/one\r\n',
      {},
      'postgresql://ann@db:5433/one',
    ],
    [
      'with quotes',
      "DATABASE_URL='postgresql://ann:a%23b@db:5433/one' # mine",
      {},
      'postgresql://ann@db:5433/one',
    ],
    [
      'with the variables of libpq',
      'PGHOST=db\nPGPORT=5433\nPGUSER=ann\nPGDATABASE=one',
      {},
      'postgresql://ann@db:5433/one',
    ],
    [
      'completed by the environment',
      'PGHOST=db\nPGUSER=ann',
      { PGUSER: 'bob', PGDATABASE: '' },
      'postgresql://bob@db:5432/bob',
    ],
    [
      'after a DATABASE_URL of the environment',
      `DATABASE_URL=${NOWHERE}`,
      { DATABASE_URL: 'postgresql://bob@db2/two' },
      'postgresql://bob@db2:5432/two',
    ],
    [
      'after a PGHOST of the environment',
      `DATABASE_URL=${NOWHERE}\nPGPASSWORD=x`,
      { PGHOST: 'db2', PGUSER: 'bob' },
      'postgresql://bob@db2:5432/bob',
    ],
    [
      'with other variables',
      'NODE_OPTIONS=--bad\nPGHOST=db\nPGUSER=ann\nPATH=/nowhere',
      {},
      'postgresql://ann@db:5432/ann',
    ],
  ] as const)('%s is read as other tools read it', async ([, content, env, expected]) => {
    await writeFile(file(), content);
    expect(await url(env)).toMatchObject({ code: 0, stdout: `${expected}\n` });
  });

  test.for([
    ['is empty', 'DATABASE_URL=\n', 'empty_url', 'DATABASE_URL in .env is set and empty.'],
    [
      'has an unquoted #',
      'DATABASE_URL=postgresql://ann:1#x@db/one\n',
      'env_file_unusable',
      'Write the value in double quotes.',
    ],
  ] as const)('whose address %s is an error, and chooses no other server', async ([
    ,
    content,
    errorCode,
    message,
  ]) => {
    await writeFile(file(), content);
    const { code, stderr } = await url();
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect((await runJson(['url'], options())).document.error).toMatchObject({ code: errorCode });
  });

  test('with an invalid address is an error that names the file', async () => {
    await writeFile(file(), 'DATABASE_URL=mysql://ann@db/one');
    expect(await url()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/ The address comes from DATABASE_URL in \.env\.\n$/),
    });
  });

  test('that is not a file is an error', async () => {
    await mkdir(file());
    expect(await url()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('.env is not a regular file.'),
    });
  });

  test('is not read with --embedded, nor for what names no server', async () => {
    const embedded = expect.stringMatching(
      /^postgresql:\/\/postgres:[^@]+@127\.0\.0\.1:\d+\/voicesurvey\?sslmode=disable\n$/,
    );
    await writeFile(file(), `DATABASE_URL=${NOWHERE}`);
    expect(await url({}, '--embedded')).toMatchObject({ code: 0, stdout: embedded });
    await writeFile(file(), 'PGPASSWORD=secret\nPGUSER=ann\nPGSSLMODE=require');
    expect(await url()).toMatchObject({ code: 0, stdout: embedded });
  });
});

describe('the variables of libpq without DATABASE_URL', () => {
  test('name the database, and the result says so', async ({ migrated }) => {
    const { hostname, port, username, password, pathname } = new URL(migrated.url);
    const env = {
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: pathname.slice(1),
    };
    const { code, stdout } = await runCli(['status'], { env });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^on postgresql:.*\), from PGHOST$/m)]);
  });

  test('with an empty DATABASE_URL are an error', async () => {
    const env = { DATABASE_URL: '', PGHOST: new URL(inject('serverUrl')).hostname };
    expect(await runCli(['status'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DATABASE_URL is set and empty.'),
    });
  });

  test('and --embedded contradict each other', async () => {
    expect(await runCli(['status', '--embedded'], { env: { PGHOST: 'db' } })).toMatchObject({
      code: 2,
      stderr: 'error: PGHOST names one server and --embedded another.\nUnset PGHOST, or remove --embedded.\n',
    });
  });

  test('that are not supported are an error, and choose no other server', async () => {
    expect(await runCli(['status'], { env: { PGSERVICE: 'production' } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('PGSERVICE is not supported'),
    });
  });
});
