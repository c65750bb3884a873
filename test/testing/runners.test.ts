import { join } from 'node:path';
import { describe, expect, inject } from 'vitest';
import { type CliResult, repository, runProgram, startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { dropDatabase } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { blocksOf } from '../support/page.js';
import { projectWith } from '../support/project.js';
import { hasPython, PYTHON } from '../support/python.js';
import { SLOW } from '../support/timeouts.js';

const serverUrl = inject('serverUrl');
const env = { TEST_DATABASE_URL: serverUrl, PGPASSWORD: new URL(serverUrl).password };
const KEPT = /is kept for a day: \S+\/(voicesurvey_test_\w+)\n/;

const codeOf = (heading: string): string => blocksOf('testing.md', heading)[0]?.code ?? '';
const failing = (code: string): string =>
  code.replace('claim_calls(4)', 'claim_calls(5)').replace('completed().in', 'refused().in');

/** Expects a failed run to name a database that exists, and drops it. */
async function expectKept({ stdout, stderr }: CliResult, { value }: TestDatabase): Promise<void> {
  const name = KEPT.exec(stdout + stderr)?.[1] ?? stdout + stderr;
  expect(await value('select count(*)::integer from pg_database where datname = $1', [name]), name).toBe(1);
  await dropDatabase(serverUrl, name);
}

describe('the examples of docs/testing.md', { timeout: SLOW }, () => {
  test('run in Vitest, which keeps the database of a failed test', async ({ database }) => {
    const code = codeOf('Vitest');
    const cwd = await projectWith({ 'good.test.js': code, 'bad.test.js': failing(code) }, ['vitest', 'pg']);
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
    const result = await runProgram(process.execPath, [vitest, 'run', '--reporter=tap-flat'], { cwd, env });
    expect(result.stdout).toMatch(/^ok \d - good\.test\.js/m);
    expect(result.stdout).toMatch(/^not ok \d - bad\.test\.js/m);
    await expectKept(result, database);
  });

  test('run in node:test, which keeps the database of a failed test', async ({ database }) => {
    const code = codeOf('node:test');
    const cwd = await projectWith({ 'good.test.js': code, 'bad.test.js': failing(code) }, ['pg']);
    const result = await runProgram(process.execPath, ['--test', '--test-reporter=tap'], { cwd, env });
    expect([/^# pass \d+$/m.exec(result.stdout)?.[0], /^# fail \d+$/m.exec(result.stdout)?.[0]]).toEqual([
      '# pass 1',
      '# fail 1',
    ]);
    await expectKept(result, database);
  });

  test('run in a program', async () => {
    const cwd = await projectWith({ 'program.js': codeOf('Any other runner of JavaScript') }, ['pg']);
    const { code, stdout } = await runProgram(process.execPath, ['program.js'], { cwd, env });
    expect([code, stdout]).toEqual([0, "[ { name: 'Customer Satisfaction Survey Q1 2025' } ]\n"]);
  });

  test.skipIf(!hasPython('pytest', 'psycopg'))('run in pytest', async ({ database: { value } }) => {
    const [fixture, example] = blocksOf('testing.md', 'pytest').map(({ code }) => code);
    const program = JSON.stringify([
      process.execPath,
      join(repository, 'bin/voicesurvey-db'),
      'test-database',
    ]);
    const cwd = await folderWith({
      'conftest.py': (fixture ?? '').replace('["npx", "voicesurvey-db", "test-database"]', program),
      'test_example.py': `${example}    print("name", database_url.rsplit("/")[-1])\n`,
    });
    const { code, stdout } = await runProgram(
      PYTHON,
      ['-m', 'pytest', '-q', '-s', '-p', 'no:cacheprovider'],
      { cwd, env },
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 passed')]);
    const name = /name (\w+)/.exec(stdout)?.[1];
    expect(name).toMatch(/^voicesurvey_test_/);
    expect(await value('select count(*)::integer from pg_database where datname = $1', [name])).toBe(0);
  });
});

test('test-database prints an address, and drops the database when its input ends or a signal arrives', async ({
  database: { value },
}) => {
  const start = async (): Promise<{ url: string; end: (how: 'input' | 'signal') => Promise<CliResult> }> => {
    const { child, result } = startCli(
      ['test-database', '--seed', '--set', 'voicesurvey.time_zone=Europe/Rome'],
      {
        env,
        inputAfter: 'never',
      },
    );
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', (text) => resolve(String(text).trim()));
      result.then(({ stderr }) => reject(new Error(stderr)));
    });
    return {
      url,
      end: (how) => {
        if (how === 'input') child.stdin?.end();
        else child.kill('SIGTERM');
        return result;
      },
    };
  };
  const count = 'select count(*)::integer from pg_database where datname = $1';
  for (const how of ['input', 'signal'] as const) {
    const { url, end } = await start();
    const name = new URL(url).pathname.slice(1);
    expect(await value(count, [name])).toBe(1);
    expect((await end(how)).code).toBe(0);
    expect(await value(count, [name])).toBe(0);
  }
});
