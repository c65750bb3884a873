import { describe, expect } from 'vitest';
import { readOptions } from '../../src/migrate/files/options.js';
import type { Script } from '../../src/migrate/files/read-folder.js';
import { up } from '../../src/migrate/up.js';
import { checkRestrictions, runsAlone } from '../../src/sql/restrictions.js';
import { parseStatements } from '../../src/sql/statements.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

async function check(text: string): Promise<void> {
  const source = { path: 'V1.up.sql', text, checksum: '' };
  const script: Script = { source, options: readOptions(source) };
  checkRestrictions(script, await parseStatements(source));
}

describe('the check of a file refuses, with location and remedy,', () => {
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
    ['a commit in the middle of a file', 'select 1; commit; select 2;', 'transaction_command', 1, 11],
    ['another client encoding', "set client_encoding = 'LATIN1';", 'text_setting', 1, 1],
    [
      'another client encoding in the words of the standard',
      "select 1; set names 'latin1'",
      'text_setting',
      1,
      11,
    ],
    [
      'another client encoding by a function',
      "select set_config('client_encoding', 'latin1', true)",
      'text_setting',
      1,
      1,
    ],
    [
      'another client encoding in a block',
      "do $$ begin set local client_encoding = 'latin1'; end $$;",
      'text_setting',
      1,
      1,
    ],
    ['strings with backslash escapes', 'set standard_conforming_strings = off;', 'text_setting', 1, 1],
    [
      'strings with backslash escapes by a number',
      'set standard_conforming_strings = 0;',
      'text_setting',
      1,
      1,
    ],
    [
      'another client encoding by a query of a table',
      "select set_config('client_encoding', 'latin1', false) from pg_class limit 1;",
      'text_setting',
      1,
      1,
    ],
    [
      'another client encoding by named arguments',
      "do $$ begin perform set_config(setting_name => 'client_encoding', new_value => 'latin1', is_local => true); end $$;",
      'text_setting',
      1,
      1,
    ],
    [
      'a begin in a no-transaction file',
      '-- migrate: no-transaction\nselect 1; begin; select 2; commit; select 3',
      'transaction_command',
      2,
      11,
    ],
    ['COPY from stdin', '\ncopy t from stdin;', 'copy_from_stdin', 2, 1],
    [
      'an enum value that the file adds and uses',
      "alter type mood add value 'new';\ninsert into t values ('new'::mood);",
      'enum_value_in_use',
      2,
      1,
    ],
    [
      'an enum value that the file adds and uses in an array',
      "alter type app.mood add value 'new';\nselect array['old', 'new']::mood[];",
      'enum_value_in_use',
      2,
      1,
    ],
    [
      'an enum value that the file adds and uses as a default',
      "alter type mood add value 'new';\nalter table t add n public.mood default 'new';",
      'enum_value_in_use',
      2,
      1,
    ],
  ] as const)('%s', async ([, text, code, line, column]) => {
    await expect(check(text)).rejects.toMatchObject({
      code,
      location: { line, column },
      remedy: expect.any(String),
    });
  });
});

test('create index concurrently without a name is refused, because a failed build could not be found again', async () => {
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

test('the server refuses in a transaction every statement that the check refuses there', async ({
  database: { client },
}) => {
  for (const sql of notInTransaction) {
    await client.query('begin');
    await expect(client.query(sql)).rejects.toMatchObject({ code: '25001' });
    await client.query('rollback');
  }
});

test('a statement that only the server refuses in a transaction fails with a remedy that works', async ({
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
])('the check of a file refuses "%s" in a transaction and accepts it in a no-transaction file', async (sql) => {
  await expect(check(`${sql};`)).rejects.toMatchObject({ code: 'needs_no_transaction' });
  await expect(check(`-- migrate: no-transaction\n${sql};`)).resolves.toBeUndefined();
});

describe('the check of a file accepts', () => {
  test.for([
    ['another change of a database', 'alter database d with connection limit 3;'],
    ['a subscription that creates no slot', `${subscription} with (create_slot = false);`],
    ['a subscription that does not connect', `${subscription} with (connect = off);`],
    [
      'a change of a subscription that does not refresh it',
      'alter subscription s set publication p with (refresh = 0);',
    ],
    ['disabling a subscription', 'alter subscription s disable;'],
    ['a file wrapped whole in begin and commit', 'begin; select 1; commit;'],
    ['savepoints', 'savepoint a; select 1; rollback to a; release a;'],
    [
      'create index concurrently in a no-transaction file',
      '-- migrate: no-transaction\ncreate index concurrently i on t (a);',
    ],
    [
      'a text that is a value which the file adds, but for which the file names no type',
      "alter type mood add value 'new'; insert into words values ('new'); comment on type mood is 'new';",
    ],
    [
      'a text that is a value which the file adds, of another type',
      "alter type app.mood add value 'new'; select 'new'::text, 'new'::state, 'new'::other.mood;",
    ],
    ['an enum value that the file adds and does not use', "alter type mood add value 'new'; select 'old';"],
    [
      'a value that the file adds to an enum that it creates, and uses',
      "create type mood as enum ('a'); alter type mood add value 'b'; select 'b'::mood;",
    ],
    ['reindex of a table', 'reindex table t;'],
    ['copy to a file of the server', "copy t to '/dev/null';"],
    [
      'the settings at the top of a dump',
      "set client_encoding = 'UTF8'; set standard_conforming_strings = on; reset client_encoding; reset all;",
    ],
    [
      'a block that reads the encoding, and changes a column with the name of another setting',
      "do $$ begin -- not set client_encoding = 'latin1'\n if current_setting('client_encoding') <> 'UTF8' then update people set names = '{}'; end if; end $$;",
    ],
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
] as const)('a no-transaction file sends "%s" without a transaction: %s', async ([sql, alone]) => {
  const [statement] = await parseStatements({ path: 'x', text: sql, checksum: '' });
  expect(statement && runsAlone(statement)).toBe(alone);
});
