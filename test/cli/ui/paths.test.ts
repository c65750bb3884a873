import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { displayPath, pathWithin } from '../../../src/cli/ui/paths.js';

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
