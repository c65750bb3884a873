import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/postgres/errors/error-codes.js';
import { repository } from '../support/cli.js';

const PAGE = fileURLToPath(new URL('../../docs/exit-codes.md', import.meta.url));
const MARK = '<!-- The tables are written by: npm run generate -->\n';

function tables(): string {
  return Object.entries(ERROR_CODES)
    .map(([subject, codes]) => {
      const rows = Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |\n`);
      return `\n### ${subject}\n\n| code | meaning |\n|---|---|\n${rows.join('')}`;
    })
    .join('');
}

test('docs/exit-codes.md lists every error code with its meaning', async () => {
  const page = await readFile(PAGE, 'utf8');
  const expected = page.slice(0, page.indexOf(MARK) + MARK.length) + tables();
  if (process.env.GENERATE === '1') await writeFile(PAGE, expected);
  expect(
    (await readFile(PAGE, 'utf8')) === expected,
    'docs/exit-codes.md is stale; run: npm run generate',
  ).toBe(true);
});

test('every listed error code is used by the library or the program', () => {
  const codes = Object.values(ERROR_CODES).flatMap((group) => Object.keys(group));
  const isUsed = (code: string): boolean => {
    try {
      const where = ['src', 'bin', ':!src/postgres/errors/error-codes.ts'];
      execFileSync('git', ['grep', '--quiet', `'${code}'`, '--', ...where], { cwd: repository });
      return true;
    } catch {
      return false;
    }
  };
  expect(codes.filter((code) => !isUsed(code))).toEqual([]);
});
