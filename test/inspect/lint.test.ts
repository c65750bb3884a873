import { join } from 'node:path';
import { expect } from 'vitest';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';
import { describeFindings, lintInEmptied, test } from './lint/lint-files.js';

test("the product's migrations violate no lint rule", { timeout: SLOW }, async ({ database }) => {
  expect(await describeFindings(database, migrationsDirectory)).toEqual([]);
});

/** The findings in the folders of lint/. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  clean: [],
  'index-on-live-table': ['V0002:1:1 index-on-live-table'],
  'check-on-live-table': ['V0002:3:7 constraint-on-live-table'],
  'validation-in-the-same-transaction': ['V0002:6:1 constraint-on-live-table'],
  'unique-constraint-on-live-table': ['V0002:3:7 constraint-on-live-table'],
  'deletes-data': [
    'V0002:1:1 deletes-data',
    'V0002:2:1 deletes-data',
    'V0002:3:1 deletes-data',
    'V0002:6:3 data-change-under-lock',
    'V0002:6:3 deletes-data',
    'V0002:9:1 deletes-data',
    'V0002:16:1 rewrites-live-table',
    'V0002:16:1 deletes-data',
    'V0002:17:1 rewrites-live-table',
    'V0002:17:1 deletes-data',
    'V0002:18:1 rewrites-live-table',
    'V0002:18:1 deletes-data',
    'V0002:19:1 rewrites-live-table',
    'V0002:19:1 deletes-data',
    'V0002:20:1 rewrites-live-table',
    'V0002:29:1 deletes-data',
  ],
  'foreign-key-without-index': ['V0002:7:3 foreign-key-without-index'],
  'foreign-key-index-dropped-later': ['V0003:3:1 foreign-key-without-index'],
  'timestamp-without-zone': ['V0002:2:28 timestamp-without-zone'],
  'table-without-uuid-key': ['V0002:1:1 table-without-uuid-key'],
  'column-without-comment': ['V0002:3:28 without-comment'],
  'enum-without-comment': ['V0002:4:5 without-comment'],
  'constraint-without-name': ['V0002:7:3 without-name'],
  'definer-without-search-path': [
    'V0002:3:1 definer-without-search-path',
    'V0002:11:1 definer-without-search-path',
  ],
  'empty-file': ['V0002:1:1 empty-file', 'V0003:2:1 empty-file'],
  'exception-without-reason': ['V0002:1:1 exception', 'V0002:2:1 index-on-live-table'],
  'exception-not-needed': ['V0002:1:1 exception'],
};

test.for(
  Object.entries(FOLDERS),
)('lint finds the expected violations in the folder %s, and no other', async ([folder, findings], {
  shared,
}) => {
  expect(await describeFindings(shared, join(import.meta.dirname, 'lint', folder))).toEqual(findings);
});

test('a finding of lint has location, message and remedy', async ({ shared }) => {
  const folder = await folderWith({
    'V7.up.sql': 'create table things (\n  id bigint -- ü\n)',
    'V7.down.sql': 'select 1;',
  });
  const findings = await lintInEmptied(shared, folder);
  expect(findings[0]).toEqual({
    rule: 'table-without-uuid-key',
    migration: 'V7',
    file: join(folder, 'V7.up.sql'),
    line: 1,
    column: 1,
    message: 'things has no primary key. Rows of all tables are identified by a uuid.',
    remedy:
      'Add: id uuid not null default gen_random_uuid(), constraint <name> primary key (id). ' +
      'Give other unique columns a unique constraint.',
  });
});
