import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from './support/cli.js';
import { brokenRules, readImports } from './support/imports.js';

test('src imports only from lower layers, and no folders import each other in a circle', () => {
  expect(brokenRules(readImports(join(repository, 'src')))).toEqual([]);
});

describe('the check of imports reports', () => {
  test.for([
    [
      'an import of a higher layer',
      [['sql/a.ts', 'migrate/b.ts']],
      'sql/a.ts imports migrate/b.ts: migrate is above sql',
    ],
    [
      'an import of another folder of the same layer',
      [['inspect/a.ts', 'seed/b.ts']],
      'inspect/a.ts imports seed/b.ts: inspect and seed are in one layer',
    ],
    [
      'an import of a folder that is in no layer',
      [['cli/a.ts', 'other/b.ts']],
      'cli/a.ts imports other/b.ts: other is in no layer',
    ],
    [
      'an import of storage',
      [['seed/a.ts', 'storage/b.ts']],
      'seed/a.ts imports storage/b.ts: storage is read, never imported',
    ],
    [
      'an import of the public entry',
      [['cli/a.ts', 'index.ts']],
      'cli/a.ts imports index.ts: index.ts is for other packages',
    ],
    [
      'an import of data loss by the engine’s script',
      [['migrate/script/a.ts', 'migrate/data-loss/b.ts']],
      'migrate/script/a.ts imports migrate/data-loss/b.ts: migrate/script imports nothing of migrate/data-loss',
    ],
    [
      'an import of data loss by the engine’s run',
      [['migrate/run/a.ts', 'migrate/data-loss/b.ts']],
      'migrate/run/a.ts imports migrate/data-loss/b.ts: migrate/run imports nothing of migrate/data-loss',
    ],
    [
      'a circle of two files in one folder',
      [
        ['sql/a.ts', 'sql/b.ts'],
        ['sql/b.ts', 'sql/a.ts'],
      ],
      'sql/a.ts imports sql/b.ts, sql/b.ts imports sql/a.ts: files import each other in a circle',
    ],
    [
      'a circle of two folders',
      [
        ['migrate/a/a.ts', 'migrate/b/b.ts'],
        ['migrate/b/c.ts', 'migrate/a/d.ts'],
      ],
      'migrate/a/a.ts imports migrate/b/b.ts, migrate/b/c.ts imports migrate/a/d.ts: folders import each other in a circle',
    ],
    [
      'a circle of a folder and its subfolder',
      [
        ['cli/a.ts', 'cli/b/b.ts'],
        ['cli/b/b.ts', 'cli/c.ts'],
      ],
      'cli/a.ts imports cli/b/b.ts, cli/b/b.ts imports cli/c.ts: folders import each other in a circle',
    ],
    [
      'a circle of three folders',
      [
        ['sql/a/a.ts', 'sql/b/b.ts'],
        ['sql/b/d.ts', 'sql/c/c.ts'],
        ['sql/c/e.ts', 'sql/a/f.ts'],
      ],
      'sql/a/a.ts imports sql/b/b.ts, sql/b/d.ts imports sql/c/c.ts, sql/c/e.ts imports sql/a/f.ts: folders import each other in a circle',
    ],
  ] as const)('%s', ([, imports, broken]) => {
    expect(brokenRules(imports.map(([from, to]) => ({ from, to })))).toEqual([broken]);
  });

  test('no import from a lower layer', () => {
    const imports = [
      { from: 'cli/commands/up.ts', to: 'migrate/up.ts' },
      { from: 'migrate/up.ts', to: 'migrate/run/run.ts' },
      { from: 'migrate/run/run.ts', to: 'postgres/connect.ts' },
      { from: 'index.ts', to: 'migrate/up.ts' },
    ];
    expect(brokenRules(imports)).toEqual([]);
  });
});
