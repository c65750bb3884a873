import { expect } from 'vitest';
import { takeSnapshot } from '../../../src/catalog/snapshot.js';
import { generateTypes } from '../../../src/inspect/generate.js';
import { test } from '../../support/database.js';

const FUNCTIONS = `
  create table calls (id uuid primary key default gen_random_uuid(), n integer not null default 1, note text);
  insert into calls default values;
  create type span as (a integer, b bigint);
  create domain short_span as span check ((value).a < 10);
  create view noted as select note, n from calls;
  create function latest() returns setof calls language sql as 'select * from calls';
  create function first_call() returns calls language sql as 'select * from calls limit 1';
  create function no_call() returns calls language sql as 'select * from calls limit 0';
  create function of_view() returns setof noted language sql as 'select * from noted';
  create function as_table() returns table (id uuid, n integer) language sql as 'select id, n from calls';
  create function one() returns span language sql as 'select row(1, 2)::span';
  create function of_domain() returns short_span language sql as 'select row(1, 2)::short_span';
  create function out_row(out c calls) language sql as 'select calls from calls';
  create function out_two(out c span, out n integer) language sql as 'select row(1, 2)::span, 3';
  create function out_one(out n integer) language sql as 'select 1';
  create function out_unnamed(out integer) language sql as 'select 1';
  create function out_unnamed_two(out integer, out text) language sql as $$select 1, 'a'$$;
  create function inout_one(inout n integer) language sql as 'select n';
  create function numbers() returns setof integer language sql as 'values (1), (2)';
  create function list() returns integer[] language sql as 'select array[1]';
  create procedure change(inout n bigint, inout c span) language plpgsql as 'begin n := 2; end';
  create procedure change_one(inout bigint) language plpgsql as 'begin end';
  create function polymorphic(a anyelement) returns anyelement language sql as 'select a';
  create function any_record() returns setof record language sql as 'select 1, 2';
  create function fire() returns trigger language plpgsql as 'begin return new; end';
`;

test('the type of a result is what pg returns for it', async ({ database }) => {
  const { client, rows } = database;
  await client.query(FUNCTIONS);
  const text = generateTypes((await takeSnapshot(client, ['public'])).snapshot);
  const results = new Map(
    [...text.matchAll(/^export (?:type (\w+)Result = (.*);|interface (\w+)Result \{\n([^}]*)\})$/gm)].map(
      ([, alias, type, name, members]) => [alias ?? name, type ?? members?.replaceAll(/\s+/g, ' ').trim()],
    ),
  );
  const calls = { id: expect.any(String), n: 1, note: null };

  expect(results.get('Latest')).toBe('CallsRow');
  expect(await rows('select * from latest()')).toEqual([calls]);

  expect(results.get('FirstCall')).toBe('CallsRow | { readonly [Column in keyof CallsRow]: null }');
  expect(await rows('select * from first_call()')).toEqual([calls]);
  expect(results.get('NoCall')).toBe(results.get('FirstCall')?.valueOf());
  expect(await rows('select * from no_call()')).toEqual([{ id: null, n: null, note: null }]);

  expect(results.get('OfView')).toBe('NotedRow');
  expect(Object.keys((await rows('select * from of_view()'))[0] ?? {})).toEqual(['note', 'n']);
  expect(text).toContain(
    'export interface NotedRow {\n  readonly note: string | null;\n  readonly n: number | null;\n}',
  );

  expect(results.get('AsTable')).toBe('readonly id: string | null; readonly n: number | null;');
  expect(await rows('select * from as_table()')).toEqual([{ id: calls.id, n: 1 }]);

  for (const [name, type] of [
    ['one', 'One'],
    ['of_domain', 'OfDomain'],
  ]) {
    expect(results.get(type)).toBe('SpanRow');
    expect(await rows(`select * from ${name}()`)).toEqual([{ a: 1, b: '2' }]);
  }
  expect(text).toContain(
    'export interface SpanRow {\n  readonly a: number | null;\n  readonly b: string | null;\n}',
  );

  expect(results.get('OutRow')).toBe(results.get('FirstCall')?.valueOf());
  expect(await rows('select * from out_row()')).toEqual([calls]);
  expect(results.get('OutTwo')).toBe('readonly c: string | null; readonly n: number | null;');
  expect(await rows('select * from out_two()')).toEqual([{ c: '(1,2)', n: 3 }]);
  expect(results.get('OutOne')).toBe('readonly n: number | null;');
  expect(await rows('select * from out_one()')).toEqual([{ n: 1 }]);
  expect(results.get('OutUnnamed')).toBe('number | null');
  expect(await rows('select * from out_unnamed()')).toEqual([{ out_unnamed: 1 }]);
  expect(results.get('OutUnnamedTwo')).toBe(
    'readonly column1: number | null; readonly column2: string | null;',
  );
  expect(await rows('select * from out_unnamed_two()')).toEqual([{ column1: 1, column2: 'a' }]);
  expect(results.get('InoutOne')).toBe('readonly n: number | null;');
  expect(await rows('select * from inout_one(1)')).toEqual([{ n: 1 }]);

  expect(results.get('Numbers')).toBe('number | null');
  expect(await rows('select numbers()')).toEqual([{ numbers: 1 }, { numbers: 2 }]);
  expect(results.get('List')).toBe('(number | null)[] | null');
  expect(await rows('select list()')).toEqual([{ list: [1] }]);

  expect(results.get('Change')).toBe('readonly n: string | null; readonly c: string | null;');
  expect(await rows("call change(1, '(1,2)')")).toEqual([{ n: '2', c: '(1,2)' }]);
  expect(results.get('ChangeOne')).toBe('readonly column1: string | null;');
  expect(await rows('call change_one(1)')).toEqual([{ column1: '1' }]);

  expect(results.get('Polymorphic')).toBe('unknown');
  expect(await rows('select polymorphic(1)')).toEqual([{ polymorphic: 1 }]);
  expect(results.get('AnyRecord')).toBe('unknown');
  expect(results.has('Fire')).toBe(false);
});
