import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/compare.md names the versions of the tools that its benchmark installs', async () => {
  const { dependencies, optionalDependencies } = JSON.parse(await read('bench/package.json'));
  const heads = (await read('docs/compare.md')).split('\n').filter((line) => /^\| .*kysely \d/.test(line));
  expect(heads).toHaveLength(5);
  const versions: Record<string, string> = {
    ...dependencies,
    dbmate: optionalDependencies['@dbmate/linux-x64'],
  };
  const { version } = JSON.parse(await read('package.json'));
  for (const [name, expected] of Object.entries({
    'voicesurvey-db': version,
    ...Object.fromEntries(
      ['dbmate', 'node-pg-migrate', 'graphile-migrate', 'kysely'].map((tool) => [tool, versions[tool]]),
    ),
  }))
    for (const head of heads) expect(head).toContain(`${name} ${expected}`);
});

test('the figures of docs/compare.md are those of bench/README.md', async () => {
  const bench = (await read('bench/README.md')).split('\n');
  const section = (await read('docs/compare.md')).split('\n## Speed\n')[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter((row) => !bench.includes(row))).toEqual([]);
});
