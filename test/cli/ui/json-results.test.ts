import { expect } from 'vitest';
import { runCli } from '../../support/cli.js';
import { test } from '../../support/database.js';

test.for([
  [
    'is parsed',
    `{"a": [1, -2.50, 1e3, 0.1, -0, "1e999 \\" [", null]}`,
    { a: [1, -2.5, 1000, 0.1, 0, '1e999 " [', null] },
  ],
  [
    'with a number of too many digits stays a text',
    '{"id": 12345678901234567890}',
    '{"id": 12345678901234567890}',
  ],
  ['with a number that is too large stays a text', '[1e400]', '[1e400]'],
  ['with a number that is too small stays a text', '[1e-400]', '[1e-400]'],
  [
    'nested too deeply stays a text',
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
  ],
] as const)('a document in the result of sql --json %s', async ([, document, expected], { database }) => {
  const { code, stdout } = await runCli(['sql', '--json', '-'], {
    env: { DATABASE_URL: database.url },
    input: `select '${document}'::json as a`,
  });
  expect(code, stdout).toBe(0);
  expect(JSON.parse(stdout).results[0].rows[0].a).toEqual(expected);
});

test('a document with millions of escapes is parsed', async ({ database }) => {
  const { code, stdout } = await runCli(
    ['sql', '--json', "select json_build_object('log', repeat(E'\\n', 6000000)) as a"],
    { env: { DATABASE_URL: database.url } },
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout).results[0].rows[0].a.log).toHaveLength(6_000_000);
});
