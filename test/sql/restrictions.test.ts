import { describe, expect } from 'vitest';
import { fileOptions } from '../../src/migrate/files/options.js';
import type { Script } from '../../src/migrate/files/read-folder.js';
import { up } from '../../src/migrate/up.js';
import { refuseWhatCannotRun, runsAlone } from '../../src/sql/restrictions.js';
import { parseStatements } from '../../src/sql/statements.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

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

const subscription = "create subscription s connection 'host=x' publication p";

const notInTransaction = [
  'create index concurrently i on pg_class (oid)',
  'alter database d set tablespace fast',
  subscription,
  `${subscription} with (copy_data = false)`,
  `${subscription} with (create_slot)`,
  'vacuum pg_class',
];

test('what is refused in a transaction, the server refuses there', async ({ database: { client } }) => {
  for (const sql of notInTransaction) {
    await client.query('begin');
    await expect(client.query(sql)).rejects.toMatchObject({ code: '25001' });
    await client.query('rollback');
  }
});

test('what only the server knows to run in no transaction is refused with a cure that helps', async ({
  database: { url },
}) => {
  const directory = await folderWith({
    'V1.up.sql': 'create table p (a integer) partition by range (a); create index p_by_a on p (a);',
    'V1.down.sql': 'drop table p;',
    'V2.up.sql': 'reindex table p;',
    'V2.down.sql': '',
  });
  await expect(up({ url, directory })).rejects.toMatchObject({
    server: { sqlState: '25001' },
    remedy: expect.stringContaining('-- migrate: no-transaction'),
  });
  await addFiles(directory, {
    'V2.up.sql': '-- migrate: no-transaction\nselect 1; reindex table p; cluster p using p_by_a;',
  });
  expect(await up({ url, directory })).toMatchObject({ current: 'V2' });
});

test.for([
  ...notInTransaction,
  'alter subscription s refresh publication',
  'alter subscription s set publication p',
])('"%s" is refused in a transaction when it is read, and not without one', async (sql) => {
  await expect(check(`${sql};`)).rejects.toMatchObject({ code: 'needs_no_transaction' });
  await expect(check(`-- migrate: no-transaction\n${sql};`)).resolves.toBeUndefined();
});

describe('accepted', () => {
  test.for([
    ['another change of a database', 'alter database d with connection limit 3;'],
    ['a subscription that makes no slot', `${subscription} with (create_slot = false);`],
    ['a subscription that does not connect', `${subscription} with (connect = off);`],
    [
      'a subscription that is changed only here',
      'alter subscription s set publication p with (refresh = 0);',
    ],
    ['a subscription that is disabled', 'alter subscription s disable;'],
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
