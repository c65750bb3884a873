import { describe, expect, test } from 'vitest';
import type { Script } from '../../src/migrate/files.js';
import { fileOptions } from '../../src/migrate/header.js';
import { refuseWhatCannotRun, runsAlone } from '../../src/migrate/refusals.js';
import { parseStatements } from '../../src/migrate/statements.js';

async function check(text: string): Promise<void> {
  const source = { path: 'V1.up.sql', text, checksum: '' };
  const script: Script = { source, options: fileOptions(source) };
  refuseWhatCannotRun(script, await parseStatements(source));
}

describe('refused before any SQL runs, with place and cure', () => {
  test.for([
    [
      'create index concurrently',
      'select 1;\n  create index concurrently on t (a);',
      'needs_no_transaction',
      2,
      3,
    ],
    ['drop index concurrently', 'drop index concurrently i;', 'needs_no_transaction', 1, 1],
    ['reindex concurrently', 'reindex (concurrently) table t;', 'needs_no_transaction', 1, 1],
    ['vacuum', 'vacuum t;', 'needs_no_transaction', 1, 1],
    ['create database', 'create database d;', 'needs_no_transaction', 1, 1],
    ['alter system', "alter system set work_mem = '1MB';", 'needs_no_transaction', 1, 1],
    [
      'detach partition concurrently',
      'alter table t detach partition p concurrently;',
      'needs_no_transaction',
      1,
      1,
    ],
    ['commit in the middle', 'select 1; commit; select 2;', 'transaction_command', 1, 11],
    [
      'begin in a no-transaction file',
      '-- migrate: no-transaction\nselect 1; begin; select 2; commit; select 3',
      'transaction_command',
      2,
      11,
    ],
    ['copy from stdin', '\ncopy t from stdin;', 'copy_from_stdin', 2, 1],
    [
      'an enum value added and used',
      "alter type mood add value 'new';\ninsert into t values ('new');",
      'enum_value_in_use',
      2,
      1,
    ],
    [
      'an enum value used as a default',
      "alter type mood add value 'new';\nalter table t alter m set default 'new';",
      'enum_value_in_use',
      2,
      1,
    ],
  ] as const)('%s', async ([, text, code, line, column]) => {
    await expect(check(text)).rejects.toMatchObject({
      code,
      place: { line, column },
      remedy: expect.any(String),
    });
  });
});

test('an index that is built concurrently needs a name, to be found again when it is left invalid', async () => {
  await expect(
    check('-- migrate: no-transaction\ncreate index concurrently on t (a);'),
  ).rejects.toMatchObject({
    code: 'index_without_name',
  });
});

describe('accepted', () => {
  test.for([
    ['a file wrapped whole in begin and commit', 'begin; select 1; commit;'],
    ['savepoints', 'savepoint a; select 1; rollback to a; release a;'],
    [
      'concurrently in a no-transaction file',
      '-- migrate: no-transaction\ncreate index concurrently i on t (a);',
    ],
    ['an enum value added and not used', "alter type mood add value 'new'; select 'old';"],
    [
      'an enum created and used in one file',
      "create type mood as enum ('a'); alter type mood add value 'b'; select 'b'::mood;",
    ],
    ['reindex of a table', 'reindex table t;'],
    ['copy to a file of the server', "copy t to '/dev/null';"],
  ] as const)('%s', async ([, text]) => {
    await expect(check(text)).resolves.toBeUndefined();
  });
});

test.for([
  ['create index concurrently on t (a)', true],
  ['call p()', true],
  ['do $$ begin commit; end $$', true],
  ['do $$ begin perform 1; end $$', false],
  ['analyze t', false],
  ["alter type mood add value 'x'", false],
] as const)('in a no-transaction file, "%s" gets no transaction of its own: %s', async ([sql, alone]) => {
  const [statement] = await parseStatements({ path: 'x', text: sql, checksum: '' });
  expect(statement && runsAlone(statement)).toBe(alone);
});
