import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { displayPath, pathWithin, shortenPaths } from '../../../src/cli/ui/paths.js';

test.for([
  ['/srv/clone', '/srv/clone/sql/V1.up.sql', 'sql/V1.up.sql'],
  ['/srv/clone', '/srv/other/V1.up.sql', '/srv/other/V1.up.sql'],
  ['/srv/clone', '/srv/clone', '/srv/clone'],
])('pathWithin shows, from %s, the path %s as %s', ([folder = '', path = '', shown]) => {
  expect(pathWithin(folder, path)).toBe(shown);
});

test('displayPath shows a path relative to the working directory if it is inside', () => {
  expect(displayPath(resolve('src/index.ts'))).toBe('src/index.ts');
  expect(displayPath('/')).toBe('/');
});

test('shortenPaths makes every path inside the working directory relative, and no other', () => {
  const here = process.cwd();
  expect(shortenPaths(`${here}/sql/V1.up.sql:1:8: x; see "${here}/log" and (${here}/a b).`)).toBe(
    'sql/V1.up.sql:1:8: x; see "log" and (a b).',
  );
  for (const text of [here, `${here}2/sql`, `/mnt${here}/sql`, `postgresql:///db?host=${here}/sockets`]) {
    expect(shortenPaths(text)).toBe(text);
  }
});
