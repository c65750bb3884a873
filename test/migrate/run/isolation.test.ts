import { describe, expect } from 'vitest';
import { readOptions } from '../../../src/migrate/files/options.js';
import type { Script } from '../../../src/migrate/files/read-folder.js';
import type { RunEvent } from '../../../src/migrate/run/events.js';
import { up } from '../../../src/migrate/up.js';
import { checkRestrictions } from '../../../src/sql/restrictions.js';
import { parseStatements } from '../../../src/sql/statements.js';
import { test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { untilWaiting } from '../../support/until-waiting.js';

const SEEN = "create table seen as select current_setting('transaction_isolation') as level;";
const V1 = { 'V1.up.sql': 'create table t (n integer);', 'V1.down.sql': 'drop table t;' };

describe('a file runs in the isolation level that it asks for', () => {
  test.for([
    ['in its begin', `begin isolation level serializable;\n${SEEN}\ncommit;`, 'serializable'],
    [
      'in its start transaction',
      `start transaction isolation level repeatable read, read write;\n${SEEN}\nend;`,
      'repeatable read',
    ],
    [
      'in its begin, with a comment',
      `begin /* all of it */ transaction isolation level serializable not deferrable;\n${SEEN}\ncommit;`,
      'serializable',
    ],
    ['in its first statement', `set transaction isolation level serializable;\n${SEEN}`, 'serializable'],
    [
      'in its first statement after begin',
      `begin;\nset transaction isolation level repeatable read;\n${SEEN}\ncommit;`,
      'repeatable read',
    ],
    [
      'after other settings',
      `set search_path = public;\nset local transaction_isolation = 'SERIALIZABLE';\n${SEEN}`,
      'serializable',
    ],
    [
      'as read committed',
      `begin isolation level read committed, deferrable;\n${SEEN}\ncommit;`,
      'read committed',
    ],
    ['not at all', `begin;\n${SEEN}\ncommit;`, 'read committed'],
  ] as const)('%s', async ([, sql, level], { database }) => {
    const directory = await folderWith({ ...V1, 'V2.up.sql': sql, 'V2.down.sql': 'drop table seen;' });
    const { sql: printed } = await up({ url: database.url, directory, dryRun: true });
    expect(printed?.includes(`set transaction isolation level ${level};`)).toBe(level !== 'read committed');
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
    expect(await database.value('select level from seen')).toBe(level);
  });

  test('also in the first migration and in a down', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': `begin isolation level serializable;\n${SEEN}\ncommit;`,
      'V1.down.sql': `set transaction isolation level serializable; do $$ begin
        if current_setting('transaction_isolation') <> 'serializable' then raise 'wrong level'; end if; end $$;
        drop table seen;`,
    });
    await up({ url: database.url, directory });
    const { down } = await import('../../../src/migrate/down.js');
    expect(
      await down({ url: database.url, directory, lose: ['seen'], backupFolder: await folderWith() }),
    ).toMatchObject({ current: null });
  });
});

test('a file in SERIALIZABLE that locks a table first sees the rows that were committed before it got the lock', async ({
  database,
}) => {
  await up({ url: database.url, directory: await folderWith(V1) });
  const writer = await session(database.url);
  await writer.query('begin; insert into t values (1)');
  const directory = await folderWith({
    ...V1,
    'V2.up.sql':
      '-- migrate: lock-timeout 20s\nbegin isolation level serializable; lock table t; create table copy as select n from t; commit;',
    'V2.down.sql': 'drop table copy;',
  });
  const run = up({ url: database.url, directory });
  await untilWaiting(database);
  await writer.query('commit');
  expect(await run).toMatchObject({ current: 'V2' });
  expect(await database.value('select n from copy')).toBe(1);
  await writer.end();
});

test('a file in REPEATABLE READ is retried after a serialization failure', async ({ database }) => {
  await up({
    url: database.url,
    directory: await folderWith({
      ...V1,
      'V1.up.sql': 'create table t (n integer); insert into t values (1);',
    }),
  });
  const other = await session(database.url);
  const directory = await folderWith({
    ...V1,
    'V1.up.sql': 'create table t (n integer); insert into t values (1);',
    'V2.up.sql':
      '-- migrate: lock-timeout 20s\nset transaction isolation level repeatable read; select count(*) from t; update t set n = n + 1;',
    'V2.down.sql': '',
  });
  await other.query('begin; update t set n = 10');
  const events: RunEvent[] = [];
  const run = up({ url: database.url, directory, onEvent: (event) => events.push(event) });
  await untilWaiting(database);
  await other.query('commit');
  expect(await run).toMatchObject({ current: 'V2' });
  expect(await database.value('select n from t')).toBe(11);
  expect(events).toContainEqual(
    expect.objectContaining({ kind: 'retrying', reason: 'serialization failure' }),
  );
  await other.end();
});

describe('a mode that the engine cannot give to a file is refused when the file is read:', () => {
  test.for([
    ['begin read only', 'begin isolation level serializable, read only;\nselect 1;\ncommit;', 1, 'READ ONLY'],
    ['set transaction read only', 'select 1;\nset transaction read only;', 2, 'READ ONLY'],
    ['set transaction_read_only', 'select 1;\nset local transaction_read_only = on;', 2, 'READ ONLY'],
    ['a snapshot', "set transaction snapshot '00000003-0000001B-1';", 1, 'Remove'],
    [
      'an isolation level after a query',
      'select 1;\nset transaction isolation level serializable;',
      2,
      'top of the file',
    ],
    [
      'set transaction in a no-transaction file',
      '-- migrate: no-transaction\nset transaction isolation level serializable;\nselect 1;',
      2,
      'no-transaction',
    ],
    [
      'another default isolation level in a no-transaction file',
      '-- migrate: no-transaction\nset default_transaction_isolation = serializable;\nselect 1;',
      2,
      'set transaction isolation level',
    ],
    [
      'session characteristics in a no-transaction file',
      '-- migrate: no-transaction\nset session characteristics as transaction read only;\nselect 1;',
      2,
      'no-transaction',
    ],
  ] as const)('%s', async ([, text, line, remedy]) => {
    const source = { path: 'V1.up.sql', text, checksum: '' };
    const script: Script = { source, options: readOptions(source) };
    const statements = await parseStatements(source);
    expect(() => checkRestrictions(script, statements)).toThrow(
      expect.objectContaining({
        code: 'transaction_mode',
        location: expect.objectContaining({ line }),
        remedy: expect.stringContaining(remedy),
      }),
    );
  });
});
