import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../../support/cli.js';

test('only the terminal of the command line and the helpers of test runners write to standard output or standard error', () => {
  const source = join(repository, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const writes = files.filter((name) =>
    /^(?!\s*\*).*(?:std(?:out|err)\.write|console\.\w+)\(/m.test(readFileSync(join(source, name), 'utf8')),
  );
  expect(writes.sort()).toEqual([join('cli', 'ui', 'terminal.ts'), join('testing', 'runners.ts')]);
});
