import { describe, expect } from 'vitest';
import { runCli } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { BEFORE } from './catch-failure.js';

describe('the error of up fits on one screen', () => {
  test.for([
    [
      'for a quote that is not closed',
      `select 1;\ninsert into people values ('x\n${'one more line of the file\n'.repeat(3000)}`,
    ],
    ['for a quote that is not closed in one very long line', `select '${'x'.repeat(300_000)};`],
    [
      'for an infinite recursion',
      'create function f() returns void language plpgsql as $$\nbegin\n  perform f();\nend $$;\nselect f();',
    ],
    [
      'for a very long constraint',
      `create table t (n text constraint c check (n <> '${'y'.repeat(300_000)}'));\ninsert into t values ('${'y'.repeat(300_000)}');`,
    ],
    ['for a very long value', `select '${'x'.repeat(300_000)}'::integer;`],
    ['for a document of 15 MiB that is cut off', `select ('{"a": "' || repeat('aB3/+', 3 << 20))::jsonb;`],
    ['for a raised line of 15 MiB', `do $$ begin raise '%', repeat('-', 15 << 20); end $$;`],
    [
      'for a table that a hundred views depend on',
      `${Array.from({ length: 100 }, (_, n) => `create view v${n} as select age from people;`).join('\n')}\ndrop table people;`,
    ],
  ] as const)('%s', async ([, sql], { database }) => {
    const directory = await folderWith({
      'V1.up.sql': BEFORE,
      'V1.down.sql': '',
      'V2.up.sql': sql,
      'V2.down.sql': '',
    });
    const { code, stderr } = await runCli(['up', '--dir', directory], {
      env: { DATABASE_URL: database.url },
    });
    expect(code, stderr.slice(0, 500)).toBe(1);
    expect(stderr.length).toBeLessThan(80 * 40);
    expect(stderr.split('\n').length).toBeLessThan(40);
  });
});
