import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pathIn, shownPath } from '../../../src/cli/ui/paths.js';

test.for([
  ['/srv/clone', '/srv/clone/sql/V1.up.sql', 'sql/V1.up.sql'],
  ['/srv/clone', '/srv/other/V1.up.sql', '/srv/other/V1.up.sql'],
  ['/srv/clone', '/srv/clone', '/srv/clone'],
])('from %s, %s is written %s', ([folder = '', path = '', written]) => {
  expect(pathIn(folder, path)).toBe(written);
});

test('a path is shown as somebody in the working directory would write it', () => {
  expect(shownPath(resolve('src/index.ts'))).toBe('src/index.ts');
  expect(shownPath('/')).toBe('/');
});
