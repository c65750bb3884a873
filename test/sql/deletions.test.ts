import { describe, expect, test } from 'vitest';
import { readMigrations } from '../../src/migrate/files/read-folder.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { columnsRetyped, columnsSetByExpression } from '../../src/sql/column-changes.js';
import { mayDeleteData, mayReachData, tablesIn } from '../../src/sql/deletions.js';
import { parseStatements, type Statement } from '../../src/sql/statements.js';

async function parse(text: string): Promise<Statement> {
  const [statement] = await parseStatements({ path: 'V1.up.sql', text, checksum: '' });
  if (statement === undefined) throw new Error('There is no statement.');
  return statement;
}

describe('a statement may delete data if it is', () => {
  test.for([
    ['drop table t', ['public.t']],
    ['drop table if exists app.t, u cascade', ['app.t', 'public.u']],
    ['drop schema app cascade', null],
    ['drop type mood cascade', null],
    ['drop owned by current_user', null],
    ['drop extension citext', null],
    ['truncate app.t, u', ['app.t', 'public.u']],
    ['truncate t cascade', null],
    ['delete from "Odd.name" where true', ['public.Odd.name']],
    ['with d as (delete from t returning *) insert into u select * from d', ['public.t']],
    ['explain analyze delete from t', ['public.t']],
    ['merge into t using u on true when matched then delete', ['public.t']],
    ['alter table t drop column c', ['public.t']],
    ['alter table t drop c', ['public.t']],
    ['alter table t alter c type integer', ['public.t']],
    ['alter table t alter c type text using left(c, 3)', ['public.t']],
    ["do $$ begin execute format('drop %s %I', 'table', 't'); end $$", null],
    ["do $$ begin execute 'alter table t alter c type integer'; end $$", null],
    ['do $$ begin delete from t; end $$', null],
  ] as const)('%s', async ([text, tables]) => {
    const statement = await parse(text);
    expect([mayDeleteData(statement), tablesIn(statement)]).toEqual([true, tables]);
  });
});

describe('a statement deletes no data if it is', () => {
  test.for([
    'update t set c = null',
    'alter table t add column c text',
    'alter table t alter c type text',
    'alter table t alter c type varchar',
    'alter table t drop constraint c',
    'alter type pair drop attribute a',
    'drop index i',
    'drop view v cascade',
    'drop function f cascade',
    'drop trigger a on t',
    'merge into t using u on true when matched then update set c = 1',
    'create function f() returns void language sql begin atomic delete from t; end',
    'create rule r as on insert to t do also delete from u',
    "do $$ begin raise notice 'nothing was deleted from t'; end $$",
    "do $$ begin execute format('lock table %I', 't'); end $$",
    'select purge()',
  ])('%s', async (text) => {
    expect(mayDeleteData(await parse(text))).toBe(false);
  });

  test("of the product's up files", async () => {
    for (const { up } of await readMigrations(migrationsDirectory)) {
      expect((await parseStatements(up.source)).filter(mayDeleteData)).toEqual([]);
    }
  });
});

test.for([
  ['alter table app.t alter c type date using c::date', []],
  ['alter table app.t alter c type mood using c::text::mood', []],
  ['alter table app.t alter c type date using c', []],
  ['alter table app.t alter c type text using c::varchar(3)', ['app.t.c']],
  ['alter table app.t alter c type date using d::date', ['app.t.c']],
  ['alter table app.t alter c type text using c::varchar(3)::text', ['app.t.c']],
  ['alter table app.t alter c type int using length(c), alter d type int using d::int', ['app.t.c']],
] as const)('the columns that get their values by an expression: %s', async ([text, columns]) => {
  const found = columnsSetByExpression([await parse(text)]);
  expect(found.map(({ schema, table, column }) => `${schema}.${table}.${column}`)).toEqual(columns);
});

test.for([
  ['alter table t alter c type varchar(3); alter table t alter c type text', ['c']],
  ['alter table t alter c type text; alter table t alter c type varchar(3)', []],
  ['alter table t alter c type varchar(3); alter table t alter d type varchar(3)', []],
] as const)('the columns whose type changes twice, first to a narrower one: %s', async ([text, columns]) => {
  const found = columnsRetyped(await parseStatements({ path: 'V1.up.sql', text, checksum: '' }));
  expect(found.map(({ column }) => column)).toEqual(columns);
});

test.for([
  ['drop view v cascade', true],
  ['drop collation k cascade', true],
  ['execute p', true],
  ['do $$ begin drop view v cascade; end $$', true],
  ['drop view v', false],
  ['drop index i cascade', false],
] as const)('a statement may delete data in a rare way: %s', async ([text, may]) => {
  const statement = await parse(text);
  expect(mayReachData(statement)).toBe(may);
  expect(mayDeleteData(statement)).toBe(false);
});
